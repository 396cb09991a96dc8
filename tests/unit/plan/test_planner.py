"""The planner's rule, row by row as the README shows it, and what stands around it.

Its rows about what a job reads are in `test_lineage.py`, that about what it waits for in `test_waiting.py`.
"""

import pytest
from msgspec.structs import replace

from fused_spec.errors import FusedSpecError, Misconfigured
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import FieldChange, History, RemoteObject, Requests
from fused_spec.plan.planner import make_plan
from fused_spec.spec.files.meant import not_a_spec
from fused_spec.spec.model import (
    DesiredUdf,
    Key,
    Kind,
    OnChangeWhileRunning,
    OnFailure,
    Resolution,
    RunPolicy,
    When,
)
from tests.unit.plan.things import KEY, NOW, OTHER, SAME, job, only, past, plan, project, run

ENDED_BADLY = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)
IN_FLIGHT = (RunStatus.QUEUED, RunStatus.RUNNING)
WAIT = RunPolicy(on_change_while_running=OnChangeWhileRunning.WAIT)
HOLD, RETRY = RunPolicy(), RunPolicy(on_failure=OnFailure.RETRY, retries=2)
DAY = RunPolicy(max_age=86400.0)


def when(policy: When) -> RunPolicy:
    return RunPolicy(when=policy)


TABLE = [
    # newest status, digest, policy → action, reason
    *((None, SAME, when(each), Action.START, Reason.NEVER_RAN) for each in (When.ON_CHANGE, When.ONCE, When.ALWAYS)),
    *((status, SAME, RunPolicy(), Action.ATTACH, Reason.IN_FLIGHT) for status in IN_FLIGHT),
    *((RunStatus.RUNNING, SAME, when(each), Action.ATTACH, Reason.IN_FLIGHT) for each in (When.ONCE, When.ALWAYS)),
    *((status, OTHER, RunPolicy(), Action.REPLACE, Reason.SPEC_CHANGED) for status in IN_FLIGHT),
    *((status, OTHER, WAIT, Action.QUEUE, Reason.SPEC_CHANGED) for status in IN_FLIGHT),
    *((RunStatus.SUCCEEDED, SAME, when(each), Action.NONE, Reason.UP_TO_DATE) for each in (When.ON_CHANGE, When.ONCE)),
    (RunStatus.SUCCEEDED, SAME, when(When.ALWAYS), Action.START, Reason.ALWAYS),
    (RunStatus.SUCCEEDED, SAME, DAY, Action.NONE, Reason.UP_TO_DATE),
    *(
        (RunStatus.SUCCEEDED, OTHER, when(each), Action.START, Reason.SPEC_CHANGED)
        for each in (When.ON_CHANGE, When.ALWAYS)
    ),
    (RunStatus.SUCCEEDED, OTHER, when(When.ONCE), Action.NONE, Reason.RAN_ONCE),
    *((status, SAME, HOLD, Action.HOLD, Reason.HELD) for status in ENDED_BADLY),
    *((status, SAME, RETRY, Action.START, Reason.RETRY) for status in ENDED_BADLY),
    *((status, OTHER, HOLD, Action.START, Reason.SPEC_CHANGED) for status in ENDED_BADLY),
    *((status, SAME, when(When.MANUAL), Action.NONE, Reason.MANUAL) for status in (None, *RunStatus)),
    *((status, OTHER, when(When.MANUAL), Action.NONE, Reason.MANUAL) for status in RunStatus),
]


@pytest.mark.parametrize(("status", "digest", "policy", "action", "reason"), TABLE)
def test_a_row_of_the_table(
    status: RunStatus | None, digest: str, policy: RunPolicy, action: Action, reason: Reason
) -> None:
    runs = () if status is None else (run(status, digest),)
    change = only(plan(job(policy=policy), runs=runs))
    assert (change.action, change.reason) == (action, reason)


@pytest.mark.parametrize("policy", [When.ON_CHANGE, When.ONCE])
def test_a_success_that_only_the_archive_knows_is_enough(policy: When) -> None:
    change = only(plan(job(policy=when(policy)), remembered=past()))
    assert (change.action, change.reason) == (Action.NONE, Reason.ARCHIVED)


def test_a_success_older_than_max_age_runs_again() -> None:
    change = only(plan(job(policy=DAY), runs=(run(RunStatus.SUCCEEDED, hours_ago=25),)))
    assert (change.action, change.reason) == (Action.START, Reason.TOO_OLD)


