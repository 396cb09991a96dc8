"""The end of an apply, in words."""

import pytest
from msgspec.structs import replace

from fused_spec.errors import ArchiveError, OutcomeUnknown
from fused_spec.jobs.failures import Alike
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.actions import Action, Reason
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, exit_code
from fused_spec.spec.model import OnFailedTasks, RunPolicy
from fused_spec.views.text.outcomes import Failure, outcomes_text
from tests.unit.views.things import change


def outcome(name: str, status: OutcomeStatus, **fields: str | None) -> Outcome:
    return Outcome(change=change(name), status=status, **fields)  # type: ignore[arg-type]


def test_the_last_line_counts_every_status() -> None:
    outcomes = [outcome("a", OutcomeStatus.SUCCEEDED), outcome("b", OutcomeStatus.FAILED, job_id="1")]
    assert outcomes_text(outcomes).splitlines()[-1] == "Apply: 1 succeeded, 1 failed."


def test_what_failed_comes_first_with_its_last_lines_and_the_next_step() -> None:
    failed = Outcome(change=change("a"), status=OutcomeStatus.FAILED, job_id="7e57", seconds=83.2)
    known = Failure(step="step 2 of 2: udf", lines=["ERROR: no such tile"], link="https://fused.example/7e57")
    text = outcomes_text(
        [outcome("b", OutcomeStatus.SUCCEEDED), failed], failed={"7e57": known}, again="fused-spec apply specs/"
    )
    assert text.splitlines()[:5] == [
        "Job/a failed in step 2 of 2: udf after 1m 23s",
        "  | ERROR: no such tile",
        "  page: https://fused.example/7e57",
        "  next: fused-spec logs a",
        "  next: mend it and apply again, or as it is: fused-spec apply specs/ --retry a",
    ]


def test_a_start_that_is_open_names_the_command_that_settles_it() -> None:
    problem = OutcomeUnknown("nobody knows", hint="run the same apply again")
    unknown = Outcome(change=change("a"), status=OutcomeStatus.UNKNOWN, problem=problem)
    text = outcomes_text([unknown], again="fused-spec apply specs/ --target lab")
    assert "  next: fused-spec apply specs/ --target lab" in text.splitlines()


def test_a_held_job_names_the_commands_that_end_the_holding() -> None:
    held = Outcome(change=change("a", action=Action.HOLD, reason=Reason.FORGOTTEN), status=OutcomeStatus.HELD)
    lines = outcomes_text([held]).splitlines()
    assert lines[1:3] == [
        "  next: fused-spec apply specs/ --adopt a",
        "  next: fused-spec apply specs/ --rerun a",
    ]


def test_a_run_that_was_to_be_cancelled_is_no_failure() -> None:
    pruned = Outcome(change=change("a", action=Action.CANCEL), status=OutcomeStatus.CANCELLED, job_id="7e57")
    assert outcomes_text([pruned]).splitlines() == ["Job/a  cancelled  7e57", "Apply: 1 cancelled."]


def test_what_did_nothing_says_why() -> None:
    still = Outcome(change=change("a", action=Action.NONE, reason=Reason.UP_TO_DATE), status=OutcomeStatus.UNCHANGED)
    assert "Job/a  unchanged  up to date" in outcomes_text([still])


def test_what_was_skipped_says_for_what() -> None:
    assert "needs Job/b, which is failed" in outcomes_text(
        [outcome("a", OutcomeStatus.SKIPPED, error="needs Job/b, which is failed")]
    )


def test_what_had_no_turn_in_time_says_so_and_a_run_that_goes_on_is_named() -> None:
    waited = outcome("a", OutcomeStatus.TIMEOUT, error="not started: the apply's time was up")
    runs = outcome("b", OutcomeStatus.TIMEOUT, error="still running", job_id="7e57")
    assert outcomes_text([waited, runs]).splitlines()[:2] == [
        "Job/a  timeout    not started: the apply's time was up",
        "Job/b  timeout    7e57",
    ]


def test_a_log_cannot_steer_the_terminal_or_show_a_secret() -> None:
    secret = "fsh_" + "AbCdEfGh12345678"
    failed = outcome("a", OutcomeStatus.FAILED, job_id="7e57")
    text = outcomes_text([failed], failed={"7e57": Failure(lines=[f"\x1b[2J{secret}"])})
    assert "\x1b" not in text
    assert secret not in text


