"""Reading a history that shifts while it is read, and remembering what never changes."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from fused_spec.api.errors import ApiError
from fused_spec.api.reading import FusedReader
from fused_spec.errors import ServiceError
from fused_spec.reconcile.history.listing import list_jobs
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.marking.marker import FIELD, Marker
from fused_spec.spec.model import Key, Kind
from fused_spec.wire import JobResponse

NOW = datetime(2031, 5, 1, tzinfo=UTC)


def listed(job_id: str, *, created: datetime = NOW) -> JobResponse:
    return JobResponse(id=job_id, creation_date=created, job_status="Done")


def marker(name: str) -> Marker:
    return Marker(scope="s", key=Key(kind=Kind.JOB, name=name), digest="d1:0", attempt=1, nonce=name)


@dataclass
class Shifting:
    """A history whose list changes between two pages: what the real service does only by chance."""

    ids: list[str]
    between: Callable[[list[str]], Sequence[str]] = field(default=lambda ids: ids)
    configs: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    largest_page: int = 50
    not_stored: frozenset[str] = frozenset()
    server_time: datetime = NOW

    def get_jobs(self, n: int, *, skip: int, per_request: int) -> list[JobResponse]:
        page = self.ids[skip : skip + min(n, per_request, self.largest_page)]
        self.ids = list(self.between(self.ids))
        return [listed(job_id) for job_id in page]

    def get_job_metadata(self, job_id: str) -> Any:
        self.asked.append(job_id)
        if job_id in self.not_stored:
            answer = requests.Response()
            answer.status_code = 404
            raise ApiError("no such config", call="GET config", response=answer)
        return self.configs.get(job_id)


class InTurn(Executor):
    """Does what it is given at once, so that it is known what happens between two pages."""

    def __init__(self, _: int) -> None: ...

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def reader(history: Shifting) -> FusedReader:
    return cast("FusedReader", history)


def ids(history: Shifting) -> list[str]:
    return [job.id for job in list_jobs(reader(history), InTurn)]


def numbered(count: int) -> list[str]:
    return [str(number) for number in reversed(range(count))]


def test_a_still_history_is_read_whole_and_in_order() -> None:
    assert ids(Shifting(numbered(123))) == numbered(123)


def test_an_empty_history_is_empty() -> None:
    assert ids(Shifting([])) == []


@pytest.mark.parametrize("size", [2, 3, 5, 6, 7])
def test_a_service_with_smaller_pages_is_read_whole(size: int) -> None:
    assert ids(Shifting(numbered(60), largest_page=size)) == numbered(60)


def test_jobs_that_come_in_between_hide_none() -> None:
    fresh = iter(f"new-{number}" for number in range(1000))
    history = Shifting(numbered(120), between=lambda ids: [next(fresh), *ids])
    assert set(numbered(120)) <= set(ids(history))


@pytest.mark.parametrize("size", [44, 45, 46, 60, 94, 95])
def test_a_burst_that_fills_a_page_hides_none(size: int) -> None:
    bursts = iter([[f"new-{number}" for number in range(size)]])
    history = Shifting(numbered(120), between=lambda ids: [*next(bursts, []), *ids])
    assert set(numbered(120)) <= set(ids(history))


@pytest.mark.parametrize("count", [1, 50, 51, 2000])
def test_pages_that_are_read_side_by_side_give_the_same(count: int) -> None:
    assert [job.id for job in list_jobs(reader(Shifting(numbered(count))))] == numbered(count)


def test_jobs_that_are_purged_in_between_hide_none_that_stay() -> None:
    purged = iter([3, 40])  # the second is more than two pages share, so reading starts over
    history = Shifting(numbered(200), between=lambda ids: ids[next(purged, 0) :])
    assert set(history.ids[43:]) <= set(ids(history))


def test_a_purge_that_empties_the_next_page_hides_none_that_stay() -> None:
    purged = iter([20])
    history = Shifting(numbered(60), between=lambda ids: ids[next(purged, 0) :])
    assert ids(history) == numbered(60)[20:]


def test_a_history_that_never_stands_still_is_told() -> None:
    fresh = iter(range(10**6))
    history = Shifting([], between=lambda ids: [f"{next(fresh)}" for _ in range(60)])
    history.ids = [f"{next(fresh)}" for _ in range(60)]
    with pytest.raises(ServiceError, match="changed so quickly"):
        list_jobs(reader(history), InTurn)


def test_markers_are_asked_for_once_and_remembered(tmp_path: Path) -> None:
    history = Shifting([], configs={"1": {FIELD: marker("a").to_metadata()}})
    for _ in range(2):
        assert Markers(reader(history), tmp_path / "cache").read([listed("1"), listed("2")]) == [marker("a"), None]
    assert sorted(history.asked) == ["1", "2"]


def test_a_damaged_memory_is_only_read_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text('{"id": "1", "mark', encoding="utf-8")
    history = Shifting([], configs={"1": {FIELD: marker("a").to_metadata()}})
    assert Markers(reader(history), cache).read([listed("1")]) == [marker("a")]


def test_the_memory_is_for_its_user_alone_and_holds_no_config(tmp_path: Path) -> None:
    history = Shifting([], configs={"1": {FIELD: marker("a").to_metadata(), "own": "private"}})
    Markers(reader(history), tmp_path / "cache").read([listed("1")])
    text = (tmp_path / "cache").read_text(encoding="utf-8")
    assert "private" not in text
    assert json.loads(text)["id"] == "1"
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0


def test_a_young_job_whose_config_is_not_there_yet_is_not_taken_for_a_foreign_one(tmp_path: Path) -> None:
    history = Shifting([], not_stored=frozenset("1"))
    with pytest.raises(ServiceError, match="may be ours"):
        Markers(reader(history), tmp_path / "cache").read([listed("1")])
    assert not (tmp_path / "cache").exists()


def test_an_old_job_whose_config_is_gone_is_a_foreign_one() -> None:
    history = Shifting([], not_stored=frozenset("1"))
    assert Markers(reader(history), None).read([listed("1", created=NOW - timedelta(hours=1))]) == [None]


def test_a_time_without_a_zone_is_in_utc() -> None:
    line = JobResponse.model_validate({"id": "1", "creation_date": "2031-05-01T00:00:00"})
    assert line.creation_date == NOW
