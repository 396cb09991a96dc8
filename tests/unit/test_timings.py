"""What a command took: told by those who work, on a clock that the tests turn."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from fused_spec.system.stopwatch import Route, Stopwatch, Took
from fused_spec.system.timings import UNTIMED, Cache, Lookups, Phase


class Hand:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def watch(hand: Hand) -> Stopwatch:
    return Stopwatch(hand)


def test_a_phase_takes_what_passes_in_it(hand: Hand, watch: Stopwatch) -> None:
    with watch.phase(Phase.READ):
        hand.passes(2.0)
    hand.passes(1.0)
    assert watch.took() == Took(seconds=3.0, phases={Phase.READ: 2.0})


def test_a_phase_that_comes_again_adds_up(hand: Hand, watch: Stopwatch) -> None:
    for _ in range(3):
        with watch.phase(Phase.CHECK):
            hand.passes(1.5)
    assert watch.took().phases == {Phase.CHECK: 4.5}


def test_a_phase_within_another_counts_for_itself_alone(hand: Hand, watch: Stopwatch) -> None:
    with watch.phase(Phase.PLAN):
        hand.passes(1.0)
        with watch.phase(Phase.REFRESH):
            hand.passes(4.0)
            with watch.phase(Phase.ARCHIVE):
                hand.passes(8.0)
        hand.passes(2.0)
    assert watch.took().phases == {Phase.REFRESH: 4.0, Phase.PLAN: 3.0, Phase.ARCHIVE: 8.0}


def test_a_phase_that_fails_counts(hand: Hand, watch: Stopwatch) -> None:
    with suppress(ValueError), watch.phase(Phase.READ):
        hand.passes(2.0)
        raise ValueError
    assert watch.took().phases == {Phase.READ: 2.0}


def test_phases_come_in_the_order_of_the_work(watch: Stopwatch, hand: Hand) -> None:
    for phase in (Phase.SHOW, Phase.CONNECT, Phase.READ):
        with watch.phase(phase):
            hand.passes(1.0)
    assert list(watch.took().phases) == [Phase.READ, Phase.CONNECT, Phase.SHOW]


def test_the_start_of_the_process_is_a_phase_and_counts_in_all(hand: Hand) -> None:
    watch = Stopwatch(hand, start=0.25)
    hand.passes(1.0)
    assert watch.took() == Took(seconds=1.25, phases={Phase.START: 0.25})


def test_the_phases_of_another_thread_stand_beside_those_of_the_command(hand: Hand, watch: Stopwatch) -> None:
    def keep() -> None:
        with watch.phase(Phase.ARCHIVE):
            hand.passes(2.0)

    with watch.phase(Phase.APPLY):
        for _ in range(2):
            other = Thread(target=keep)
            other.start()
            other.join()
    took = watch.took()
    assert (took.phases, took.beside) == ({Phase.APPLY: 4.0}, {Phase.ARCHIVE: 4.0})


def test_requests_are_counted_by_their_route(hand: Hand, watch: Stopwatch) -> None:
    for received in (10, 20):
        with watch.request("GET run/by-id/{}") as traffic:
            hand.passes(0.5)
            traffic.sent += 1
            traffic.received += received
    with watch.request("GET health"):
        pass
    assert watch.took().routes == {
        "GET health": Route(requests=1),
        "GET run/by-id/{}": Route(requests=2, seconds=1.0, sent=2, received=30),
    }


def test_a_request_that_fails_counts_with_what_it_moved(hand: Hand, watch: Stopwatch) -> None:
    with suppress(OSError), watch.request("GET health") as traffic:
        traffic.received += 7
        hand.passes(0.5)
        raise OSError
    assert watch.took().routes == {"GET health": Route(requests=1, failed=1, seconds=0.5, received=7)}


def test_what_a_cache_knew_adds_up(watch: Stopwatch) -> None:
    watch.looked_up(Cache.SYNTAX, hits=3)
    watch.looked_up(Cache.SYNTAX, hits=1, misses=2)
    assert watch.took().caches == {Cache.SYNTAX: Lookups(hits=4, misses=2)}


def test_a_cache_that_was_never_asked_is_not_told(watch: Stopwatch) -> None:
    assert watch.took().caches == {}


def test_threads_share_it(watch: Stopwatch) -> None:
    def work() -> None:
        for _ in range(500):
            with watch.phase(Phase.ARCHIVE), watch.request("GET health"):
                watch.looked_up(Cache.PACKS, hits=1)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = watch.took()
    assert (took.routes["GET health"].requests, took.caches[Cache.PACKS].hits) == (2000, 2000)


def test_where_nobody_asks_the_work_is_done_all_the_same() -> None:
    done: list[str] = []

    def work() -> Iterator[str]:
        with UNTIMED.phase(Phase.READ), UNTIMED.request("GET health") as traffic:
            traffic.received += 1
            yield "read"

    done.extend(work())
    UNTIMED.looked_up(Cache.SYNTAX, hits=1)
    assert done == ["read"]


def test_where_nobody_asks_phases_may_lie_within_each_other() -> None:
    with UNTIMED.phase(Phase.PLAN), UNTIMED.phase(Phase.REFRESH), UNTIMED.phase(Phase.PLAN):
        pass


def test_where_nobody_asks_what_one_request_moves_is_not_kept_for_the_next() -> None:
    with UNTIMED.request("GET health") as traffic:
        traffic.received += 1
    with UNTIMED.request("GET health") as traffic:
        assert traffic.received == 0
