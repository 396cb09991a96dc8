"""The client of fused-spec, answered by the recorder: starts are written down, all else is empty or refused."""

import json
import time

from fused_spec_recorder import tape

_DONE = {
    "status": "terminated",
    "terminal_status": True,
    "job_status": "Done",
    "finished_job_status": True,
    "total_tasks": 1,
    "finished_tasks": 1,
}


class _Transport:
    """What stands in the place of the network."""

    base_url = "recorder:"
    server_time = None
    service_id = None
    clock = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    def call(self, method, path, *, query=None, content=None, **_):
        parts = str(path).strip("/").split("/")
        if method == "POST" and parts == ["run"]:
            job_id = tape.start(content["config"], {**(query or {}), **content}, content.get("additional_env"))
            return _answer({"job_id": job_id, "job_name": content["config"].get("name"), **_DONE})
        if parts[:2] == ["run", "by-id"] and len(parts) in (3, 4):
            return _answer([] if parts[3:] == ["results"] else {"job_id": parts[2], **_DONE})
        if parts[0] == "logs" or parts == ["job", "self"]:
            return _answer([])
        return tape.refuse(f"{method} {path}")

    def __getattr__(self, name):
        return lambda *_, **__: tape.refuse(name)


def answer(module):
    """Have every client of the module answered here."""

    def connected(self, *, base_url=None, set_global_api=True, credentials_needed=True):
        self._connect(_Transport())
        if set_global_api:
            module.set_current(self)

    def connect(cls, target=None, *, path=".", set_global_api=True):
        return cls(set_global_api=set_global_api)

    module.FusedAPI.__init__ = connected
    module.FusedAPI.connect = classmethod(connect)


def _answer(content):
    from fused_spec.api.http.answers import Answer

    return Answer(call="recorder", status=200, headers={}, body=json.dumps(content).encode())
