"""When a job follows what it reads: by the runs it noted, else by the clock of the service."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, PastRun, Plan, ReadRun, Requests, Run
from fused_spec.spec.model import OnUpstream, RunPolicy, When
from tests.unit.plan.things import NOW, OTHER, SAME, job, key, plan
from tests.unit.plan.things import run as run_of

ALWAYS, ONCE = RunPolicy(when=When.ALWAYS), RunPolicy(when=When.ONCE)
DAILY, REPORT = "daily", "report"
ENDED_BADLY = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)


def wrote(job_id: str = "d1", *, minutes_ago: float = 60, status: RunStatus = RunStatus.SUCCEEDED) -> Run:
    """A run of `daily`, which took a minute."""
    ended = NOW - timedelta(minutes=minutes_ago)
    run = replace(run_of(status, key=key(DAILY)), job_id=job_id, created=ended - timedelta(minutes=1))
    return replace(run, ended=None if status.in_flight else ended)


def read(
    of: str | None = "d1", *, minutes_ago: float = 50, status: RunStatus = RunStatus.SUCCEEDED, digest: str = SAME
) -> Run:
    """A run of `report`; without `of` it is one of an earlier version, which did not note what it read."""
    began = NOW - timedelta(minutes=minutes_ago)
    reads = {DAILY: ReadRun(job_id=of, digest=SAME)} if of is not None else {}
    run = replace(run_of(status, digest, key=key(REPORT)), job_id=f"r-{minutes_ago}", created=began, reads=reads)
    return replace(run, ended=None if status.in_flight else began)


def both(
    *runs: Run,
    daily: RunPolicy = RunPolicy(),
    report: RunPolicy = RunPolicy(),
    requests: Requests = Requests(),
    successes: tuple[Run, ...] = (),
) -> Plan:
    declared = job(DAILY, policy=daily), job(REPORT, policy=report, reads=(DAILY,))
    return plan(*declared, runs=runs, requests=requests, successes=successes)


def reader(made: Plan) -> Change:
    return next(change for change in made.changes if change.key.name == REPORT)


def decision(made: Plan) -> tuple[Action, str]:
    return reader(made).action, reader(made).why


UP_TO_DATE = (Action.NONE, "up to date")
WAS = (Action.START, "daily was written again")
WILL = (Action.START, "daily will be written again")


def test_a_job_that_has_read_the_newest_success_is_up_to_date() -> None:
    assert decision(both(wrote("d1"), read("d1"))) == UP_TO_DATE


def test_a_job_whose_input_was_written_again_starts_and_says_so() -> None:
    assert decision(both(wrote("d2", minutes_ago=10), read("d1"))) == WAS


@pytest.mark.parametrize(
    ("daily", "requests"),
    [
        (ALWAYS, Requests()),
        (RunPolicy(max_age=60.0), Requests()),
        (RunPolicy(), Requests(rerun=frozenset({DAILY}))),
    ],
)
def test_a_job_whose_input_is_about_to_be_written_again_is_planned_ahead(daily: RunPolicy, requests: Requests) -> None:
    assert decision(both(wrote("d1"), read("d1"), daily=daily, requests=requests)) == WILL


def test_a_job_follows_a_run_that_is_in_flight() -> None:
    assert decision(both(wrote("d2", status=RunStatus.RUNNING), read("d1"))) == WILL


def test_it_follows_through_a_chain_of_readers() -> None:
    declared = job("a", policy=ALWAYS), job("b", reads=("a",)), job("c", reads=("b",)), job("d", needs=(key("b"),))
    runs = [replace(run_of(RunStatus.SUCCEEDED, key=key(name)), job_id=f"run-{name}") for name in "abcd"]
    made = plan(*declared, runs=tuple(runs))
    assert [(change.key.name, change.why) for change in made.changes] == [
        ("a", "runs at every apply"),
        ("b", "a will be written again"),
        ("c", "b will be written again"),
        ("d", "up to date"),
    ]


def test_only_what_was_written_again_is_named() -> None:
    declared = job("a"), job("b", policy=ALWAYS), job("c"), job(REPORT, reads=("a", "b", "c"))
    runs = [replace(run_of(RunStatus.SUCCEEDED, key=key(name)), job_id=f"run-{name}") for name in "abc"]
    reads = {name: ReadRun(job_id=f"run-{name}" if name != "c" else "older", digest=SAME) for name in "abc"}
    made = plan(*declared, runs=(*runs, replace(read(minutes_ago=90), reads=reads)))
    assert reader(made).why == "b will be written again; c was written again"


# What decides where stamps and notes do not agree.


def test_a_stamp_that_moved_after_the_reader_began_starts_nothing() -> None:
    assert decision(both(wrote("d1", minutes_ago=1), read("d1", minutes_ago=50))) == UP_TO_DATE


def test_a_run_that_another_machine_remembers_starts_nothing_over_and_over() -> None:
    assert decision(both(wrote("d1", minutes_ago=60), read("known-elsewhere", minutes_ago=50))) == UP_TO_DATE


@pytest.mark.parametrize(("wrote_ago", "expected"), [(60, UP_TO_DATE), (10, WAS)])
def test_of_a_run_that_noted_nothing_the_times_decide(wrote_ago: float, expected: tuple[Action, str]) -> None:
    assert decision(both(wrote("d1", minutes_ago=wrote_ago), read(None))) == expected


def test_stamps_that_are_cut_to_seconds_start_nothing() -> None:
    ended = NOW - timedelta(minutes=50) + timedelta(milliseconds=900)
    assert decision(both(replace(wrote("d1"), ended=ended), read(None, minutes_ago=50))) == UP_TO_DATE


def test_where_stamps_are_whole_a_reader_that_began_in_the_second_of_the_end_but_before_it_starts() -> None:
    ended = NOW - timedelta(minutes=50) + timedelta(milliseconds=900)
    reader = read(None)
    began = replace(reader, created=ended - timedelta(milliseconds=100))
    assert decision(both(replace(wrote("d1"), ended=ended), began)) == WAS


def test_an_end_that_nobody_told_starts_nothing() -> None:
    assert decision(both(replace(wrote("d1"), ended=None), read(None))) == UP_TO_DATE


def test_what_only_a_receipt_remembers_counts_as_well() -> None:
    receipt = PastRun(
        job_id="r-1",
        key=key(REPORT),
        digest=SAME,
        status=RunStatus.SUCCEEDED,
        created=NOW - timedelta(minutes=50),
        ended=NOW - timedelta(minutes=49),
        reads={DAILY: ReadRun(job_id="d1", digest=SAME)},
    )
    declared = job(DAILY), job(REPORT, reads=(DAILY,))
    same = plan(*declared, runs=(wrote("d1"),), remembered=receipt)
    again = plan(*declared, runs=(wrote("d2", minutes_ago=10),), remembered=receipt)
    assert (reader(same).reason, reader(again).why) == (Reason.ARCHIVED, "daily was written again")


# What starts no reader.


@pytest.mark.parametrize("status", ENDED_BADLY)
def test_a_run_that_did_not_succeed_starts_no_reader(status: RunStatus) -> None:
    made = both(wrote("d2", minutes_ago=10, status=status), read("d1"), successes=(wrote("d1"),))
    assert decision(made) == UP_TO_DATE


def test_a_reader_that_missed_a_success_waits_for_a_job_that_is_held_now() -> None:
    failed, missed = wrote("d3", minutes_ago=5, status=RunStatus.FAILED), wrote("d2", minutes_ago=10)
    made = both(failed, read("d1"), successes=(missed,))
    assert decision(made) == (Action.WAIT, "waits for Job/daily, which is held")


def test_a_job_that_only_needs_the_other_does_not_follow_it() -> None:
    declared = job(DAILY, policy=ALWAYS), job(REPORT, needs=(key(DAILY),))
    assert decision(plan(*declared, runs=(wrote("d2", minutes_ago=1), read(None)))) == UP_TO_DATE


@pytest.mark.parametrize("daily", [ALWAYS, RunPolicy()])
def test_upstream_ignore_follows_nothing(daily: RunPolicy) -> None:
    ignoring = RunPolicy(upstream=OnUpstream.IGNORE)
    assert decision(both(wrote("d2", minutes_ago=10), read("d1"), daily=daily, report=ignoring)) == UP_TO_DATE


def test_a_job_that_runs_once_stays_as_it_is_and_says_why() -> None:
    assert decision(both(wrote("d2", minutes_ago=10), read("d1"), report=ONCE)) == (
        Action.NONE,
        "ran once; nothing that it reads runs it again",
    )


def test_a_job_that_runs_by_hand_stays_as_it_is() -> None:
    made = both(wrote("d2", minutes_ago=10), read("d1"), report=RunPolicy(when=When.MANUAL))
    assert reader(made).reason is Reason.MANUAL


@pytest.mark.parametrize("status", ENDED_BADLY)
def test_a_job_that_is_held_stays_held(status: RunStatus) -> None:
    assert reader(both(wrote("d2", minutes_ago=10), read("d1", status=status))).reason is Reason.HELD


def test_a_changed_spec_is_told_before_what_was_written_again() -> None:
    assert reader(both(wrote("d2", minutes_ago=10), read("d1", digest=OTHER))).reason is Reason.SPEC_CHANGED


# A reader in flight.


def test_a_reader_in_flight_that_reads_the_newest_success_is_waited_for() -> None:
    assert reader(both(wrote("d1"), read("d1", status=RunStatus.RUNNING))).action is Action.ATTACH


@pytest.mark.parametrize("daily", [ALWAYS, RunPolicy()])
def test_a_reader_in_flight_of_something_older_runs_once_more_after_it_ended(daily: RunPolicy) -> None:
    running = read("d1", status=RunStatus.RUNNING)
    made = both(wrote("d2", minutes_ago=10), running, daily=daily)
    assert (reader(made).action, reader(made).reason) == (Action.QUEUE, Reason.WRITTEN_AGAIN)


def test_a_reader_that_runs_once_is_only_waited_for() -> None:
    running = read("d1", status=RunStatus.RUNNING)
    assert reader(both(wrote("d2", minutes_ago=10), running, report=ONCE)).action is Action.ATTACH
