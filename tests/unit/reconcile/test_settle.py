"""Which run of an attempt counts: the same for every observer, whatever it sees besides."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import Run
from fused_spec.reconcile.marking.settle import settled
from fused_spec.spec.model import Key, Kind

START = datetime(2031, 5, 8, tzinfo=UTC)


@st.composite
def run(draw: st.DrawFn) -> Run:
    return Run(
        job_id=draw(st.sampled_from("abcdefgh")),
        key=Key(kind=Kind.JOB, name=draw(st.sampled_from(["areas", "roads"]))),
        digest=draw(st.sampled_from(["d1:1", "d1:2"])),
        status=draw(st.sampled_from(list(RunStatus))),
        created=START + timedelta(seconds=draw(st.integers(0, 5))),
        attempt=draw(st.integers(1, 2)),
        nonce=draw(st.sampled_from(["x", "y"])),
    )


runs = st.lists(run(), unique_by=lambda one: one.job_id, max_size=8)


def ids(found: list[Run]) -> set[str]:
    return {one.job_id for one in found}


@given(runs, st.data())
def test_what_counts_is_cancelled_by_no_observer_that_sees_less(every: list[Run], data: st.DataObject) -> None:
    part = [one for one in every if data.draw(st.booleans())]
    winners, _ = settled(every)
    _, cancelled_by_a_part = settled(part)
    assert not ids(winners) & ids(cancelled_by_a_part)


@given(runs)
def test_each_attempt_keeps_exactly_one(every: list[Run]) -> None:
    winners, losers = settled(every)
    attempts = {(one.key, one.digest, one.attempt) for one in every}
    assert len(winners) == len(attempts)
    assert not ids(winners) & ids(losers)


@given(runs, st.randoms())
def test_the_order_in_which_runs_are_seen_does_not_matter(every: list[Run], rng: Random) -> None:
    shuffled = list(every)
    rng.shuffle(shuffled)
    assert [ids(part) for part in settled(every)] == [ids(part) for part in settled(shuffled)]
