"""What holds the value of a token: the one place where a value is ever written.

What is read, written and put back is the value alone, whatever stands around it. What a command did with a value
nobody can read.
"""

import contextlib
import os
from pathlib import Path

from fused_spec.configuration.token_sinks import Command, EnvFile, GitHub, GitLab, Sink
from fused_spec.errors import FileTrouble, Misconfigured
from fused_spec.reconcile.saved.lines import block_of, value_in, with_value
from fused_spec.spec.model import DesiredToken

_OTHERS = 0o077


def sink_trouble(sink: Sink, value: str, sign: str = "") -> str | None:
    """What the sink lacks of holding this value for its owner alone; None when nothing, or where nobody can know."""
    match sink:
        case Command():
            return None
        case GitHub(file=file):
            if file is None:
                return None
            return None if block_of(sink.name, value.encode()) in _content(file) else "is not there"
        case GitLab(variable=variable):
            return None if variable is None else variable.trouble(value, sign)
    path = _path(sink)
    try:
        content, mode = path.read_bytes(), path.stat().st_mode
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    found = content if isinstance(sink, Path) else value_in(content, sink.name)
    if found is None:
        return "has no such line"
    held = found.strip()
    if held != value.encode():
        return "holds another value" if held else "is empty"
    return "is readable by others" if mode & _OTHERS else None


def check_sink(sink: Sink) -> None:
    """Raise before anything is sent when the sink cannot be written."""
    match sink:
        case Command():
            return
        case GitHub(file=None):
            raise Misconfigured(
                f"{sink} is for a workflow, and none runs here", hint="apply in GitHub Actions; no token was made"
            )
        case GitHub():
            return
        case GitLab(variable=None):
            raise Misconfigured(
                f"{sink} cannot be written: {sink.lacks}", hint="set it where you apply; no token was made"
            )
        case GitLab(variable=variable):
            assert variable is not None
            variable.check()
            return
    path = _path(sink)
    existing = next(folder for folder in path.parents if folder.exists())
    if path.is_dir():
        raise FileTrouble(f"the sink {sink} is a folder", hint="name a file in it; no token was made")
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise FileTrouble(
            f"the sink {sink} cannot be written", hint="name a file in a writable folder; no token was made"
        )


def read_sink(sink: Sink) -> bytes | None:
    """What the sink holds; None when it is not there, or cannot be read."""
    match sink:
        case Command() | GitHub() | GitLab():
            return None
    try:
        content = _path(sink).read_bytes()
    except OSError:
        return None
    return content if isinstance(sink, Path) else value_in(content, sink.name)


def adopted_value(declared: DesiredToken) -> str | None:
    """The value in the sink of a token that takes over the one that lies there."""
    held = read_sink(declared.sink) if declared.adopts else None
    return held.decode("utf-8", "replace").strip() if held else None


def write_sink(sink: Sink, content: bytes, sign: str = "") -> None:
    """Put the content into the sink, readable by its owner alone, whole or not at all; `sign` names what it is."""
    match sink:
        case Command(hand=hand):
            assert hand is not None  # whoever sends has given it
            hand(content)
        case GitHub():
            _tell_github(sink, content.strip())
        case GitLab(variable=variable):
            assert variable is not None  # it was looked at before
            variable.write(content.decode().strip(), sign)
        case EnvFile(path=path, name=name):
            _write(sink, path, with_value(_content(path), name, content.strip()))
        case _:
            _write(sink, sink, content)


def remove_draft(sink: Sink) -> None:
    """Remove what a write that was killed left beside the sink."""
    if isinstance(sink, Path | EnvFile):
        with contextlib.suppress(OSError):
            _draft(_path(sink)).unlink(missing_ok=True)


def put_back(sink: Sink, content: bytes | None) -> None:
    """Have the sink as it was before; without content there was none."""
    if isinstance(sink, Command | GitHub | GitLab):
        return
    if content is not None:
        write_sink(sink, content)
        return
    path = _path(sink)
    if isinstance(sink, EnvFile) and (rest := with_value(_content(path), sink.name, None)):
        _write(sink, path, rest)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileTrouble(
            f"the sink {sink} cannot be removed: {error.strerror}", hint="make its folder writable, then apply"
        ) from None


def _tell_github(sink: GitHub, value: bytes) -> None:
    """Have the runner mask the value before it is anywhere, then hand it over."""
    assert sink.file is not None  # it was looked at before
    if sink.say is not None:
        for line in value.decode().splitlines():
            sink.say(f"::add-mask::{line.replace('%', '%25')}")
    try:
        with sink.file.open("ab") as stream:
            stream.write(block_of(sink.name, value))
    except OSError as error:
        raise _not_written(sink, error) from None


def _write(sink: Sink, path: Path, content: bytes) -> None:
    """The draft has one name: what a crash leaves of it is gone with the next write."""
    draft = _draft(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as error:
        remove_draft(sink)
        raise _not_written(sink, error) from None


def _not_written(sink: Sink, error: OSError) -> FileTrouble:
    return FileTrouble(
        f"the token's value cannot be written to {sink}: {error.strerror}",
        hint="make the file writable, then run the command again",
    )


def _content(path: Path) -> bytes:
    """What a file has; nothing where there is none. Raises `FileTrouble` for one that cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FileTrouble(
            f"the sink {path} cannot be read: {error.strerror}",
            hint="it is kept as it is; make it readable, then apply",
        ) from None


def _path(sink: Path | EnvFile) -> Path:
    return sink if isinstance(sink, Path) else sink.path


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")
