"""What an embedded service tells of the tasks of a run; no other has such calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol

from fused_spec.api.errors import ApiError
from fused_spec.api.http.addresses import path
from fused_spec.api.http.base import Connected
from fused_spec.api.http.limits import DOWNLOAD, FACTS
from fused_spec.api.values.inputs import JobReference, job_id_of
from fused_spec.jobs.tasks import Standing, standing_in


class TellsTasks(Protocol):
    """Saves what it knows of the tasks of a run, if it knows anything."""

    def save_job_tasks(self, job: str, file: Path, /) -> bool: ...


@contextmanager
def told_tasks(api: TellsTasks, job_id: str) -> Iterator[BinaryIO | None]:
    """The lines about the tasks of a run, as long as they are looked at; None from a service that tells nothing.

    They lie in a file meanwhile: there may be a million. Raises the client's errors.
    """
    with TemporaryDirectory(prefix="fused-spec-") as folder:
        file = Path(folder) / "tasks.jsonl"
        if not api.save_job_tasks(job_id, file):
            yield None
            return
        with file.open("rb") as lines:
            yield lines


class TaskReads(Connected):
    """The calls about tasks that only read."""

    def save_job_tasks(self, job: JobReference, file: str | PathLike[str]) -> bool:
        """Save what is known of each task of a run that has ended or runs, a JSON object a line; whether it is told.

        `fused_spec.jobs.tasks.tasks_in` reads the lines. Only an embedded service tells, and no other is asked.
        """
        target = Path(file)

        def save(pieces: Iterator[bytes]) -> bytes:
            with target.open("wb") as stream:
                target.chmod(0o600)
                stream.writelines(pieces)
            return b""

        if self.service_id is None:
            return False
        try:
            self._transport.call("GET", path("run", "by-id", job_id_of(job), "tasks"), limits=DOWNLOAD, sink=save)
        except ApiError as error:
            if not error.lacks_the_call:
                raise
            return False
        return True

    def get_job_progress(self, job: JobReference) -> Standing | None:
        """How many tasks of a run ended how, and which run for longest; None where that is not told."""
        if self.service_id is None:
            return None
        try:
            answer = self._transport.call("GET", path("run", "by-id", job_id_of(job), "progress"), limits=FACTS)
        except ApiError as error:
            if not error.lacks_the_call:
                raise
            return None
        return standing_in(answer.body)
