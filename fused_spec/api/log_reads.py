"""The calls that read the log of a job: into memory, or to a file, since a log may be longer than memory."""

from os import PathLike
from pathlib import Path
from typing import Any

from fused_spec.api.http.addresses import path
from fused_spec.api.http.base import Connected
from fused_spec.api.http.limits import DOWNLOAD, LOGS, MOST_LOG
from fused_spec.api.logs.file import SavedLog, SaveLog
from fused_spec.api.values.inputs import JobReference, job_id_of
from fused_spec.jobs.log_choice import ALL, MEDIA_TYPE, LogChoice
from fused_spec.messages.redaction import Redactor, redact
from fused_spec.wire import LogLine, log_lines


class LogReads(Connected):
    """The calls about logs that only read."""

    def get_logs(self, job: JobReference, since_ms: int | None = None) -> list[LogLine]:
        """The log, oldest line first; `since_ms` (milliseconds since the epoch) leaves out what is older.

        Each line is a dict as the service sent it, with `timestamp` and `message` as attributes beside.
        """
        answer = self._transport.call("GET", path("logs", job_id_of(job)), query={"since_ms": since_ms}, limits=LOGS)
        return list(log_lines(answer.read_as(list[Any])))

    def save_logs(
        self,
        job: JobReference,
        file: str | PathLike[str],
        since_ms: int | None = None,
        *,
        most: int = MOST_LOG,
        scrub: Redactor = redact,
        last: bool = True,
    ) -> bool:
        """Save the log to a file, scrubbed, from at most so many bytes of the answer; whether that is all of it.

        `logs.file.saved_lines` reads it. Takes as much memory as one piece, however long the log. Without `last` the
        log goes on, and lines at its end that may hold the beginning of a known secret are left for the next time.
        """
        save = SaveLog(Path(file), most, scrub=scrub, last=last)
        self._save(job, save, {"since_ms": since_ms})
        return not save.cut

    def save_chosen_logs(
        self,
        job: JobReference,
        file: str | PathLike[str],
        choice: LogChoice = ALL,
        *,
        behind: SavedLog | None = None,
        scrub: Redactor = redact,
        last: bool = True,
    ) -> SavedLog | None:
        """Save the chosen lines in the same way, from where an earlier answer ended; None by a service without choice.

        What such a one answers is saved whole, so whoever asks has to choose from that. Only an embedded service is
        told what is wanted.
        """
        query: dict[str, str | int | None] = {"since_ms": choice.since_ms}
        if self.service_id is not None:
            query |= {
                "task": choice.task,
                "failed": "true" if choice.failed else None,
                "text": choice.text,
                "tail": choice.tail if behind is None else None,
                "from": None if behind is None else behind.end,
            }
        save = SaveLog(Path(file), DOWNLOAD.size, scrub=scrub, last=last, behind=behind)
        self._save(job, save, query)
        return save.saved

    def _save(self, job: JobReference, save: SaveLog, query: dict[str, str | int | None]) -> None:
        accepted = {"Accept": f"{MEDIA_TYPE}, application/json"}
        self._transport.follow(path("logs", job_id_of(job)), query=query, headers=accepted, limits=DOWNLOAD, sink=save)
