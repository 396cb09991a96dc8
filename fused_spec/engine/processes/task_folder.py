"""The folder in which a task starts: empty, in the scratch of its job, and gone with the task.

A process of tasks has a folder of its own there, named by its number, for what its libraries keep from task to task
(caches, sockets). In it are the two folders of the task that runs, one to work in and one for temporary files. They
serve the next task, too, when a task left nothing in them and nobody behind who might write there later.
"""

import ctypes
import os
import select
import sys
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from itertools import count
from multiprocessing.process import current_process
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from fused_spec.system.removal import remove_tree

SCRATCH = "FUSED_SPEC_SCRATCH"
"""The variable that names the scratch of the job, which all its tasks share."""

_WORK, _TEMPORARY = "work", "tmp"
_TEMPORARY_VARIABLES = ("TMPDIR", "TMP", "TEMP", "CPL_TMPDIR", "JOBLIB_TEMP_FOLDER")
_CACHES = {
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "",
    "MPLCONFIGDIR": "config/matplotlib",
    "NUMBA_CACHE_DIR": "cache/numba",
}
_MOST_TOLD = 20  # tasks of a process of whose leavings the log tells
_MOST_NAMES = 5
_LONGEST_NAME = 80


class TaskFolder:
    """That of the process which makes it; `given` are the variables that the job sets by itself, which stay."""

    def __init__(self, scratch: Path, given: Collection[str] = ()) -> None:
        self._root = scratch / str(os.getpid())
        self._given = given
        self._numbers = count(1)
        self._told = 0
        self._place: int | str = ""
        remove_tree(self._root)  # of a process that had the same number
        self._root.mkdir(mode=0o700, parents=True)
        self._set({name: self._root / path for name, path in _CACHES.items()})
        if "PYTHONDONTWRITEBYTECODE" not in given:  # nothing beside modules that are the user's own
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            sys.dont_write_bytecode = True
        # Where it keeps the sockets of processes that outlast a task; it would take the place for temporary files.
        current_process()._config["tempdir"] = str(self._root)  # type: ignore[attr-defined]
        self._notice = _Notice()
        self._make()
        _here[:] = [self]

    @property
    def has_files(self) -> bool:
        """Whether there is anything by now."""
        return bool(names_in(self._work) or names_in(self._temporary))

    def enter(self) -> None:
        """Start a task."""
        os.chdir(self._place)

    def leave(self) -> list[str]:
        """Have the folder empty for the next task; what the task left to be told of, in words."""
        if not self._notice.is_stirred():
            return []
        left = names_in(self._work)
        for folder in (self._work, self._temporary):
            remove_tree(folder)
        self._make()
        return left

    def told(self, left: Collection[str], what: str) -> str | None:
        """The line for the log, unless there were too many of them."""
        if not left or self._told >= _MOST_TOLD:
            return None
        self._told += 1
        more = "" if self._told < _MOST_TOLD else "; what later tasks leave is not told"
        return words_of(left, what) + more

    def _make(self) -> None:
        number = next(self._numbers)
        self._work, self._temporary = (self._root / f"{name}{number}" for name in (_WORK, _TEMPORARY))
        for folder in (self._work, self._temporary):
            folder.mkdir(mode=0o700, parents=True)  # a task may have removed what is above
        is_told = self._notice.watch(self._work, self._temporary)
        self._place = self._opened(self._work) if is_told else str(self._work)
        self._set(dict.fromkeys(_TEMPORARY_VARIABLES, self._temporary))
        tempfile.tempdir = None if "TMPDIR" in self._given else str(self._temporary)

    def _opened(self, folder: Path) -> int:
        """A descriptor of the folder, which leads there in a third of the time of its path."""
        if isinstance(self._place, int):
            os.close(self._place)
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def _set(self, variables: dict[str, Path]) -> None:
        os.environ.update({name: str(path) for name, path in variables.items() if name not in self._given})


_here: list[TaskFolder] = []


def has_files() -> bool:
    """Whether there are files in the folder of the task that runs in this process, if it has one."""
    return any(folder.has_files for folder in _here)


