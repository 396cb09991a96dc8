"""How many calls go on at once, after a service has refused some."""

from contextlib import ExitStack
from threading import Thread

import pytest

from fused_spec.api.http.pace import Pace
from tests.waiting import PATIENCE


class Time:
    """A clock that moves only while somebody sleeps."""

    now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def refuse(pace: Pace, calls: int, seconds: float) -> None:
    """So many calls side by side, all of which are refused."""
    with ExitStack() as stack:
        for turn in [stack.enter_context(pace.turn()) for _ in range(calls)]:
            turn.refused_for = seconds


def test_a_call_after_a_refusal_waits_as_long_as_the_service_asks(time: Time) -> None:
    pace = Pace(4, time.clock, time.sleep)
    refuse(pace, 1, 7.0)
    with pace.turn():
        assert time.now == 7.0


def test_refusals_of_one_rush_count_once(time: Time) -> None:
    pace = Pace(16, time.clock, time.sleep)
    refuse(pace, 16, 1.0)
    assert pace.allowed == 8


def test_each_further_refusal_halves_what_goes_on(time: Time) -> None:
    pace = Pace(16, time.clock, time.sleep)
    refuse(pace, 16, 1.0)
    refuse(pace, 8, 1.0)
    assert pace.allowed == 4


def test_one_call_is_always_let_through(time: Time) -> None:
    pace = Pace(2, time.clock, time.sleep)
    for _ in range(10):
        refuse(pace, 1, 0.0)
    assert pace.allowed == 1


def test_what_goes_well_lets_more_go_on_again(time: Time) -> None:
    pace = Pace(4, time.clock, time.sleep)
    refuse(pace, 4, 0.0)
    for _ in range(12):
        with pace.turn():
            pass
    assert pace.allowed == 4


def test_who_has_no_turn_gets_one_when_another_is_over(time: Time) -> None:
    pace = Pace(1, time.clock, time.sleep)
    went: list[str] = []

    def wait() -> None:
        with pace.turn():
            went.append("second")

    second = Thread(target=wait, daemon=True)
    with pace.turn():
        second.start()
        went.append("first")
    second.join(PATIENCE)
    assert went == ["first", "second"]
