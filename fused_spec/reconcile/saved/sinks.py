"""The file that holds the value of a token: the one place where a value is ever written."""

import contextlib
import os
from pathlib import Path

from fused_spec.errors import FileTrouble
from fused_spec.spec.model import DesiredToken

_OTHERS = 0o077


def sink_trouble(sink: Path, value: str) -> str | None:
    """What the sink lacks of holding this value for its owner alone; None when nothing."""
    try:
        held = sink.read_bytes().strip()
        mode = sink.stat().st_mode
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if held != value.encode():
        return "holds another value" if held else "is empty"
    return "is readable by others" if mode & _OTHERS else None


def check_sink(sink: Path) -> None:
    """Raise before anything is sent when the sink cannot be written."""
    existing = next(folder for folder in sink.parents if folder.exists())
    if sink.is_dir():
        raise FileTrouble(f"the sink {sink} is a folder", hint="name a file in it; no token was made")
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise FileTrouble(
            f"the sink {sink} cannot be written", hint="name a file in a writable folder; no token was made"
        )


def read_sink(sink: Path) -> bytes | None:
    """What the sink holds; None when it is not there, or cannot be read."""
    try:
        return sink.read_bytes()
    except OSError:
        return None


def adopted_value(declared: DesiredToken) -> str | None:
    """The value in the sink of a token that takes over the one that lies there."""
    held = read_sink(declared.sink) if declared.adopts else None
    return held.decode("utf-8", "replace").strip() if held else None


def write_sink(sink: Path, content: bytes) -> None:
    """Put the content into the file, readable by its owner alone, whole or not at all.

    The draft has one name: what a crash leaves of it is gone with the next write.
    """
    draft = _draft(sink)
    try:
        sink.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(sink)
    except OSError as error:
        remove_draft(sink)
        raise FileTrouble(
            f"the token's value cannot be written to {sink}: {error.strerror}",
            hint="make the file writable, then run the command again",
        ) from None


def remove_draft(sink: Path) -> None:
    """Remove what a write that was killed left beside the sink."""
    with contextlib.suppress(OSError):
        _draft(sink).unlink(missing_ok=True)


def put_back(sink: Path, content: bytes | None) -> None:
    """Have the sink as it was before; without content there was none."""
    if content is not None:
        write_sink(sink, content)
        return
    try:
        sink.unlink(missing_ok=True)
    except OSError as error:
        raise FileTrouble(
            f"the sink {sink} cannot be removed: {error.strerror}", hint="make its folder writable, then apply"
        ) from None


def _draft(sink: Path) -> Path:
    return sink.with_name(f".{sink.name}.draft")
