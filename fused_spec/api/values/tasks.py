"""The tasks of a run as a sequence of values and as a frame; they are asked for when they are first looked at."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from fused_spec.errors import ServiceError
from fused_spec.jobs.tasks import Task, TaskState, tasks_in

_WHOLE = ("rows", "columns", "bytes", "peak_memory")


class Tasks:
    """Each task of a run, in the order in which they ended; one that was tried again comes with each attempt.

    They are what was known when they were first looked at. Iterating keeps one at a time in memory. Raises
    `ServiceError` where the service tells nothing of tasks, as hosted Fused does.
    """

    def __init__(self, save: Callable[[Path], bool]) -> None:
        self._save = save

    @cached_property
    def _file(self) -> Path:
        """The lines of all, kept as long as this object."""
        folder = tempfile.mkdtemp(prefix="fused-spec-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        file = Path(folder) / "tasks.jsonl"
        if not self._save(file):
            raise ServiceError("the service tells nothing of tasks", hint="results() has what they returned")
        return file

    def __iter__(self) -> Iterator[Task]:
        with self._file.open("rb") as lines:
            yield from tasks_in(lines)

    @cached_property
    def _count(self) -> int:
        return sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        """Whether there is one; looks no further."""
        return next(iter(self), None) is not None

    def __repr__(self) -> str:
        return f"<{len(self)} tasks>" if "_count" in self.__dict__ else "<tasks, not asked for>"

    def failed(self) -> Iterator[Task]:
        """Those that failed."""
        return (task for task in self if task.state is TaskState.FAILED)

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row for each and a column for each field; times are in UTC.

        What nobody told is missing, and numbers beside it stay whole.
        """
        import pandas

        frame = pandas.DataFrame([msgspec.structs.astuple(task) for task in self], columns=list(Task.__struct_fields__))
        kinds = dict.fromkeys(_WHOLE, "Int64") | {"state": "string", "worker": "string", "error": "string"}
        kinds |= {"where": "string", "signature": "string", "crs": "string", "step": "int64", "index": "int64"}
        frame = frame.astype({**kinds, "attempt": "int64", "seconds": "float64", "cpu_seconds": "float64"})
        return frame.assign(started=pandas.to_datetime(frame["started"], unit="ms", utc=True).dt.as_unit("ms"))
