"""The published client's API object and its surroundings, as far as scripts that start jobs use them."""

import types as _types

from fused_spec_recorder import tape
from fused_spec_recorder.jobs import Run, as_config

_ENV = ("FUSED_CREDENTIAL_PROVIDER=ec2",)


class FusedAPI:
    """Starts are written down; questions about runs are answered as if they were over."""

    def __init__(self, *_, **__):
        self.base_url = "recorder:"

    def start_job(self, config, *, additional_env=_ENV, **words):
        said = as_config(config)
        return Run(tape.start(said, words, additional_env), said.get("name"))

    def get_status(self, job):
        return job if isinstance(job, Run) else Run(str(job))

    cancel_job = get_status

    def wait_for_job(self, job, *_, **__):
        return self.get_status(job)

    def get_logs(self, job, *_, **__):
        return []

    def tail_logs(self, job, *_, **__):
        return None

    def get_jobs(self, *_, **__):
        return []

    def upload(self, path, data, *_, **__):
        tape.warn(f"the upload to {path} was not sent; jobs read what is there")

    def _health(self):
        return True

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: tape.refuse(f"FusedAPI.{name}")


class Options:
    """Settings that are kept and heeded by nobody."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class _Types(_types.ModuleType):
    """Names that annotate parameters."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Api(_types.ModuleType):
    """The module `fused.api`: its functions are those of an API object."""

    FusedAPI = FusedAPI

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(FusedAPI(), name)


types = _Types("fused.types")
api = _Api("fused.api")
