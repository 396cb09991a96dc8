"""The lines of a run's log for people and scripts: from the service as they come, or from the archive."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.cli.runs.following import FIRST, LONGEST, PATIENCE, may_pass
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import FusedSpecError, ServiceError
from fused_spec.jobs.log_choice import LogChoice, origins_unknown
from fused_spec.reconcile.following.silence import Silence
from fused_spec.system.polling import Sleep, intervals, steady_clock

if TYPE_CHECKING:
    from fused_spec.api.logs.cursor import LogCursor
    from fused_spec.api.logs.file import SavedLog
    from fused_spec.cli.runs.lookup import FoundRun, Surroundings
    from fused_spec.jobs.parts import Part
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt
    from fused_spec.reconcile.archive.spool import LogRecord
    from fused_spec.wire import RunResponse

Tell = Callable[[str], None]


def lines_of(
    context: Context, name: str, choice: LogChoice, *, attempt: int | None, follow: bool, sleep: Sleep
) -> "Iterator[LogRecord]":
    """The chosen lines of the run that a name or an id means; with nobody there to ask, those that are archived."""
    from fused_spec.cli.runs.kept import find_kept
    from fused_spec.cli.runs.lookup import find_run, surroundings

    warn = context.console.warn
    try:
        around = surroundings(context)
        found = find_run(around, name, attempt=attempt)
    except ServiceError as error:
        kept = find_kept(context, name, attempt=attempt)
        if kept is None:
            raise
        warn(f"Note: {error}. This is from the archive: the run of {kept.receipt.created:%Y-%m-%d %H:%M} UTC.")
        part = kept.receipt.part
        yield from with_elements(archived_lines(kept.archive, kept.receipt, of_elements(choice, part), warn), part)
        return
    known = found.marker or found.receipt
    part = known.part if known is not None else None
    lines = log_lines(around, found, of_elements(choice, part), follow=follow, sleep=sleep, tell=warn)
    yield from with_elements(lines, part)


def log_lines(
    around: "Surroundings", found: "FoundRun", choice: LogChoice, *, follow: bool, sleep: Sleep, tell: Tell
) -> "Iterator[LogRecord]":
    """The chosen lines of a run's log, oldest first: the service's or, where that has none any more, the archive's.

    Where a secret of the run cannot be had, the archive's alone: nothing would mask it in the service's log.
    `tell` is given what is to be known about an archived log. Raises `Misconfigured` when the log does not tell what
    was asked for.
    """
    from fused_spec.api.errors import ApiError

    receipt = found.receipt
    unmasked = around.unmasked(found)
    if unmasked and receipt is None:
        names = ", ".join(f"secret.{name}" for name in unmasked)
        raise FusedSpecError(
            f"the log of {found.name} may hold {names}, which cannot be read here to be masked",
            hint="`fused-spec apply` archives it without them once the run has ended, and shows it meanwhile",
        )
    if found.in_history and not unmasked:
        try:
            has_lines = yield from _Live(around, found.job_id, choice).lines(follow=follow, sleep=sleep)
        except ApiError as error:
            if not error.is_gone or receipt is None:
                raise
        else:
            if has_lines or receipt is None or not receipt.log_lines:
                return
    if receipt is None:
        raise AssertionError("a run outside the history is known by its receipt")
    if not receipt.ran_at(around.service):
        tell(f"Note: this run was at {receipt.where}, and not at {around.target.name}.")
    yield from archived_lines(around.archive, receipt, choice, tell)


def of_elements(choice: LogChoice, part: "Part | None") -> LogChoice:
    """The choice in the numbers of a run's tasks: of a run of a part, people name the elements of the whole job.

    Raises `FusedSpecError` for an element for which the run was not started.
    """
    if part is None or choice.task is None:
        return choice
    try:
        return replace(choice, task=part.elements.place_of(choice.task))
    except ValueError:
        raise FusedSpecError(
            f"this run was not started for element {choice.task}, but for {part.elements} alone",
            hint=f"the run before it is {part.after}: fused-spec logs {part.after} --task {choice.task}",
        ) from None


def with_elements(lines: "Iterable[LogRecord]", part: "Part | None") -> "Iterator[LogRecord]":
    """The lines, whose tasks have the numbers of their elements in the whole job."""
    for line in lines:
        yield line if part is None or line.task is None else replace(line, task=part.number_of(line.task))


def archived_lines(archive: "Archive", receipt: "Receipt", choice: LogChoice, tell: Tell) -> "Iterator[LogRecord]":
    """The chosen lines of an archived log."""
    yield from archive.read_logs(receipt, choice)
    if receipt.log_missing is not None:
        tell(f"Note: this log is not whole: {receipt.log_missing}.")


class _Live(Struct):
    """The log of a run as its service has it, without the secrets of the project.

    An answer goes through a file: a log may be longer than memory.
    """

    around: "Surroundings"
    job_id: str
    choice: LogChoice

    def lines(self, *, follow: bool, sleep: Sleep) -> "Generator[LogRecord, None, bool]":
        """The chosen lines, with `follow` until the run and its machine have ended; whether the log had any lines.

        The status is read before the lines, so those read after an ended status are the last ones.
        """
        from fused_spec.api.logs.cursor import LogCursor

        if self.choice.needs_origins and self.around.service.id is None:
            raise self._tells_none()
        cursor, saved, has_lines = LogCursor(), None, False
        with TemporaryDirectory(prefix="fused-spec-") as folder:
            answer = Path(folder) / "answer.jsonl"
            silence = Silence(PATIENCE if follow else 0.0)
            for pause in intervals(FIRST, LONGEST):
                try:
                    run = self.around.api.get_status(self.job_id) if follow else None
                    last = run is None or _is_over(run)
                    saved = self._saved(answer, cursor, saved, last=last)
                    silence.ends()
                except ServiceError as error:
                    if not (follow and may_pass(error)):
                        raise
                    silence.begins(steady_clock(), error)
                    sleep(max(pause, error.retry_after or 0.0))
                    continue
                told = False
                for line in self._chosen(answer, cursor, saved):
                    told = True
                    yield line
                has_lines = has_lines or (answer.stat().st_size > 0 if saved is None else saved.end > 0)
                if last:
                    break
                sleep(FIRST if told else pause)
        return has_lines

    def _saved(self, answer: Path, cursor: "LogCursor", before: "SavedLog | None", *, last: bool) -> "SavedLog | None":
        asked = self.choice if cursor.since_ms is None else replace(self.choice, since_ms=cursor.since_ms)
        return self.around.api.save_chosen_logs(
            self.job_id, answer, asked, behind=before, scrub=self.around.mask, last=last
        )

    def _chosen(self, answer: Path, cursor: "LogCursor", saved: "SavedLog | None") -> "Iterable[LogRecord]":
        """What of an answer is new and wanted; a service that answers to no choice sent all of it."""
        from fused_spec.reconcile.archive.spool import LogRecord

        with answer.open("rb") as stream:
            lines: Iterator[LogRecord] = map(LogRecord.from_json, stream)
            if saved is not None:
                if self.choice.needs_origins and not saved.tells_origins:
                    raise origins_unknown("it was written before the service told them")
                yield from filter(self.choice.fits, lines)  # once more, since secrets are masked now
                return
            if self.choice.needs_origins:
                raise self._tells_none()
            is_first = cursor.since_ms is None
            chosen = filter(self.choice.fits, cursor.fresh(lines))
            yield from chosen if self.choice.tail is None or not is_first else deque(chosen, self.choice.tail)

    def _tells_none(self) -> Exception:
        return origins_unknown(f"the service at {self.around.api.base_url} does not tell it")


def _is_over(run: "RunResponse") -> bool:
    """The work is over and, where the service tells it, so is the machine: then the log is whole."""
    return run.terminal_status or (run.finished and run.status not in ("running", "pending"))