def test_a_newer_receipt_counts_more_than_an_older_run() -> None:
    runs = (run(RunStatus.FAILED, hours_ago=5),)
    assert only(plan(job(), runs=runs, remembered=past(hours_ago=1))).reason is Reason.ARCHIVED


def test_retries_end_when_they_are_used_up() -> None:
    third = only(plan(job(policy=RETRY), runs=(run(RunStatus.FAILED, tries=3),)))
    assert third.action is Action.HOLD


def test_a_run_that_was_cancelled_for_another_one_is_no_failure() -> None:
    replaced = replace(run(RunStatus.CANCELLED), replaced=True)
    change = only(plan(job(), runs=(replaced,)))
    assert (change.action, change.reason) == (Action.START, Reason.REPLACED)


def test_a_run_that_failed_before_it_could_be_replaced_is_a_failure() -> None:
    failed = replace(run(RunStatus.FAILED), replaced=True)
    assert only(plan(job(), runs=(failed,))).action is Action.HOLD


def test_a_retry_says_which_it_is() -> None:
    assert only(plan(job(policy=RETRY), runs=(run(RunStatus.FAILED, tries=2),))).why == "retry: 2 of 2"


@pytest.mark.parametrize("requests", [Requests(retry_all=True), Requests(retry=frozenset({"areas"}))])
def test_a_held_job_starts_when_retry_is_asked_for(requests: Requests) -> None:
    assert only(plan(job(), runs=(run(RunStatus.FAILED),), requests=requests)).action is Action.START


def test_a_retry_of_all_is_not_told_as_asked_for_by_name() -> None:
    made = plan(job(), runs=(run(RunStatus.FAILED),), requests=Requests(retry_all=True))
    assert only(made).why == "asked for by --retry"


@pytest.mark.parametrize("status", [RunStatus.SUCCEEDED, *ENDED_BADLY])
@pytest.mark.parametrize("policy", list(When))
def test_rerun_starts_whatever_the_policy(status: RunStatus, policy: When) -> None:
    requests = Requests(rerun=frozenset({"areas"}))
    change = only(plan(job(policy=when(policy)), runs=(run(status),), requests=requests))
    assert (change.action, change.reason) == (Action.START, Reason.REQUESTED)


def test_rerun_waits_for_what_is_in_flight_and_protected() -> None:
    requests = Requests(rerun=frozenset({"areas"}))
    guarded = replace(run(RunStatus.RUNNING), protect=True)
    assert only(plan(job(), runs=(guarded,), requests=requests)).action is Action.QUEUE


def test_rerun_replaces_what_is_in_flight() -> None:
    requests = Requests(rerun=frozenset({"areas"}))
    assert only(plan(job(), runs=(run(RunStatus.RUNNING),), requests=requests)).action is Action.REPLACE


@pytest.mark.parametrize("requests", [Requests(rerun=frozenset({"aeras"})), Requests(retry=frozenset({"aeras"}))])
def test_a_request_for_an_unknown_name_names_the_likely_one(requests: Requests) -> None:
    with pytest.raises(FusedSpecError) as caught:
        plan(job(), requests=requests)
    assert caught.value.hint == 'did you mean "areas"?'


def test_a_run_of_no_spec_goes_on_with_a_warning() -> None:
    made = plan(runs=(run(RunStatus.RUNNING),))
    assert made.changes == ()
    assert "--prune cancels it" in made.warnings[0]


def test_prune_cancels_a_run_of_no_spec() -> None:
    key = Key(kind=Kind.JOB, name="gone")
    made = plan(job(), runs=(run(RunStatus.RUNNING, key=key),), requests=Requests(prune=True))
    assert [(change.key.name, change.action) for change in made.changes] == [
        ("areas", Action.START),
        ("gone", Action.CANCEL),
    ]


def test_prune_leaves_finished_runs_of_no_spec() -> None:
    key = Key(kind=Kind.JOB, name="gone")
    made = plan(job(), runs=(run(RunStatus.SUCCEEDED, key=key),), requests=Requests(prune=True))
    assert [change.key for change in made.changes] == [KEY]


def test_without_a_project_file_nobody_is_told_to_prune() -> None:
    other = Key(kind=Kind.JOB, name="gone")
    made = plan(job(), runs=(run(RunStatus.RUNNING, key=other),), scope="default")
    [warning] = made.warnings
    assert warning.startswith("Job/gone is in none of these specs") and "needs a project file" in warning


def test_prune_is_refused_without_a_project_file() -> None:
    with pytest.raises(FusedSpecError, match="refused without a project file"):
        plan(job(), requests=Requests(prune=True), scope="default")


