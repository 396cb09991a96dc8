"""A look at the history serves all starts of a moment, and none that began after it may."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fused_spec.errors import ServiceError
from fused_spec.reconcile.looks import Looks
from fused_spec.reconcile.site import Site, Timing, World
from tests.waiting import PATIENCE


class Service:
    """An empty history, asked for at moments of a clock that stands; answers may be held back, or fail."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked: list[float] = []
        self.fails = 0
        self.reached = Event()
        self.goes_on = Event()
        self.goes_on.set()

    def get_jobs(self, n: int, *, skip: int, per_request: int) -> list[Any]:
        self.asked.append(self.now)
        fails, self.fails = self.fails, max(0, self.fails - 1)
        self.reached.set()
        assert self.goes_on.wait(PATIENCE)
        if fails:
            raise ServiceError("no answer")
        return []


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def site(service: Service) -> Site:
    markers = SimpleNamespace(read=lambda jobs: [None for _ in jobs])
    world = World(clock=lambda: service.now, wait=lambda futures, _: _over(futures))
    unused: dict[str, Any] = dict.fromkeys(("archive", "journal", "spools"), None)
    return Site(
        api=cast(Any, service),
        markers=cast(Any, markers),
        scope="s",
        seen=frozenset(),
        timing=Timing(),
        world=world,
        **unused,
    )


def _over(futures: Any) -> None:
    for future in futures:
        future.exception(PATIENCE)


def test_starts_of_one_moment_share_a_look(service: Service, site: Site) -> None:
    looks = Looks()
    first = looks.since(100.0, site)
    service.now = 100.2
    assert looks.since(99.95, site) is first
    assert service.asked == [100.0]


def test_a_look_that_began_before_the_moment_is_not_believed(service: Service, site: Site) -> None:
    looks = Looks()
    looks.since(100.0, site)
    service.now = 100.3
    assert looks.since(100.05, site).began == 100.3


def test_a_look_under_way_that_began_before_the_moment_is_not_believed(service: Service, site: Site) -> None:
    looks = Looks()
    service.goes_on.clear()
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(looks.since, 100.0, site)
        assert service.reached.wait(PATIENCE)
        service.now = 101.0
        late = pool.submit(looks.since, 100.75, site)
        service.goes_on.set()
        assert (early.result(PATIENCE).began, late.result(PATIENCE).began) == (100.0, 101.0)


def test_a_look_counts_from_when_it_began(service: Service, site: Site) -> None:
    looks = Looks()
    cast(Any, site.markers).read = lambda jobs: setattr(service, "now", service.now + 5.0) or []
    assert looks.since(100.0, site).began == 100.0


def test_many_at_once_take_one_look(service: Service, site: Site) -> None:
    looks, together = Looks(), Barrier(8)

    def start() -> float:
        together.wait(PATIENCE)
        return looks.since(99.75, site).began

    with ThreadPoolExecutor(8) as pool:
        begun: list[Future[float]] = [pool.submit(start) for _ in range(8)]
    assert ([one.result() for one in begun], service.asked) == ([100.0] * 8, [100.0])


def test_who_waited_for_a_look_that_failed_looks_itself(service: Service, site: Site) -> None:
    looks = Looks()
    service.fails = 1
    service.goes_on.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(looks.since, 100.0, site)
        assert service.reached.wait(PATIENCE)
        second = pool.submit(looks.since, 100.0, site)
        service.goes_on.set()
        with suppress(ServiceError):
            first.result(PATIENCE)
        assert second.result(PATIENCE).began == 100.0
    assert isinstance(first.exception(), ServiceError)
    assert len(service.asked) == 2
