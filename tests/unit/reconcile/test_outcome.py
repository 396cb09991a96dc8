"""The exit code of all outcomes together."""

import pytest

from fused_spec.errors import (
    CredentialsError,
    FusedSpecError,
    OutcomeUnknown,
    ServiceError,
    ServiceUnreachable,
    StalePlan,
)
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, exit_code
from tests.unit.plan.things import KEY, past, run


def outcome(status: OutcomeStatus, problem: FusedSpecError | None = None, action: Action = Action.START) -> Outcome:
    return Outcome(change=Change(key=KEY, action=action, reason=Reason.NEVER_RAN), status=status, problem=problem)


@pytest.mark.parametrize(
    ("status", "problem", "code"),
    [
        (OutcomeStatus.SUCCEEDED, None, 0),
        (OutcomeStatus.UNCHANGED, None, 0),
        (OutcomeStatus.RUNNING, None, 0),
        (OutcomeStatus.FAILED, None, 1),
        (OutcomeStatus.CANCELLED, None, 1),
        (OutcomeStatus.LOST, None, 1),
        (OutcomeStatus.HELD, None, 1),
        (OutcomeStatus.SKIPPED, None, 1),
        (OutcomeStatus.TIMEOUT, None, 5),
        (OutcomeStatus.SKIPPED, StalePlan("x"), 6),
        (OutcomeStatus.FAILED, ServiceUnreachable("x"), 8),
        (OutcomeStatus.FAILED, CredentialsError("x"), 8),
        (OutcomeStatus.FAILED, ServiceError("quota"), 1),
        (OutcomeStatus.UNKNOWN, OutcomeUnknown("x"), 9),
    ],
)
def test_one_outcome_has_its_code(status: OutcomeStatus, problem: FusedSpecError | None, code: int) -> None:
    assert exit_code([outcome(status, problem)]) == code


def test_a_run_cancelled_by_prune_is_as_wished() -> None:
    assert exit_code([outcome(OutcomeStatus.CANCELLED, action=Action.CANCEL)]) == 0


def test_of_several_the_worst_counts() -> None:
    outcomes = [outcome(OutcomeStatus.TIMEOUT), outcome(OutcomeStatus.FAILED), outcome(OutcomeStatus.SUCCEEDED)]
    assert exit_code(outcomes) == 1
    assert exit_code([*outcomes, outcome(OutcomeStatus.UNKNOWN)]) == 9


def test_nothing_at_all_is_0() -> None:
    assert exit_code([]) == 0


@pytest.mark.parametrize(
    ("before", "satisfied"),
    [
        (run(RunStatus.SUCCEEDED), True),
        (past(), True),
        (run(RunStatus.FAILED), False),
        (None, False),  # a manual job that never ran
    ],
)
def test_what_needs_an_unchanged_job_starts_only_when_it_once_succeeded(before: object, satisfied: bool) -> None:
    change = Change(key=KEY, action=Action.NONE, reason=Reason.UP_TO_DATE, before=before)  # type: ignore[arg-type]
    assert Outcome(change=change, status=OutcomeStatus.UNCHANGED).satisfied is satisfied
