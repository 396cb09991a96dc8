"""Where a job's tasks may write, and what is said of a write elsewhere.

Landlock allows whole folders and subtracts nothing. So where a folder that all jobs may write to holds one that none
may, such as a state folder below `/tmp`, its other entries are allowed in its place, as they are at that moment.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EACCES, EXDEV
from pathlib import Path
from typing import Any

from fused_spec.system import landlock

SHARED = (Path("/tmp"), Path("/dev/shm"), Path("/mnt"))  # noqa: S108  # named to users, and no file of ours
# What any process may need: the first seven of every machine, the others of those with graphics processors.
_DEVICES = re.compile("null|zero|full|u?random|tty|ptmx|pts|nvidia.*|dri|kfd|dxg")
_PATH_IN_TEXT = re.compile(r"['\"`](/[^'\"`\n]+)['\"`]|(?:^|[\s(])(/[^\s:,;'\"()]+)")
_LONGEST_CHAIN = 10
# What libraries say that keep the system's error to themselves: GDAL, SQLite, the Rust ones.
_REFUSED = ("ermission denied", "unable to open", "readonly database", "read-only database")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """`state` no job writes to, `kept` are repositories, and `allowed` is what the service was started to allow."""

    state: Path
    kept: tuple[Path, ...] = ()
    allowed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Confinement | None":
        """As the service wrote it (see `jobdir`); None of one that did not."""
        given = request.get("confinement")
        if given is None:
            return None
        return cls(
            state=Path(given["state"]),
            kept=tuple(map(Path, given["kept"])),
            allowed=tuple(map(Path, given["allowed"])),
        )

    def places(self, own: Iterable[Path], outputs: Iterable[Path] = ()) -> Iterator[Path]:
        """All files and folders that a process of tasks may write to: what is its own, wherever that lies, first.

        None is a link. What is its own may have been replaced by one, by an earlier task, to have what it leads to.
        """
        closed = {self.state, *self.kept}
        around = {parent for folder in closed for parent in folder.parents}
        for place in own:
            yield from _without(place.parent.resolve() / place.name, closed, around)
        for place in (*outputs, *self.allowed, *SHARED):
            real = place.resolve()
            if real not in closed and self.state not in real.parents:
                yield from _without(real, closed, around)
        yield from _devices()


def _devices() -> Iterator[Path]:
    with suppress(OSError):
        yield from (Path("/dev", name).resolve() for name in os.listdir("/dev") if _DEVICES.fullmatch(name))  # noqa: PTH208


def _without(place: Path, closed: Collection[Path], around: Collection[Path]) -> Iterator[Path]:
    """The place, or what of it leads to nothing that is closed; `around` are the folders above what is."""
    if place not in around:
        yield place
        return
    with suppress(OSError), os.scandir(place) as entries:  # it may not be for us to look into
        for entry in entries:
            if not entry.is_symlink() and (path := Path(entry.path)) not in closed:  # where a link leads to decides
                yield from _without(path, closed, around)


@dataclass(slots=True)
class _InForce:
    confinement: Confinement | None = None
    places: Sequence[Path] = field(default_factory=list)


_in_force = _InForce()


def confine(confinement: Confinement, *, own: Sequence[Path], outputs: Sequence[Path]) -> None:
    """From now on this process, and what it starts, writes nowhere else; nothing happens without Landlock.

    Outputs are made where they are not there, since only a folder that is there can be allowed.
    """
    if landlock.version() == 0:
        return
    for output in outputs:
        with suppress(OSError):  # the task finds the same, and tells of it
            if not _lies_in(confinement.state, output.resolve()):
                output.mkdir(parents=True, exist_ok=True)
    places = list(confinement.places(own, outputs))
    landlock.restrict_writing(places)
    _in_force.confinement, _in_force.places = confinement, places


def is_closed_to_new(folder: Path) -> bool:
    """Whether nothing new can be made directly in a folder, though it can in some that are in it.

    That is so of the folder of specs, and of what holds that or the state.
    """
    confinement = _in_force.confinement
    if confinement is None or folder == confinement.state:
        return False
    return any(_lies_in(folder, closed) for closed in (confinement.state, *confinement.kept))


def why_refused(error: BaseException) -> str | None:
    """Why it is this confinement that stood in the way, and what to do; None for any other error."""
    confinement = _in_force.confinement
    if confinement is None:
        return None
    for one in _chain(error):
        if not _is_refusal(one):
            continue
        paths = _paths_of(one)
        outside = [path for path in paths if not _is_allowed(path)]
        if any(map(_would_be_writable, outside)):
            return _words(confinement, next(filter(_would_be_writable, outside)))
        if not any(path.is_absolute() for path in paths):  # it says no more than a name, or nothing
            return f"if this was to write, then {_words(confinement, None)}"
    return None


def _words(confinement: Confinement, path: Path | None) -> str:
    named = ", ".join(map(str, (*SHARED, *confinement.allowed)))
    rule = f"a job writes to its own folder, fd://, {named} and nowhere else"
    if path is None:
        return f"{rule}; write to fd://, or start the service with --allow-write FOLDER"
    if any(_lies_in(folder, path) for folder in (confinement.state, *confinement.kept)):
        whose = "the service's own" if _lies_in(confinement.state, path) else "that of the specs"
        return f"{rule}, and {path} is {whose}; write to fd://, or return what is to be kept"
    if (around := next((root for root in SHARED if _lies_in(root, path)), None)) is not None:
        told = f"{around} holds what no job may write to, so what is open there is what was there before"
        return f"{rule}, and {path} is new: {told}; write to fd://, or to a folder of tempfile"
    if is_closed_to_new(path.parent):
        return (
            f"{rule}, and {path} is new beside what no job may write to; write to fd://, or start the service with "
            f"--allow-write and a folder in {path.parent}"
        )
    return f"{rule}, and {path} is neither; write to fd://, or start the service with --allow-write {path.parent}"


def _is_refusal(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (EACCES, EXDEV)
    return any(words in str(error) for words in _REFUSED)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it came from."""
    one: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _paths_of(error: BaseException) -> list[Path]:
    """The paths that the error names, else those in its text; one that is relative may be so to any folder."""
    named = [getattr(error, name, None) for name in ("filename", "filename2")]
    texts = [os.fsdecode(name) for name in named if isinstance(name, str | bytes | os.PathLike)]
    return [Path(text) for text in texts or [quoted or bare for quoted, bare in _PATH_IN_TEXT.findall(str(error))]]


def _is_allowed(path: Path) -> bool:
    try:
        real = path.resolve()
    except (OSError, ValueError, RuntimeError):  # nobody may look, no path at all, links in a circle
        return False
    return any(_lies_in(place, real) for place in _in_force.places)


def _would_be_writable(path: Path) -> bool:
    """Whether the system's own rights, which know nothing of this, let this user write there."""
    try:
        return os.access(path if os.path.lexists(path) else path.parent, os.W_OK)
    except ValueError:  # no path at all
        return False


def _lies_in(folder: Path, path: Path) -> bool:
    return path == folder or folder in path.parents