def names_in(folder: Path) -> list[str]:
    """What is in a folder, a folder with a slash behind its name."""
    if folder.is_symlink():  # which a task put there
        return []
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(f"{one.name}/" if one.is_dir(follow_symlinks=False) else one.name for one in entries)
    return []


def words_of(left: Collection[str], what: str) -> str:
    """The line that tells of what a task left."""
    names = [_shown(name) for name in sorted(left)[:_MOST_NAMES]]
    more = [f"{len(left) - _MOST_NAMES} more"] if len(left) > _MOST_NAMES else []
    return (
        f"{what} left {', '.join([*names, *more])} in its folder, which is removed with the task; "
        "return what is to be kept, or write it to fd://"
    )


def clear(root: Path) -> list[str]:
    """Remove the folder of a process that is gone; what the task that it was at had left.

    Nothing happens where a task put a link in the place of the scratch: whoever removes is not held as a task is.
    """
    if root.parent.is_symlink():
        return []
    left = [name for work in root.glob(f"{_WORK}*") for name in names_in(work)]
    remove_tree(root)
    return left


def _shown(name: str) -> str:
    plain = name if name.isprintable() and name.strip() == name else ascii(name)
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1]}…"


class _Notice:
    """Whether anything happened in two folders, for less than a look into them costs, where the system offers that.

    A process that a task started and left behind counts, too: it may write there when the next task runs. It is asked
    after each task, so it takes as few calls of the system as there are things to know.
    """

    _IN_THEM = 0x4 | 0x80 | 0x100  # IN_ATTRIB, IN_MOVED_TO, IN_CREATE
    # IN_MOVED_FROM, IN_DELETE, IN_MOVE_SELF: they themselves, which this process holds, and what they are in
    _AROUND = 0x40 | 0x200 | 0x800

    def __init__(self) -> None:
        self._folders: tuple[Path, ...] = ()
        self._events: int | None = None
        self._is_changed: Callable[[], Any] = self._look
        self._spent = _children_waited_for()

    def watch(self, *folders: Path) -> bool:
        """Look at these from now on; whether the system tells of what happens there."""
        self._folders = folders
        if self._events is not None:
            os.close(self._events)
        self._events = self._watching(folders)
        self._is_changed = self._look if self._events is None else _poll(self._events)
        return self._events is not None

    def is_stirred(self) -> bool:
        """Whether to make the folders anew."""
        spent = _children_waited_for()
        if spent != self._spent:
            self._spent = spent
            return True
        return bool(self._is_changed()) or _has_children()

    def _look(self) -> bool:
        return not all(folder.is_dir() for folder in self._folders) or any(map(names_in, self._folders))

    def _watching(self, folders: Collection[Path]) -> int | None:
        if sys.platform != "linux":
            return None
        events: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if events < 0:
            return None  # the user has as many as one may have
        watched = {folder.parent: self._AROUND for folder in folders} | dict.fromkeys(folders, self._IN_THEM)
        if any(_libc.inotify_add_watch(events, os.fsencode(path), mask) < 0 for path, mask in watched.items()):
            os.close(events)
            return None
        return events


def _poll(events: int) -> Callable[[], Any]:
    """What answers at once whether there is something to read."""
    polled = select.poll()
    polled.register(events, select.POLLIN)
    return partial(polled.poll, 0)


def _children_waited_for() -> int:
    """A number that grows with each: none runs without touching memory."""
    return getrusage(RUSAGE_CHILDREN).ru_minflt


def _has_children() -> bool:
    # `os.waitid`, which macOS has since Python 3.13 only, says no with an exception: that takes twice as long.
    found: int = _libc.waitid(_ALL, 0, _unread, _LOOK_ONLY)
    return found == 0  # else there is none to wait for


_libc = ctypes.CDLL(None)
_ALL = 0  # P_ALL
_LOOK_ONLY = 0x1 | 0x4 | (0x1000000 if sys.platform == "linux" else 0x20)  # WNOHANG, WEXITED, WNOWAIT
_unread = ctypes.create_string_buffer(256)  # `siginfo_t`, and some room
