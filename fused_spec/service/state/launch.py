"""Find the service of a state folder, or start one that outlives the command; imports nothing heavy."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fused_spec.errors import FileTrouble, ServiceUnreachable
from fused_spec.service.state.folder import is_held, open_state
from fused_spec.service.state.private_file import create_private

ADDRESS_FILE = "service.json"
TOKEN_FILE = "token"  # noqa: S105  # the name of a file
LOG_FILE = "service.log"

_IDLE_SECONDS = 900.0
_START_SECONDS = 30.0
_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_LAST_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAddress:
    """Where a service listens, what opens it, what runs its jobs, and what its `fd://` is.

    `by_flag` names which of engine and storage a person chose with a flag of `serve`.
    """

    url: str
    token: str = field(repr=False)
    pid: int
    engine: str
    storage: str
    by_flag: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "by_flag": list(self.by_flag)}


def default_storage(state: Path) -> str:
    """What `fd://` is where nobody says so."""
    return str((state / "storage").resolve())


def ensure_service(
    state: Path,
    *,
    idle: float = _IDLE_SECONDS,
    engine: str | None = None,
    storage: str | None = None,
    allow_write: Collection[Path] = (),
) -> ServiceAddress:
    """The running service of the state folder; one is started when there is none.

    One that is started has this engine and storage, and lets jobs write to these places, as `serve` takes them; a
    running one keeps its own.
    It stops by itself after `idle` seconds without work. Raises `ServiceUnreachable` when it does not come up, and
    `FusedSpecError` when the folder is not its user's alone.
    """
    if (address := answering(state)) is not None:
        return address
    try:
        open_state(state)
        from filelock import FileLock

        with FileLock(state / "launch.lock", timeout=_START_SECONDS * 2):
            options = [
                word for name, text in (("--engine", engine), ("--storage", storage)) if text for word in (name, text)
            ]
            options += [word for place in allow_write for word in ("--allow-write", str(place))]
            return answering(state) or _start(state, ["--idle", str(idle), *options])
    except OSError as error:
        raise FileTrouble(
            f"the local service cannot use {state}: {error.strerror or error}",
            hint="set FUSED_SPEC_STATE to a folder that can be written",
        ) from None


def answering(state: Path) -> ServiceAddress | None:
    """The service that the folder names, when it answers to its token.

    A killed one leaves its address: while no service holds the folder, nobody is sent the token.
    """
    if not is_held(state):
        return None
    try:
        content = json.loads((state / ADDRESS_FILE).read_text(encoding="utf-8"))
        address = ServiceAddress(
            url=str(content["url"]),
            token=str(content["token"]),
            pid=int(content["pid"]),
            engine=str(content["engine"]),
            storage=str(content["storage"]),
            by_flag=tuple(content.get("by_flag", ())),
        )
        place = urlsplit(address.url)
        if not _is_here(str(place.hostname)):
            return None  # no service of this folder wrote that; the folder may have come with somebody's branch
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=_ANSWER_SECONDS)) as line:
            line.request("GET", f"{place.path}/user/self", headers={"Authorization": f"Bearer {address.token}"})
            with line.getresponse() as answer:
                return address if answer.status == http.client.OK else None
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return None  # none was started, or it is gone, or something else has its port


def _is_here(host: str) -> bool:
    """Whether the host is this machine: nobody can listen at the address of another one."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, 0), family=family):
            return True
    except OSError:
        return False


def _start(state: Path, options: list[str]) -> ServiceAddress:
    log = state / LOG_FILE
    command = [sys.executable, "-P", "-m", "fused_spec.service", "--state", str(state.absolute()), *options]
    create_private(log)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C ends the command, not the service
            cwd="/",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if (address := answering(state)) is not None:
            child.returncode = 0  # it is nobody's child from here on
            return address
        if child.poll() is not None:
            raise ServiceUnreachable(f"the local service did not start:\n{_last_lines(log)}", hint=f"its log is {log}")
        time.sleep(_LOOK_SECONDS)
    child.kill()
    raise ServiceUnreachable(
        f"the local service did not answer within {_START_SECONDS:.0f} seconds", hint=f"its log is {log}"
    )


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])
