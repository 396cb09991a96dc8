"""Run git: without asking anybody anything, for the one repository that is meant, and off the network unless told.

Most specs name none, so what runs it is imported when it runs.
"""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from fused_spec.udfs.gitrefs.reference import GitUnavailable

if TYPE_CHECKING:
    import subprocess

    Done = subprocess.CompletedProcess[bytes]

BRING = "run `fused-spec lock` where there is a network, or declare a clone under clones in fused-spec.yaml"

_SECONDS = 120
# A server that accepts and then says nothing is given up; and ssh, too, asks nobody anything.
_PATIENCE = {
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",
    "GIT_HTTP_LOW_SPEED_TIME": "15",
}
_PORTS = {"https": 443, "ssh": 22}
# Set within hooks and by tools, for another repository.
_OF_ANOTHER = (
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
)
_OPTIONS = ("-c", "safe.directory=*", "-c", f"core.hooksPath={os.devnull}", "--literal-pathspecs")


class Clone(Struct, frozen=True, kw_only=True):
    """A repository on this machine; `is_ours` when it was made in the cache, else it is only read."""

    folder: Path
    is_ours: bool


def git(clone: Clone, *arguments: str, online: bool = False) -> "Done":
    """Run git on a clone.

    A clone without blobs would fetch those that are read, and keep them: only one of ours may.
    """
    if clone.is_ours:
        return run((f"--git-dir={clone.folder}",), *arguments, online=online)
    return run(("-C", str(clone.folder)), *arguments, ceiling=clone.folder.resolve().parent)


def run(
    where: tuple[str, ...],
    *arguments: str,
    online: bool = False,
    ceiling: Path | None = None,
    seconds: float = _SECONDS,
) -> "Done":
    """Run git, which looks for a repository in no folder from `ceiling` upwards; raises `GitUnavailable`."""
    import subprocess

    env = {**_PATIENCE, **os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    for name in _OF_ANOTHER:
        env.pop(name, None)
    if ceiling is not None:
        env["GIT_CEILING_DIRECTORIES"] = str(ceiling)
    if not online:
        env["GIT_ALLOW_PROTOCOL"] = "none"  # unlike protocol.allow, no configuration of the clone has more to say
    try:
        return subprocess.run(
            ["git", *where, *_OPTIONS, *arguments],  # noqa: S607  # the git that the user has
            capture_output=True,
            env=env,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise GitUnavailable("git is not installed", hint="install git, which reads what specs name in it") from None
    except subprocess.TimeoutExpired:
        raise GitUnavailable(
            f"git took longer than {seconds:.0f} seconds", hint="try again, or declare a clone"
        ) from None


def check_ended(url: str, done: "Done") -> None:
    """Raise `GitUnavailable` with what git said when it could not fetch."""
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = next((line for line in lines if not line.startswith("warning:")), "git failed")
        raise GitUnavailable(
            f"{url} cannot be fetched: {why.removeprefix('fatal: ')}",
            hint="check the URL and your access to it, or declare a clone under clones in fused-spec.yaml",
        )


def check_reachable(url: str, seconds: float) -> None:
    """Notice a missing network in a moment: git itself would try for minutes."""
    import socket

    place = urlsplit(url)
    if place.scheme == "file" or (place.scheme == "https" and _has_proxy()):
        return
    answered = threading.Event()

    def connect() -> None:
        try:
            with socket.create_connection((place.hostname or "", place.port or _PORTS[place.scheme]), seconds):
                answered.set()
        except (OSError, UnicodeError):  # the latter for a name of a host that no resolver takes
            return

    # The resolver of names knows no time limit, so it is waited for from outside.
    looking = threading.Thread(target=connect, daemon=True)
    looking.start()
    looking.join(seconds)
    if not answered.is_set():
        raise GitUnavailable(f"{url} cannot be reached", hint=BRING)


def _has_proxy() -> bool:
    return any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"))
