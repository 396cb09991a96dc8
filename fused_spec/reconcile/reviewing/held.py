"""Why held jobs are held: the end of the log of each run, in a line, from the archive first, else from the service."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from fused_spec.api.errors import ApiError
from fused_spec.api.logs.file import saved_lines
from fused_spec.errors import FusedSpecError
from fused_spec.jobs.failures import failures_among
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.named_secrets import names_of
from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.failing import alike_words, has_lost, lost_words, placed
from fused_spec.plan.model import Change, PastRun, Plan, Run
from fused_spec.reconcile.archive.cancels import Cancels
from fused_spec.reconcile.archive.log_end import end_of
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.spec.model import DesiredJob

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive.folders import Archive

_MOST_READ = 50  # logs of one plan
_AT_ONCE = 8
_LAST_BYTES = 4 << 20
_ERROR_IS_WITHIN = timedelta(minutes=2)  # of the end of a run
_LONGEST = 300

_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Expired|Timeout|Failure)\b.*")


class _Line(Protocol):
    @property
    def message(self) -> str: ...


def with_errors(plan: Plan, api: "FusedReader", archive: "Archive", cancels: Cancels) -> Plan:
    """The plan with the error of each run because of which a job is held; of very many, the first ones."""
    held = {
        change.before.job_id: change
        for change in plan.changes
        if change.action is Action.HOLD and change.reason is Reason.HELD and isinstance(change.before, Run | PastRun)
    }
    asked = list(held)[:_MOST_READ]
    if not asked:
        return plan
    receipts = {receipt.job_id: receipt for receipt in archive.receipts() if receipt.job_id in held}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = pool.map(lambda job_id: _error_of(held[job_id], api, archive, receipts), asked)
        found = dict(zip(asked, errors, strict=True))
    by = cancels.of(job_id for job_id, one in held.items() if _run(one).status is RunStatus.CANCELLED)
    return replace(plan, changes=tuple(_explained(change, found, by) for change in plan.changes))


def error_in(lines: Iterable[str], status: RunStatus) -> str | None:
    """What the end of a log says of how its run ended, in one line; None where it says nothing."""
    end = end_of(lines)
    step, last = end.step, end.last
    said = next((line.removeprefix("ERROR:").strip() for line in reversed(last) if line.startswith("ERROR:")), None)
    if said is not None:
        return _short(said)
    if status is RunStatus.CANCELLED:
        return f"it was in {_short(step)}" if step else None
    thrown = next((line for line in reversed(last) if _EXCEPTION.match(line)), last[-1] if last else None)
    return _short(f"{step}: {thrown}" if step and thrown and thrown != step else thrown or "") or None


def _run(change: Change) -> Run | PastRun:
    assert isinstance(change.before, Run | PastRun)
    return change.before


def _error_of(change: Change, api: "FusedReader", archive: "Archive", receipts: Mapping[str, Receipt]) -> str | None:
    run = _run(change)
    receipt = receipts.get(run.job_id)
    try:
        if has_lost(run.tasks) and (receipt is None or receipt.status is RunStatus.SUCCEEDED):
            return _losses(run, archive)
        if receipt is not None:
            error = error_in(_texts(archive.read_logs(receipt)), run.status)
            return error and _short(_with_tasks(error, archive, receipt))
        if isinstance(change.after, DesiredJob) and names_of(change.after.payload.get("additional_env", {})):
            return "(it had secrets, so its log is read once an apply has archived it without them)"
        return _error_at_service(run, api)
    except ApiError as error:
        return None if error.is_gone else _unread(error)
    except FusedSpecError as error:
        return _unread(error)


def _with_tasks(error: str, archive: "Archive", receipt: Receipt) -> str:
    """The error, and where in the user's own code most of the tasks failed that did, or were when they were ended."""
    if receipt.tasks is None or not (receipt.tasks.failed or receipt.tasks.cancelled):
        return error
    found = failures_among(archive.tasks(receipt.key, receipt.job_id) or (), receipt.part)
    if found.alike:
        return placed(error, found.alike[0].where)
    return "; ".join([error, *(alike_words(one, receipt.tasks) for one in found.ended[:1])])


def _losses(run: Run | PastRun, archive: "Archive") -> str:
    """Of a run that succeeded and is none for its job: how many tasks failed, and with what most of them."""
    assert run.tasks is not None
    alike = failures_among(archive.tasks(run.own.key, run.job_id) or (), run.part).alike
    most = [alike_words(one, run.tasks) for one in alike[:1]]
    return _short("; ".join([f"{lost_words(run.tasks)}, and its failed_tasks is fail", *most]))


def _error_at_service(run: Run | PastRun, api: "FusedReader") -> str | None:
    """From the last minutes of the log: it may be long, and what ended the run was said at its end."""
    since = int((run.ended - _ERROR_IS_WITHIN).timestamp() * 1000) if run.ended else None
    with TemporaryDirectory(prefix="fused-spec-") as folder:
        answer = Path(folder) / "answer.jsonl"
        api.save_logs(run.job_id, answer, since, most=_LAST_BYTES)
        return error_in(_texts(saved_lines(answer)), run.status)


def _unread(error: FusedSpecError) -> str:
    return _short(f"(its log cannot be read now: {error})")


def _texts(lines: Iterable[_Line]) -> Iterable[str]:
    return (text for line in lines for text in line.message.splitlines())


def _short(text: str) -> str:
    return cut(redact(text), _LONGEST)


def _explained(change: Change, errors: Mapping[str, str | None], by: Mapping[str, str]) -> Change:
    run = change.before
    if change.action is not Action.HOLD or not isinstance(run, Run | PastRun):
        return change
    return replace(change, before=replace(run, error=errors.get(run.job_id), ended_by=by.get(run.job_id)))