def test_prune_is_refused_while_a_file_cannot_be_read() -> None:
    place = Location(path="specs/b.yaml", line=3)
    note = not_a_spec(place, "it cannot be read as YAML", "a bracket is never closed")
    resolution = Resolution(project=project(), desired=(job(),), diagnostics=(note,))
    make_plan(resolution, History(read_at=NOW), target="local", now=NOW)
    with pytest.raises(Misconfigured, match=r"what stands in specs/b\.yaml cannot be read") as refused:
        make_plan(resolution, History(read_at=NOW), target="local", requests=Requests(prune=True), now=NOW)
    assert "exclude" in (refused.value.hint or "")


def test_prune_is_refused_when_nothing_is_declared() -> None:
    with pytest.raises(FusedSpecError, match="declare nothing"):
        plan(requests=Requests(prune=True))


def test_a_once_job_that_changed_warns() -> None:
    made = plan(job(policy=when(When.ONCE)), runs=(run(RunStatus.SUCCEEDED, OTHER),))
    assert made.warnings == ("Job/areas: ran once; a changed spec does not run it again",)


def test_the_reason_names_the_file_that_changed() -> None:
    changed = replace(
        run(RunStatus.SUCCEEDED, OTHER),
        differences=(FieldChange(path="config.steps.0.udf.code", before="a", after="b"),),
    )
    assert only(plan(job(), runs=(changed,))).why == "spec changed: udfs/area.py"


def test_a_need_comes_before_what_needs_it() -> None:
    first, second = job("a", needs=(Key(kind=Kind.JOB, name="b"),)), job("b")
    assert [change.key.name for change in plan(first, second).changes] == ["b", "a"]


UDF_KEY = Key(kind=Kind.UDF, name="tiles")
UDF = DesiredUdf(key=UDF_KEY, payload={}, digest=SAME, origin=Location(path="specs/a.yaml"))
TOKEN_KEY = Key(kind=Kind.TOKEN, name="tiles")
DIFFERENCE = FieldChange(path="enabled", before=False, after=True)


def test_an_object_that_is_not_there_is_created() -> None:
    assert only(plan(UDF)).action is Action.CREATE


def test_an_object_that_is_as_declared_is_left() -> None:
    existing = RemoteObject(key=UDF_KEY, reference="id")
    assert only(plan(UDF, objects=(existing,))).action is Action.NONE


def test_an_object_that_differs_is_updated_and_the_fields_named() -> None:
    existing = RemoteObject(key=UDF_KEY, reference="id", differences=(DIFFERENCE,))
    change = only(plan(UDF, objects=(existing,)))
    assert (change.action, change.why) == (Action.UPDATE, "fields changed: enabled")


def test_a_token_of_no_spec_is_disabled_only_with_prune() -> None:
    existing = RemoteObject(key=TOKEN_KEY, reference="fsh_example_value")
    kept = plan(job(), objects=(existing,))
    assert [change.key for change in kept.changes] == [KEY]
    pruned = plan(job(), objects=(existing,), requests=Requests(prune=True))
    assert pruned.changes[-1].action is Action.DISABLE


def test_a_plan_of_what_is_up_to_date_changes_nothing() -> None:
    assert not plan(job(), runs=(run(RunStatus.SUCCEEDED),)).has_changes


def test_no_representation_of_a_plan_holds_a_token() -> None:
    existing = RemoteObject(key=TOKEN_KEY, reference="fsh_example_value")
    assert "fsh_example_value" not in repr(plan(job(), objects=(existing,), requests=Requests(prune=True)))


def test_a_protected_token_of_no_spec_is_not_disabled() -> None:
    existing = RemoteObject(key=TOKEN_KEY, reference="fsh_example_value", protect=True)
    made = plan(job(), objects=(existing,), requests=Requests(prune=True))
    assert [change.key for change in made.changes] == [KEY]
    assert "it is protected" in made.warnings[0]


def test_a_protected_run_is_not_replaced_but_waited_for() -> None:
    running = replace(run(RunStatus.RUNNING, OTHER), protect=True)
    assert only(plan(job(), runs=(running,))).action is Action.QUEUE


def test_every_extra_run_is_ended_however_many_there_are() -> None:
    extra = tuple(replace(run(RunStatus.RUNNING), job_id=str(number)) for number in range(50))
    history = History(read_at=NOW, extra=extra)
    made = make_plan(Resolution(project=project(), desired=(job(),)), history, target="local", now=NOW)
    assert [change.action for change in made.changes].count(Action.CANCEL) == 50
