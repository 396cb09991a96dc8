"""What `show` says of a run that is odd."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.cli.runs.details import run_details
from fused_spec.cli.runs.failures import failures
from fused_spec.cli.runs.lookup import find_run
from fused_spec.jobs.parts import Stretches
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.model import Requests
from fused_spec.service.app import create_app
from fused_spec.views.text.runs import show_text, status_text
from tests.asgi import AsgiAdapter
from tests.contract.around import surroundings
from tests.contract.test_odd_answers import DETACHED, Cache, Odd
from tests.contract.world import SLOW, TOKEN, World, job


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        yield World(tmp_path / "project", service)


def details(world: World, name: str) -> dict[str, Any]:
    around = surroundings(world)
    return run_details(around, find_run(around, name))


def test_a_run_as_it_should_be_has_no_notes(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.apply()
    assert (details(world, "areas")["notes"], details(world, "areas")["copy_of"]) == ([], None)


def test_a_renamed_job_is_found_by_all_its_names(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.apply()
    world.write("specs/a.yaml", job("fields, moved_from: [areas]"))
    world.apply()
    by_name = {name: details(world, name)["key"] for name in ("areas", "fields")}
    world.apply(requests=Requests(rerun=frozenset({"fields"})))
    assert by_name == {"areas": "Job/areas", "fields": "Job/areas"}
    assert [details(world, name)["key"] for name in ("areas", "fields")] == ["Job/fields", "Job/fields"]


def test_which_run_made_which_elements_is_told(world: World) -> None:
    failing = world.folder / "failing"
    failing.touch()
    check = f"from pathlib import Path\n    if Path('{failing}').exists():\n        1 / n\n"
    world.write("specs/area.py", f"@fused.udf\ndef udf(n: int):\n    {check}")
    world.write(
        "specs/a.yaml", job().replace("- type: udf", "- type: udf\n        input: [1, 0, 0]\n        n_processes: 1")
    )
    first = world.apply(requests=Requests())["Job/areas"].job_id
    failing.unlink()
    second = world.apply(requests=Requests(retry=frozenset({"areas"})))["Job/areas"].job_id
    shown = details(world, "areas")
    assert shown["part"]["after"] == first
    assert [one["job_id"] for one in shown["made_by"]] == [second, first]
    assert sum(len(Stretches.parse(one["elements"])) for one in shown["made_by"]) == 3
    text = show_text(shown)
    assert f"of 3: what had no result after {first}" in text
    assert f"{first} made" in text


def test_an_attempt_that_was_answered_with_an_older_run_is_told(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.apply()
    world.api = Cache.over(world.api._transport)
    world.api.sent, world.api.word = [], "hit"
    world.apply(requests=Requests(rerun=frozenset({"areas"})))
    [note] = details(world, "areas")["notes"]
    assert note.startswith("attempt 2 was sent")


def test_a_machine_that_is_gone_is_told(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    started = world.apply(DETACHED)["Job/areas"]
    world.api = Odd.over(world.api._transport)
    world.api.gone, world.api.heartbeat = True, None
    [note] = details(world, "areas")["notes"]
    assert note.startswith("its machine is gone")
    world.api.cancel_job(str(started.job_id))


def test_by_its_id_a_run_is_the_same(world: World) -> None:
    world.write("specs/a.yaml", job())
    started = world.apply()["Job/areas"]
    assert details(world, str(started.job_id)) == details(world, "areas")


def test_a_copy_is_none_of_the_job_that_it_was_copied_from(world: World) -> None:
    world.write("specs/a.yaml", job())
    started = world.apply()["Job/areas"]
    config = world.api.get_job_config(str(started.job_id))
    config.steps[0].udf.code += "# changed\n"  # type: ignore[union-attr]
    copy = world.api.start_job(config)
    world.api.wait_for_job(copy, 0.05, 60)
    shown = details(world, copy.job_id)
    assert (shown["key"], shown["copy_of"]) == (None, "Job/areas")
    assert details(world, "areas")["job_id"] == started.job_id
    assert not world.plan().has_changes


MAPPED = job().replace("- type: udf", "- type: udf\n        input: [4, 0, 2]\n        ignore_chunk_error: true")
INVERSE = "@fused.udf\ndef udf(n: int):\n    return 1 / n\n"


@pytest.fixture
def lossy(world: World) -> World:
    world.write("specs/area.py", INVERSE)
    world.write("specs/a.yaml", MAPPED)
    world.apply()
    return world


def test_the_tasks_are_counted_and_those_that_failed_are_told(lossy: World) -> None:
    told = details(lossy, "areas")
    assert told["tasks"] == {"total": 3, "succeeded": 2, "failed": 1, "cancelled": 0, "not_started": 0}
    assert told["failed_tasks"] == [
        {
            "step": 1,
            "index": 1,
            "input": 0,
            "error": "ZeroDivisionError: division by zero",
            "where": "specs/area.py:3",
        }
    ]


def test_the_tasks_are_told_without_an_archive_too(lossy: World) -> None:
    shutil.rmtree(lossy.folder / "archive")
    [failed] = details(lossy, "areas")["failed_tasks"]
    assert (failed["index"], failed["input"], failed["where"]) == (1, 0, "specs/area.py:3")


def test_a_person_sees_how_many_failed_and_why(lossy: World) -> None:
    lines = [line.split(maxsplit=1) for line in show_text(details(lossy, "areas")).splitlines()]
    assert ["tasks", "3 tasks: 2 succeeded, 1 failed"] in lines
    assert ["failed", "input 1: ZeroDivisionError: division by zero, at specs/area.py:3"] in lines


def test_the_status_of_a_job_counts_the_tasks_that_failed(lossy: World) -> None:
    assert "succeeded, 1 of 3 failed" in status_text(lossy.plan())


def test_an_apply_tells_of_the_tasks_that_failed(world: World) -> None:
    world.write("specs/area.py", INVERSE)
    world.write("specs/a.yaml", MAPPED)
    outcome = world.apply()["Job/areas"]
    [known] = failures(world.site(), [outcome], link=False).values()
    assert outcome.lossy == TaskCounts(total=3, succeeded=2, failed=1)
    assert [(one.error, one.where) for one in known.alike] == [
        ("ZeroDivisionError: division by zero", "specs/area.py:3")
    ]


def test_an_element_that_failed_again_has_its_number_and_value_in_the_job(world: World) -> None:
    world.write("specs/area.py", INVERSE)
    world.write("specs/a.yaml", MAPPED.replace("[4, 0, 2]", "[4, 2, 0, 5]").replace("ignore_chunk_error: true", ""))
    world.apply()
    world.apply(requests=Requests(retry=frozenset({"areas"})))
    told = details(world, "areas")
    assert told["part"] is not None
    assert [(one["index"], one["input"]) for one in told["failed_tasks"]] == [(2, 0)]
