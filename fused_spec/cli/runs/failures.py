"""What a person, or a script, needs first when a run, or some of its tasks failed: where, why, and the last lines."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from fused_spec.cli.runs.elements import element_of
from fused_spec.errors import FusedSpecError
from fused_spec.jobs.failures import Failures, failures_among
from fused_spec.messages.named_secrets import names_of
from fused_spec.messages.redaction import Redactor
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.archive.log_end import LogEnd, end_of
from fused_spec.reconcile.site import Site
from fused_spec.spec.model import DesiredJob
from fused_spec.views.text.outcomes import Failure, Input

_SHOWN = (OutcomeStatus.FAILED, OutcomeStatus.LOST, OutcomeStatus.CANCELLED)


def failures(site: Site, outcomes: Sequence[Outcome], *, link: bool) -> dict[str, Failure]:
    """What is known of each run that failed, or lost tasks, by its id; what cannot be read leaves its part out."""
    found: dict[str, Failure] = {}
    for outcome in outcomes:
        if outcome.lossy is not None and outcome.run_id is not None:
            found[outcome.run_id] = Failure(alike=_tasks(site, outcome.change.before).alike)
        elif outcome.job_id and outcome.status in _SHOWN and outcome.change.action is not Action.CANCEL:
            end, tasks = LogEnd(), _tasks(site, outcome.change.before) if outcome.archive is not None else Failures()
            with suppress(FusedSpecError):
                end = end_of(_log(site, outcome.change, outcome.job_id))
            found[outcome.job_id] = Failure(
                step=end.step,
                input=None if end.input is None else _input(outcome.change, end.number, end.input),
                raised=end.raised,
                why=end.why,
                lines=end.lines,
                alike=tasks.alike,
                ended=tasks.ended,
                link=site.api.job_page(outcome.job_id) if link else None,
            )
    return found


def _tasks(site: Site, run: object) -> Failures:
    """How tasks of an archived run failed; none where that is not told, or cannot be read."""
    if isinstance(run, Run | PastRun):
        with suppress(FusedSpecError, OSError, ValueError, EOFError):
            return failures_among(site.archive.tasks(run.own.key, run.job_id) or (), run.part)
    return Failures()


def _log(site: Site, change: Change, job_id: str) -> Iterator[str]:
    """The messages of a log; of one that is not archived without the secrets, which have to be had for that."""
    receipt = next(iter(site.archive.find(job_id)), None)
    if receipt is not None:
        yield from (line.message for line in site.archive.read_logs(receipt))
        return
    env = change.after.payload.get("additional_env", {}) if isinstance(change.after, DesiredJob) else {}
    named = site.secrets.values(names_of(env))
    mask = Redactor((*named.values(), *site.secrets.readable()))
    yield from mask.pieces(line.message for line in site.api.get_logs(job_id))


def _input(change: Change, step: int | None, index: int) -> Input:
    """The element of the step's input, and what it is, where the run was started with what is declared now."""
    job, run = change.after, change.before
    if not isinstance(job, DesiredJob) or not isinstance(run, Run) or run.digest != job.digest or step is None:
        return Input(index=index)
    return Input(index=index, value=element_of(job.payload["config"], step, index))
