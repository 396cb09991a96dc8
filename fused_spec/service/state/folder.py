"""The state folder: its user's alone, since whoever writes there decides what the service and its clients trust."""

import fcntl
import os
import stat
import uuid
from errno import EACCES, EAGAIN, ENOSYS
from pathlib import Path

from fused_spec.configuration.service_identity import is_service_id
from fused_spec.errors import FusedSpecError
from fused_spec.service.state.private_file import create_whole, write_private

LOCK_FILE = "service.lock"
ID_FILE = "id"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def open_state(state: Path) -> None:
    """Make the folder where there is none; raises `OSError`, and `FusedSpecError` when it is not its user's alone."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (why := _distrust(state)) is not None:
        raise FusedSpecError(f"the state folder {state} is not used: {why[0]}", hint=why[1])


def identity_of(state: Path) -> str:
    """The random id of this folder's service, made by whoever asks first; it stays while the folder does.

    Raises `OSError`, and `FusedSpecError` when others know the file.
    """
    path = state / ID_FILE
    known = read_private(path)
    if known is None:
        create_whole(path, uuid.uuid4().hex)
        known = read_private(path)
    if known is not None and is_service_id(known.strip()):
        return known.strip()
    write_private(path, fresh := uuid.uuid4().hex)
    return fresh


def forget_identity(state: Path) -> None:
    """Have another id made: what this one was known for is no longer there. Raises `OSError`."""
    (state / ID_FILE).unlink(missing_ok=True)


def is_held(state: Path) -> bool:
    """Whether a service holds the folder; for a moment this keeps others from taking it."""
    try:
        if _distrust(state) is not None:
            return False
        descriptor = os.open(state / LOCK_FILE, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # which others who look can have at the same time
    except OSError as error:
        return error.errno in (EAGAIN, EACCES, ENOSYS)  # the last: nobody can tell on this file system
    else:
        return False
    finally:
        os.close(descriptor)


def read_private(path: Path) -> str | None:
    """The text of a file in the folder, when there is one; raises `OSError`, and `FusedSpecError` if others know it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError:
        if not path.is_symlink():
            raise
        raise _not_private(path) from None
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        known = os.fstat(descriptor)
        others = stat.S_IMODE(known.st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
        if not stat.S_ISREG(known.st_mode) or known.st_uid != os.geteuid() or others:
            raise _not_private(path)
        return stream.read()


def _not_private(path: Path) -> FusedSpecError:
    return FusedSpecError(
        f"{path} is not used: it is no file that you alone can read", hint="remove it; a new one is made at the start"
    )


def _distrust(state: Path) -> tuple[str, str] | None:
    """Why the folder is not to be used, and what to do; raises `OSError`."""
    known = state.stat()
    if known.st_uid != os.geteuid() or state.lstat().st_uid != os.geteuid():
        return (
            "it belongs to another user, who can change what is in it",
            "give another --state, such as a new one",
        )
    if known.st_mode & _OTHERS_WRITE:
        return "other users can write to it", f"run chmod go-w {state} if nobody has, or give another --state"
    return None
