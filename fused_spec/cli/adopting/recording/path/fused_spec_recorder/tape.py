"""Where the recorder writes what it hears: lines of JSON in a file that nobody but its starter reads."""

import json
import os
from collections.abc import Mapping

START_WORDS = ("instance_type", "region", "disk_size_gb", "image_name", "send_status_email", "cache_max_age")
_DEFAULT_ENV = ("FUSED_CREDENTIAL_PROVIDER=ec2",)


class NotRecorded(RuntimeError):
    """A script asked for what nobody can answer while nothing is sent."""


def say(line):
    """Write a line down."""
    with open(os.environ["FUSED_SPEC_RECORDING"], "a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, default=_plain, allow_nan=False) + "\n")


def start(config, words, additional_env=_DEFAULT_ENV):
    """Write a start down, and answer with the id of a run that never was."""
    known = {name: words[name] for name in START_WORDS if words.get(name) is not None}
    # None leaves the environment to the service, whose default is that of a spec as well.
    env = _DEFAULT_ENV if additional_env is None else additional_env
    if isinstance(env, Mapping):
        env = [f"{name}={value}" for name, value in env.items()]
    number = _count()
    try:
        say({"start": config, "settings": known, "env": dict(one.partition("=")[::2] for one in env)})
    except (TypeError, ValueError) as error:
        raise NotRecorded(f"this start cannot be written as JSON: {error}") from error
    return f"recorded-{number}"


def warn(what):
    """Write down what was asked for and not done."""
    say({"warning": what})


def refuse(what):
    """Stop a script at what nobody can answer; one that goes on all the same is told of it at its end."""
    warn(f"{what} was not answered")
    raise NotRecorded(f"{what} is not answered while recording, since nothing is sent")


def _count():
    with open(os.environ["FUSED_SPEC_RECORDING"], encoding="utf-8") as stream:
        return sum('"start"' in line for line in stream) + 1


def _plain(value):
    """Numbers of numpy and times as what JSON has."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__fspath__"):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
