"""What is known of the tasks of a run, end to end: from the process that ran them to the archive."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from fused_spec.jobs.tasks import Task, TaskCounts, TaskState, tasks_in
from fused_spec.reconcile.archive.spool import Spools
from fused_spec.reconcile.site import Site
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from tests.asgi import AsgiAdapter
from tests.contract.test_facts import site_of
from tests.contract.world import TOKEN, World, job

AREAS = Key(kind=Kind.JOB, name="areas")
CODE = "@fused.udf\ndef udf(n: int):\n    if n == 0:\n        raise KeyError('{said}')\n    return n\n"
MAPPED = job("areas").replace("- type: udf", "- type: udf\n        input: [0, 1, 2]\n        ignore_chunk_error: true")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/area.py", CODE.replace("{said}", "geom"))
        made.write("specs/areas.yaml", MAPPED)
        yield made


def archived(world: World, job_id: object) -> list[Task]:
    found = world.archive.tasks(AREAS, str(job_id))
    assert found is not None
    return sorted(found, key=lambda task: task.index)


def test_the_tasks_of_a_run_are_archived_with_it(world: World) -> None:
    tasks = archived(world, world.apply()["Job/areas"].job_id)
    assert [(task.index, task.state) for task in tasks] == [
        (0, TaskState.FAILED),
        (1, TaskState.SUCCEEDED),
        (2, TaskState.SUCCEEDED),
    ]


def test_a_receipt_counts_the_tasks(world: World) -> None:
    world.apply()
    [receipt] = world.archive.receipts()
    assert receipt.tasks == TaskCounts(total=3, succeeded=2, failed=1)


def test_tasks_that_never_began_are_counted_of_a_run_that_failed(world: World) -> None:
    first = "- {type: udf, udf: {file: area.py}, input: [0]}"
    world.write(
        "specs/areas.yaml", job("areas").replace("- type: udf", f"{first}\n      - type: udf\n        input: [1, 2]")
    )
    world.apply()
    [receipt] = world.archive.receipts()
    assert receipt.tasks is not None
    assert (receipt.tasks.total, receipt.tasks.failed, receipt.tasks.not_started) == (3, 1, 2)


def test_the_client_saves_what_the_service_knows_of_the_tasks(world: World, tmp_path: Path) -> None:
    job_id = str(world.apply()["Job/areas"].job_id)
    assert world.api.save_job_tasks(job_id, tmp_path / "tasks")
    with (tmp_path / "tasks").open("rb") as lines:
        assert {task.index for task in tasks_in(lines)} == {0, 1, 2}


def test_the_client_tells_how_a_run_stands(world: World) -> None:
    standing = world.api.get_job_progress(str(world.apply()["Job/areas"].job_id))
    assert standing is not None
    assert (standing.total, standing.succeeded, standing.failed, standing.running) == (3, 2, 1, 0)


def test_a_run_from_before_tasks_were_recorded_is_archived_without_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(world.api), "save_job_tasks", lambda *_: False)
    job_id = world.apply()["Job/areas"].job_id
    assert world.archive.tasks(AREAS, str(job_id)) is None
    assert next(world.archive.receipts()).tasks is None


def test_no_secret_is_in_the_tasks_that_are_archived(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "tile-of-secrets-8761"
    world.write("specs/area.py", CODE.replace("{said}", secret))
    spools = Spools(world.folder / "logs", secrets=(secret,))
    site: Callable[..., Site] = partial(site_of, world.site, spools)
    monkeypatch.setattr(world, "site", site)
    tasks = archived(world, world.apply()["Job/areas"].job_id)
    assert tasks[0].error == "KeyError: '***'"
    assert tasks[0].signature is None  # in which a secret stands without its numbers, and is not found again


def test_a_failed_task_tells_where_in_the_users_file_and_what_alike_ones_share(world: World) -> None:
    [failed, *_] = archived(world, world.apply()["Job/areas"].job_id)
    assert (failed.where, failed.signature) == ("specs/area.py:4", "KeyError: …")


def test_the_log_of_a_run_names_the_users_file(world: World) -> None:
    log = world.api.get_logs(str(world.apply()["Job/areas"].job_id))
    assert '  File "specs/area.py", line 4, in udf' in [line.message for line in log]
