"""The number of an attempt, and how many tries it is."""

from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Trace
from fused_spec.reconcile.starting.start import next_attempt
from tests.unit.plan.things import KEY, job, run

ASKED = Change(key=KEY, action=Action.START, reason=Reason.REQUESTED, after=job(), before=run(RunStatus.SUCCEEDED))


def test_an_attempt_follows_the_newest_run() -> None:
    assert next_attempt(ASKED) == 2


def test_an_attempt_follows_a_run_that_is_forgotten() -> None:
    assert next_attempt(replace(ASKED, trace=Trace(job_id="gone", attempt=7))) == 8
