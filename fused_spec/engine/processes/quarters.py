"""What a process of tasks moves into before its first: a folder of its own, and the bounds of what it may write to."""

import fcntl
import os
import stat
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fused_spec.engine.processes.confinement import Confinement, confine
from fused_spec.engine.processes.task_folder import TaskFolder, clear, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarters:
    """`own` is what the process writes to besides the scratch, `given` the variables that the job sets by itself."""

    scratch: Path
    own: tuple[Path, ...] = ()
    confinement: Confinement | None = None
    given: frozenset[str] = frozenset()

    def move_in(self, own: Collection[Path], outputs: Collection[Path]) -> TaskFolder:
        """Take this process there, for good; it writes to `own` and makes tables in `outputs` besides."""
        _let_go_of_files()
        self.scratch.mkdir(mode=0o700, exist_ok=True)  # a task may have removed it
        if self.confinement is not None:  # first, since earlier tasks may have put links wherever this one moves in
            confine(self.confinement, own=(self.scratch, *self.own, *own), outputs=tuple(outputs))
        return TaskFolder(self.scratch, self.given)

    def clear(self, pid: int, what: str) -> str | None:
        """Remove what a process left that is gone; the line for the log that tells of it."""
        left = clear(self.scratch / str(pid))
        return words_of(left, what) if left else None


def _is_of_the_system(descriptor: int) -> bool:
    """Whether it leads to what this process asks of the system (`meter`), and to no file."""
    return Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to("/proc")


def _let_go_of_files() -> None:
    """Point the files at nothing that the worker writes to, and that came along by the fork."""
    if sys.platform != "linux":
        return
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # numbers
        with suppress(OSError):  # the one of this list
            descriptor = int(name)
            is_written = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            if is_written and stat.S_ISREG(os.fstat(descriptor).st_mode) and not _is_of_the_system(descriptor):
                os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)
