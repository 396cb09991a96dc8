"""Reading a history again only down to where it is known: how much is asked for, and what is found all the same."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from fused_spec.api.errors import ApiError
from fused_spec.api.reading import FusedReader
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.memory import Memory
from fused_spec.reconcile.history.search import Found, Runs, Since, Wish, find_runs
from fused_spec.reconcile.marking.marker import FIELD, Marker
from fused_spec.spec.model import Key, Kind
from fused_spec.system.stopwatch import Stopwatch
from fused_spec.system.timings import Cache, Lookups
from fused_spec.wire import JobResponse

NOW = datetime(2031, 5, 1, tzinfo=UTC)
LATE = 180.0
AREAS, ROADS = Key(kind=Kind.JOB, name="areas"), Key(kind=Kind.JOB, name="roads")


@dataclass
class Service:
    """A history, newest first, that counts what is asked of it."""

    lines: list[JobResponse]
    marked: dict[str, Marker] = field(default_factory=dict)
    most: int = 1000
    refuses_more_than: int = 10**9
    server_time: datetime = NOW
    pages: list[int] = field(default_factory=list)
    configs: list[str] = field(default_factory=list)

    def get_jobs(self, n: int, *, skip: int, per_request: int) -> Sequence[JobResponse]:
        if n > self.refuses_more_than:
            answer = requests.Response()
            answer.status_code = 422
            raise ApiError("too many", call="GET job/self", response=answer)
        self.pages.append(skip)
        return self.lines[skip : skip + min(n, self.most)]

    def get_job_metadata(self, job_id: str) -> dict[str, Any]:
        self.configs.append(job_id)
        return {FIELD: self.marked[job_id].to_metadata()} if job_id in self.marked else {}

    def ran(self, name: str, age: timedelta, *, of: Key | None = None, status: str = "Done", place: int = 0) -> None:
        """A run that was created so long ago; it is of the project where it is of one of its jobs."""
        self.lines.insert(place, line(name, age, status))
        if of is not None:
            self.marked[name] = Marker(scope="s", key=of, digest="d1:0", attempt=1, nonce=name)

    def later(self, passed: timedelta) -> None:
        """Let time pass, and count anew."""
        self.server_time += passed
        self.pages.clear()
        self.configs.clear()


def line(name: str, age: timedelta, status: str = "Done") -> JobResponse:
    return JobResponse.model_construct(id=name, creation_date=NOW - age, job_status=status)


def others(count: int, *, first_age: timedelta = timedelta(days=1)) -> list[JobResponse]:
    return [line(f"other-{number}", first_age + timedelta(seconds=number)) for number in range(count)]


@dataclass
class Reader:
    """Whoever plans again and again, and remembers."""

    service: Service
    memory: Memory = field(default_factory=lambda: Memory(late=LATE))

    def find(self, *wanted: Key, archived: Collection[str] = ()) -> list[str]:
        return [run.line.id for run in self.search(lambda: Runs(wanted, NOW), archived).runs]

    def search(self, wish: Any, archived: Collection[str] = ()) -> Found:
        api = cast(FusedReader, self.service)
        return find_runs(api, Markers(api, None, memory=self.memory), wish, scope="s", archived=archived)


def test_beside_very_many_of_others_a_second_reading_asks_for_one_page() -> None:
    service = Service(others(20_000))
    service.ran("a", timedelta(hours=2), of=AREAS)
    reader = Reader(service)
    assert reader.find(AREAS) == ["a"]
    assert len(service.pages) < 20_000 / 990 + 32
    service.later(timedelta(minutes=10))
    assert reader.find(AREAS) == ["a"]
    assert (service.pages, service.configs) == ([0], [])


def test_a_second_reading_ends_at_the_line_that_the_first_looked_at_last() -> None:
    service = Service(others(6_000, first_age=timedelta(minutes=5)))
    service.ran("a", timedelta(minutes=10), of=AREAS, place=300)  # its twins are within an hour, to the second
    reader = Reader(service)
    assert reader.find(AREAS) == ["a"]
    service.later(timedelta(seconds=5))
    assert reader.find(AREAS) == ["a"]
    assert service.pages == [0]
    assert not service.configs


def test_it_is_told_whether_the_history_was_known() -> None:
    service, memory, told = Service(others(100)), Memory(late=LATE), []
    api = cast(FusedReader, service)
    for _ in range(2):
        watch = Stopwatch(lambda: 0.0)
        find_runs(api, Markers(api, None, memory=memory, timings=watch), lambda: Runs([AREAS], NOW), scope="s")
        told.append(watch.took().caches[Cache.HISTORY])
        service.later(timedelta(minutes=10))
    assert told == [Lookups(hits=0, misses=1), Lookups(hits=1, misses=0)]


def test_an_end_that_was_just_told_is_read_again() -> None:
    service = Service([])
    service.ran("a", timedelta(hours=2), of=AREAS)
    reader = Reader(service)
    service.lines[0].job_status_date = NOW - timedelta(minutes=1)
    assert reader.search(lambda: Runs([AREAS], NOW)).runs[0].line.job_status == "Done"
    # Its work was done, its record not closed yet, and then it was cancelled.
    service.lines[0] = line("a", timedelta(hours=2), "Canceled")
    service.later(timedelta(minutes=10))
    assert reader.search(lambda: Runs([AREAS], NOW)).runs[0].line.job_status == "Canceled"


def test_what_was_never_found_is_not_looked_for_again() -> None:
    service = Service(others(3000))
    reader = Reader(service)
    assert reader.find(AREAS) == []
    assert len(service.configs) == 3000
    service.later(timedelta(minutes=10))
    service.ran("new", -timedelta(minutes=5))
    assert reader.find(AREAS) == []
    assert (service.pages, service.configs) == ([0], ["new"])


def test_a_job_that_nobody_looked_for_before_is_looked_for_below() -> None:
    service = Service(others(3000))
    service.ran("old", timedelta(days=2), of=ROADS, place=3000)
    service.ran("a", timedelta(hours=2), of=AREAS)
    reader = Reader(service)
    assert reader.find(AREAS) == ["a"]
    assert "old" not in service.configs
    assert "old" in reader.find(AREAS, ROADS)


def test_of_a_job_that_was_not_looked_for_no_older_run_hides_a_newer_one() -> None:
    service = Service(others(500))
    service.ran("old", timedelta(hours=9), of=ROADS)
    service.ran("new", timedelta(hours=3), of=ROADS)
    for number in range(60):
        service.ran(f"foreign-{number}", timedelta(hours=2, minutes=-number))
    service.ran("a", timedelta(minutes=30), of=AREAS)
    reader = Reader(service)
    reader.find(AREAS)
    service.later(timedelta(hours=1))
    assert reader.find(AREAS, ROADS)[:2] == ["a", "new"]


@pytest.mark.parametrize("looked_for_before", [Since(NOW - timedelta(hours=2)), Since(None), Runs([AREAS], NOW)])
def test_what_was_looked_for_before_hides_no_run_from_who_would_have_found_it_without_a_memory(
    looked_for_before: Wish,
) -> None:
    service = Service(others(300))
    service.ran("goes on", timedelta(hours=20), of=ROADS, status="In Progress")
    service.ran("over", timedelta(hours=9), of=ROADS)
    service.ran("twin", timedelta(hours=2, minutes=30), of=AREAS)
    for number in range(20):
        service.ran(f"foreign-{number}", timedelta(hours=1, minutes=58))
    service.ran("a", timedelta(hours=1, minutes=55), of=AREAS)
    reader = Reader(service)
    reader.search(lambda: looked_for_before)
    service.later(timedelta(minutes=10))
    assert {"a", "twin", "goes on"} <= set(reader.find(AREAS))


def test_whoever_looked_far_enough_before_need_not_look_again() -> None:
    service = Service(others(3000))
    service.ran("a", timedelta(minutes=30), of=AREAS)
    reader = Reader(service)
    reader.find(AREAS)
    service.later(timedelta(minutes=10))
    reader.search(lambda: Since(NOW - timedelta(hours=1)))
    reader.find(AREAS)
    assert service.pages == [0, 0]


@pytest.mark.parametrize(("late", "found"), [(LATE, ["a"]), (0.0, [])])
def test_a_run_that_comes_to_be_listed_late_is_found_where_time_is_left_for_that(late: float, found: list[str]) -> None:
    service = Service(others(300, first_age=timedelta(seconds=10)))
    reader = Reader(service, Memory(late=late))
    assert reader.find(AREAS) == []
    service.later(timedelta(seconds=5))
    service.ran("a", timedelta(seconds=LATE - 5.5), of=AREAS, place=165)
    assert reader.find(AREAS) == found


def test_a_run_that_goes_on_is_read_again_until_it_is_over() -> None:
    service = Service(others(300))
    service.ran("a", timedelta(days=1, seconds=100.5), of=AREAS, status="In Progress", place=101)
    reader = Reader(service)
    for status in ("In Progress", "Done", "Done"):
        service.lines[101] = line("a", timedelta(days=1, seconds=100.5), status)
        service.later(timedelta(minutes=10))
        [run] = reader.search(lambda: Runs([AREAS], NOW)).runs
        assert run.line.job_status == status


@pytest.mark.parametrize("purged", [1, 250])
def test_a_run_that_the_service_has_forgotten_is_not_found(purged: int) -> None:
    service = Service(others(300))
    service.ran("a", timedelta(days=1, seconds=250.5), of=AREAS, place=251)
    reader = Reader(service)
    assert reader.find(AREAS) == ["a"]
    service.later(timedelta(days=1))
    service.lines[252 - purged :] = []
    assert reader.find(AREAS) == []


def test_a_run_that_was_forgotten_above_one_that_goes_on_for_ever_is_not_taken_for_listed() -> None:
    service = Service(others(300))
    service.ran("vanished", timedelta(hours=3), of=AREAS, status="In Progress")
    service.ran("again", timedelta(hours=2), of=AREAS)
    reader = Reader(service)
    assert reader.find(AREAS, archived={"again"}) == ["again", "vanished"]
    service.later(timedelta(days=1))
    del service.lines[0]
    found = reader.search(lambda: Runs([AREAS], NOW), archived={"again"})
    assert "again" not in found.seen


def test_what_others_ran_and_the_service_forgot_is_no_reason_to_read_all_again() -> None:
    service = Service(others(8_000))
    service.ran("a", timedelta(days=1, seconds=1500.5), of=AREAS, place=1501)
    reader = Reader(service)
    reader.find(AREAS)
    service.later(timedelta(minutes=10))
    del service.lines[5_000:]
    assert reader.find(AREAS) == ["a"]
    assert service.pages == [0, 1501]


def test_where_one_was_put_in_between_all_is_read_again() -> None:
    service = Service(others(8_000))
    service.ran("a", timedelta(days=1, seconds=1500.5), of=AREAS, place=1501)
    reader = Reader(service)
    reader.find(AREAS)
    service.later(timedelta(minutes=10))
    for number in range(100):
        service.ran(f"odd-{number}", timedelta(days=1, seconds=900.5), place=901)
    reader.find(AREAS)
    assert len(service.pages) > 8


def test_a_service_whose_clock_went_back_is_read_whole() -> None:
    service = Service(others(3000))
    reader = Reader(service)
    reader.find(AREAS)
    service.later(timedelta(minutes=10))
    service.ran("a", timedelta(days=30), of=AREAS)
    assert reader.find(AREAS) == ["a"]


def test_a_forgotten_start_is_looked_for_among_what_came_since() -> None:
    service = Service(others(3000, first_age=timedelta(minutes=1)))
    service.ran("a", timedelta(seconds=30), of=AREAS)
    wish = Since(NOW - timedelta(minutes=2))
    found = Reader(service).search(lambda: wish)
    assert [run.line.id for run in found.runs] == ["a"]
    assert len(service.configs) == 62


def test_a_page_that_is_refused_is_asked_for_smaller() -> None:
    service = Service(others(120), refuses_more_than=50)
    service.ran("a", timedelta(days=2), of=AREAS, place=120)
    assert Reader(service).find(AREAS) == ["a"]


def test_all_young_and_all_own_runs_were_taken_into_account() -> None:
    service = Service([line("young", timedelta(seconds=5)), *others(2000)])
    service.ran("a", timedelta(days=1, seconds=1900.5), of=AREAS, place=1902)
    reader = Reader(service)
    for _ in range(2):
        seen = reader.search(lambda: Runs([AREAS], NOW), archived={"other-1950"}).seen
        assert {"young", "other-0", "a", "other-1950"} <= seen
        assert len(seen) < 1000


def test_what_is_known_survives_its_process(tmp_path: Path) -> None:
    service = Service(others(3000))
    service.ran("a", timedelta(hours=2), of=AREAS)
    for pages in (5, 1):
        reader = Reader(service, Memory(late=LATE, file=tmp_path / "cache" / "history.json"))
        service.later(timedelta(minutes=1))
        assert reader.find(AREAS) == ["a"]
        assert len(service.pages) <= pages
    assert (tmp_path / "cache" / "history.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"v": [0, 1]}', '{"v": [1, 1], "top": 5}'])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "history.json"
    file.write_text(content, encoding="utf-8")
    service = Service(others(300))
    service.ran("a", timedelta(hours=2), of=AREAS)
    assert Reader(service, Memory(late=LATE, file=file)).find(AREAS) == ["a"]


def test_a_memory_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    service = Service(others(300))
    service.ran("a", timedelta(hours=2), of=AREAS)
    assert Reader(service, Memory(late=LATE, file=tmp_path / "cache" / "history.json")).find(AREAS) == ["a"]


def wishes() -> list[Wish]:
    return [Runs([AREAS], NOW), Since(None)]


@pytest.mark.parametrize("number", [0, 1])
def test_without_a_memory_all_is_read_each_time(number: int) -> None:
    service = Service(others(1500))
    service.ran("a", timedelta(hours=2), of=AREAS)
    api = cast(FusedReader, service)
    for _ in range(2):
        service.pages.clear()
        found = find_runs(api, Markers(api, None), lambda: wishes()[number], scope="s")
        assert [run.line.id for run in found.runs] == ["a"]
        assert len(service.pages) > 1