def test_nothing_declared_is_said() -> None:
    assert outcomes_text([]) == "Apply: nothing is declared."


@pytest.mark.parametrize(
    "status", [OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED, OutcomeStatus.FAILED, OutcomeStatus.HELD]
)
def test_what_is_not_archived_says_why(status: OutcomeStatus) -> None:
    problem = ArchiveError("the archive s3://b cannot be written: cut", hint="look at the network")
    outcome = Outcome(
        change=change(),
        status=status,
        job_id="7e57ab1e",
        error="held" if status is OutcomeStatus.HELD else f"not archived: {problem}",
        unarchived=problem,
    )
    shown = outcomes_text([outcome])
    assert "the archive s3://b cannot be written: cut" in shown
    assert shown.count("s3://b") == 1


LOST = TaskCounts(total=20, succeeded=18, failed=2)
ALIKE = Alike(error="KeyError: 'geom'", where="udfs/area.py:10", count=2, inputs=(3, 7))


def lossy(name: str, job_id: str) -> Outcome:
    return Outcome(change=change(name), status=OutcomeStatus.SUCCEEDED, job_id=job_id, tasks=LOST)


def test_a_success_with_failed_tasks_says_so_first_in_its_line_and_in_the_summary() -> None:
    lines = outcomes_text([lossy("a", "7e57")], failed={"7e57": Failure(alike=[ALIKE])}).splitlines()
    assert lines == [
        "Job/a succeeded, 2 of 20 failed",
        "  inputs 3 and 7: KeyError: 'geom', at udfs/area.py:10",
        "  next: fused-spec show a",
        "",
        "Job/a  succeeded, 2 of 20 failed  7e57",
        "Apply: 1 succeeded (1 with failed tasks).",
    ]


def test_jobs_that_failed_alike_are_told_once() -> None:
    names = ("a", "b", "c")
    outcomes = [outcome(name, OutcomeStatus.FAILED, job_id=name) for name in names]
    known = {
        name: Failure(
            why=f"KeyError: '{name}'", alike=[Alike(error=f"KeyError: '{name}'", where="u.py:1", count=1, inputs=(0,))]
        )
        for name in names
    }
    lines = outcomes_text(outcomes, failed=known).splitlines()
    assert lines[:5] == [
        "Job/a failed",
        "  likewise: Job/b; Job/c",
        "  input 0: KeyError: 'a', at u.py:1",
        "  next: fused-spec logs a",
        "  next: mend it and apply again, or as it is: fused-spec apply specs/ --retry a --retry b --retry c",
    ]


def test_jobs_that_failed_at_two_places_are_told_each() -> None:
    outcomes = [outcome(name, OutcomeStatus.FAILED, job_id=name) for name in ("a", "b")]
    known = {
        name: Failure(why="KeyError", alike=[Alike(error="KeyError", where=f"{name}.py:1", count=1, inputs=(0,))])
        for name in ("a", "b")
    }
    assert "likewise" not in outcomes_text(outcomes, failed=known)


def strict(status: OutcomeStatus) -> Outcome:
    made = change("a")
    job = replace(made.after, run=RunPolicy(failed_tasks=OnFailedTasks.FAIL))  # type: ignore[type-var]
    return Outcome(
        change=replace(made, after=job, before=replace(made.before, tasks=LOST)),  # type: ignore[type-var]
        status=status,
        tasks=LOST if status is OutcomeStatus.SUCCEEDED else None,
    )


@pytest.mark.parametrize("status", [OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED])
def test_failed_tasks_fail_the_apply_of_a_job_that_says_so(status: OutcomeStatus) -> None:
    assert exit_code([strict(status)]) == 1


def test_failed_tasks_are_a_warning_else() -> None:
    assert exit_code([lossy("a", "7e57")]) == 0


def test_what_was_left_as_it_was_says_why_the_apply_fails() -> None:
    lines = outcomes_text([strict(OutcomeStatus.UNCHANGED)]).splitlines()
    assert lines[:2] == ["Job/a unchanged", "  its newest run succeeded, 2 of 20 failed"]
