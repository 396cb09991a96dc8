"""Keep results: small ones one behind the other in a file for each process, large ones in files of their own.

What is written here stays whatever becomes of the process; the index names it only afterwards, so it names nothing
that is not whole.
"""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fused_spec.engine.processes.quarters import Quarters
from fused_spec.engine.processes.task_folder import TaskFolder
from fused_spec.engine.processes.task_process import Answer
from fused_spec.jobs.folder import Result, index_line

_LARGEST_PACKED = 256 * 1024


@dataclass(slots=True, kw_only=True)  # not frozen, as `Result`
class TaskOutcome:
    """How one task ended: what it returned in its stored form, and what is known beside that, as JSON.

    `status` is that of an HTTP response; `lossy` says what the stored form does not hold; `facts` is as in `Answer`.
    """

    index: int
    error: str | None
    name: str | None = None
    content_type: str | None = None
    content: bytes = b""
    metadata: bytes = b""
    status: int | None = None
    lossy: Sequence[str] = ()
    facts: str = ""


class Pack:
    """A file of results, which this process alone appends to; it begins with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._name = ""
        self._stream: BinaryIO | None = None

    def keep(self, outcome: TaskOutcome) -> Answer:
        """Keep an outcome, and answer where it is; what cannot be kept, as on a full disk, has failed."""
        try:
            record = self._put(outcome)
            size = f', "bytes": {len(outcome.content)}' if outcome.error is None else ""
            return Answer(outcome.error, record, outcome.facts + size)
        except OSError as error:
            problem = f"the result cannot be kept: {error.strerror or error}"
            return Answer(problem, Result(index=outcome.index, error=problem).as_line())

    def _put(self, outcome: TaskOutcome) -> str:
        """The line of the index; the outcome is in the file when this returns."""
        stream = self._stream or self._open()
        alone = len(outcome.content) > _LARGEST_PACKED
        if alone:
            _write_alone(self.folder / str(outcome.name), outcome.content)
        written = outcome.metadata if alone else outcome.content + outcome.metadata
        _write(stream, written)
        return index_line(
            outcome.index,
            outcome.error,
            outcome.name,
            outcome.content_type,
            self._name,
            stream.tell() - len(written),  # it may have been emptied, when what it held has been read
            None if alone else len(outcome.content),
            len(outcome.metadata),
            outcome.status,
            outcome.lossy,
        )

    def _open(self) -> BinaryIO:
        self._name = f"{os.getpid()}.pack"
        # Unbuffered, and at the end even when an earlier process had the same number.
        self._stream = (self.folder / self._name).open("ab", buffering=0)
        return self._stream


@dataclass(slots=True, kw_only=True)
class Kept:
    """A task whose outcome is kept by the process that runs it; what it answers is where.

    The process moves into its quarters at its first task. A task that says `keeps_files` goes on with the files of the
    one before; `outputs` of a task are the folders in which it makes tables.
    """

    task: Callable[[int], TaskOutcome]
    pack: Pack
    quarters: Quarters
    _folder: TaskFolder | None = field(default=None, init=False)
    _keeps_files: bool = field(default=False, init=False)

    def __call__(self, index: int) -> Answer:
        folder = self._folder or self._move_in()
        forks = _ancestry.forks
        folder.enter()
        outcome = self.task(index)
        if _ancestry.forks != forks:
            os._exit(0)  # the task forked, and this is the copy that came back
        answer = self.pack.keep(outcome)
        if not self._keeps_files and (left := folder.leave()):
            _tell(folder.told(left, task_name(index)))
        return answer

    def _move_in(self) -> TaskFolder:
        self._keeps_files = getattr(self.task, "keeps_files", False)
        outputs: Sequence[Path] = getattr(self.task, "outputs", ())
        self._folder = self.quarters.move_in((self.pack.folder,), outputs)
        return self._folder


def task_name(index: int) -> str:
    """What a task is called where the log tells of its files."""
    return f"task {index}"


def _tell(line: str | None) -> None:
    if line is not None:
        with suppress(OSError, ValueError):  # the task may have closed the log
            print(line, file=sys.stderr)  # noqa: T201  # this is the job's log


class _Ancestry:
    """How many forks lie between this process and the first one; to ask the system for its number takes far longer."""

    forks = 0

    def count(self) -> None:
        self.forks += 1


_ancestry = _Ancestry()
os.register_at_fork(after_in_child=_ancestry.count)


def _write_alone(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(content)
    except OSError:
        draft.unlink(missing_ok=True)  # a full disk has use for the room
        raise
    draft.replace(path)


def _write(stream: BinaryIO, content: bytes) -> None:
    """Write all of it: a full disk takes a part, and tells of it at the next write."""
    while content:
        content = content[stream.write(content) :]
