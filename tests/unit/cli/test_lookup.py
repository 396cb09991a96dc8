"""The run that a name means is looked for from the newest down, and no further than it takes."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fused_spec.cli.runs.lookup import Surroundings, find_run
from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.marking.marker import FIELD, Marker
from fused_spec.spec.model import Key, Kind, Project
from fused_spec.spec.relations.moves import Moves
from fused_spec.wire import JobResponse

NOW = datetime(2031, 5, 1, tzinfo=UTC)
URL = "http://127.0.0.1:1/server/v1"


class Service:
    """A history of so many runs, a minute apart and the newest first; those in `ours` are of the project."""

    server_time = NOW

    def __init__(self, runs: int, ours: dict[int, Marker]) -> None:
        self.runs = runs
        self.ours = ours
        self.asked: Counter[str] = Counter()

    def get_jobs(self, n: int, *, skip: int, per_request: int) -> list[JobResponse]:
        self.asked["page"] += 1
        places = range(skip, min(skip + n, self.runs))
        return [
            JobResponse.model_construct(id=str(one), creation_date=NOW - timedelta(minutes=one), job_status="Done")
            for one in places
        ]

    def get_job_metadata(self, job_id: str) -> dict[str, Any]:
        self.asked["config"] += 1
        return {FIELD: self.ours[int(job_id)].to_metadata()} if int(job_id) in self.ours else {}


def marker(name: str, attempt: int = 1, nonce: str = "") -> Marker:
    key = Key(kind=Kind.JOB, name=name)
    return Marker(scope="s", key=key, digest="d1:0", attempt=attempt, nonce=nonce or f"{name}-{attempt}")


def around(service: Service, folder: Path) -> Surroundings:
    archive = SimpleNamespace(find=lambda _: [], names=frozenset)
    return Surroundings(
        project=Project(name="p", scope="s", root=folder, state=folder / "state"),
        target=Target(name="local"),
        service=ServiceIdentity(url=URL),
        api=cast(Any, service),
        archive=cast(Any, archive),
        journal=cast(Any, None),
        cancels=cast(Any, None),
        moves=Moves(),
    )


def test_of_a_long_history_only_the_pages_down_to_the_run_are_read(tmp_path: Path) -> None:
    service = Service(20_000, {30: marker("areas")})
    assert find_run(around(service, tmp_path), "areas").job_id == "30"
    assert service.asked["page"] == 1
    assert service.asked["config"] < 200


def test_the_newest_run_of_a_name_is_meant(tmp_path: Path) -> None:
    service = Service(100, {30: marker("areas", 2), 60: marker("areas", 1)})
    assert find_run(around(service, tmp_path), "areas").job_id == "30"


def test_an_earlier_attempt_is_looked_for_further_down(tmp_path: Path) -> None:
    service = Service(3000, {30: marker("areas", 2), 2500: marker("areas", 1)})
    assert find_run(around(service, tmp_path), "areas", attempt=1).job_id == "2500"


def test_of_two_runs_with_one_mark_the_earlier_is_meant(tmp_path: Path) -> None:
    service = Service(100, {30: marker("areas"), 40: marker("areas")})
    assert find_run(around(service, tmp_path), "areas").job_id == "40"


def test_of_a_name_that_never_ran_the_whole_history_is_asked(tmp_path: Path) -> None:
    service = Service(3000, {2500: marker("areas")})
    with pytest.raises(FusedSpecError) as told:
        find_run(around(service, tmp_path), "arras")
    assert told.value.hint == 'did you mean "areas"?'
