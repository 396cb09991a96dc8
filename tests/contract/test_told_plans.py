"""What a plan tells besides its changes, read from the real service in memory and a real archive."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.plan.model import Change, History, Plan, Requests, Run
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.archive.cancels import Cancels
from fused_spec.reconcile.reviewing.explain import explained
from fused_spec.reconcile.reviewing.left import Leavings
from fused_spec.service.app import create_app
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.project import elsewhere
from fused_spec.views.text.plans import plan_text
from tests.asgi import AsgiAdapter
from tests.contract.world import FAILING, SCOPE, SERVED, SLOW, TOKEN, UDF, World, job
from tests.waiting import PATIENCE, until

SECRET = "fsh_" + "AbCdEfGh12345678"
TABLE = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: points}
spec:
  config: {steps: [{type: partition_nongeospatial, input: {file: points.csv}, output: "fd://demo/points/"}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        yield World(tmp_path / "project", service)


def told(world: World, history: History | None = None) -> Plan:
    """The plan as `fused-spec plan` tells it."""
    return explained(
        world.plan(),
        world.resolution(),
        history or world.history(),
        api=world.api,
        archive=world.archive,
        cancels=Cancels(world.store, f"{SCOPE}/cancelled"),
        leavings=leavings(world),
    )


def leavings(world: World) -> Leavings:
    return Leavings(world.store, f"{SCOPE}/left")


def only(plan: Plan) -> Change:
    [change] = plan.changes
    return change


def error_of(change: Change) -> str | None:
    assert isinstance(change.before, Run)
    return change.before.error


# Why a job is held


def test_a_held_job_says_step_input_and_exception_from_the_archived_log(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job())
    world.apply()
    calls = len(world.service.seen)
    assert error_of(only(told(world))) == "step 1 of 1 (udf) failed: ValueError: no such tile, at specs/area.py:3"
    assert not any("/logs/" in call for call in world.service.seen[calls:])


def test_without_an_archive_the_service_is_asked(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job())
    world.apply()
    shutil.rmtree(world.folder / "archive")
    assert error_of(only(told(world))) == "step 1 of 1 (udf) failed: ValueError: no such tile"


def test_a_log_that_was_damaged_leaves_the_plan_and_is_said(world: World) -> None:
    world.write("specs/area.py", FAILING)
    world.write("specs/a.yaml", job())
    world.apply()
    [log] = (world.folder / "archive").rglob("logs.jsonl.gz")
    log.write_bytes(gzip.compress(b"{}"))
    assert "its log cannot be read now" in str(error_of(only(told(world))))


def test_an_error_holds_no_secret_and_no_line_break(world: World) -> None:
    world.write(
        "specs/area.py", f"@fused.udf\ndef udf():\n    raise ValueError('a\\n{SECRET}\\n\\x1b[2J' + 'x' * 5000)\n"
    )
    world.write("specs/a.yaml", job())
    world.apply()
    text = plan_text(told(world))
    assert SECRET not in text and "\x1b" not in text
    assert max(map(len, text.splitlines())) < 400


def test_a_held_job_says_where_its_tasks_were_when_it_was_cancelled(world: World) -> None:
    begun = world.folder / "begun"
    code = f"import time\n@fused.udf\ndef udf():\n    open('{begun}', 'w').close()\n    time.sleep(600)\n"
    world.write("specs/area.py", code)
    world.write("specs/a.yaml", job())
    run = str(world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"].job_id)
    until(begun.exists, "the task runs")
    world.api.cancel_job(run)
    world.api.wait_for_job(run, poll_interval_seconds=0.05, timeout=PATIENCE)
    world.apply()
    assert str(error_of(only(told(world)))).endswith("; ended while running, at specs/area.py:5")


def test_a_cancelled_job_says_when_and_by_whom_where_that_was_written_down(world: World) -> None:
    world.write("specs/area.py", SLOW)
    world.write("specs/a.yaml", job())
    started = world.apply(Options(wait=False, poll=(0.02, 0.2)))["Job/areas"]
    world.api.cancel_job(str(started.job_id))
    world.api.wait_for_job(str(started.job_id), poll_interval_seconds=0.05, timeout=PATIENCE)
    world.apply()
    assert "was cancelled on " in plan_text(told(world))
    assert " by " not in plan_text(told(world)).splitlines()[1]
    Cancels(world.store, f"{SCOPE}/cancelled").note(str(started.job_id), "by `fused-spec cancel` of ada on laptop")
    assert "UTC by `fused-spec cancel` of ada on laptop" in plan_text(told(world))


def test_a_plan_that_holds_nothing_reads_no_log_and_no_receipt_for_it(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.apply()
    calls = len(world.service.seen)
    assert told(world).changes == world.plan().changes
    assert not any("/logs/" in call for call in world.service.seen[calls:])


# What left the specs


def with_table(world: World) -> None:
    world.write("specs/points.csv", "id,x\n1,2\n3,4\n")
    world.write("specs/a.yaml", job())
    world.write("specs/points.yaml", TABLE)
    world.apply()


def test_a_job_that_left_the_specs_is_told_with_its_table_until_an_apply_has_told_it(world: World) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").unlink()
    [one] = told(world).left
    assert (str(one.key), one.stays) == ("Job/points", ("fd://demo/points/",))
    assert one.said.startswith("its last run succeeded on ")
    assert "Left the specs: Job/points, its last run succeeded on " in plan_text(told(world))
    leavings(world).remember([one], [])
    assert told(world).left == ()


def test_a_job_that_left_after_its_history_was_forgotten_is_told_from_the_archive(world: World) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").unlink()
    [one] = told(world, replace(world.history(), runs={})).left
    assert one.stays == ("fd://demo/points/",)


def test_a_table_that_another_job_writes_now_is_told_as_its(world: World) -> None:
    with_table(world)
    world.write("specs/points.yaml", TABLE.replace("name: points", "name: dots"))
    [one] = told(world).left
    assert (one.stays, one.taken) == ((), (("fd://demo/points/", Key(kind=Kind.JOB, name="dots")),))


def test_a_job_that_left_once_came_back_and_left_again_is_told_again(world: World) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").unlink()
    leavings(world).remember(told(world).left, [])
    world.write("specs/points.yaml", TABLE)
    world.apply(requests=Requests(rerun=frozenset({"points"})))
    (world.folder / "specs/points.yaml").unlink()
    assert [str(one.key) for one in told(world).left] == ["Job/points"]


def test_a_job_in_a_file_of_the_project_that_was_not_given_has_not_left(world: World) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").rename(world.folder / "elsewhere.yaml")
    assert told(world).left == ()


def test_where_a_project_has_too_many_files_to_look_at_nothing_is_said_to_have_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").unlink()
    monkeypatch.setattr(elsewhere, "_MOST_FILES", 0)
    assert told(world).left == ()


def test_a_job_whose_spec_was_commented_out_has_left(world: World) -> None:
    with_table(world)
    (world.folder / "specs/points.yaml").unlink()
    world.write("specs/a.yaml", job() + "".join(f"# {line}\n" for line in TABLE.splitlines()))
    assert [str(one.key) for one in told(world).left] == ["Job/points"]


def test_a_saved_udf_that_left_the_specs_is_told_once(world: World) -> None:
    world.write("specs/at.py", UDF)
    world.write("specs/served.yaml", SERVED)
    world.write("specs/a.yaml", job())
    world.apply()
    leavings(world).remember([], [Key(kind=Kind.UDF, name="at")])
    assert told(world).left == ()
    (world.folder / "specs/served.yaml").unlink()
    [one] = told(world).left
    assert (str(one.key), one.said) == ("Udf/at", "which stays saved, since nothing deletes a UDF")
    leavings(world).remember([one], [])
    assert told(world).left == ()


def test_what_left_asks_the_service_for_no_saved_udf_where_none_left(world: World) -> None:
    with_table(world)
    calls = len(world.service.seen)
    told(world)
    assert not any("/udf/" in call for call in world.service.seen[calls:])


# Whom a start concerns


def test_a_job_says_which_udfs_and_tokens_serve_what_it_overwrites(world: World) -> None:
    world.write(
        "specs/at.py", "@fused.udf\ndef udf(n: int = 1):\n    return fused.read('fd://demo/points/0.parquet')\n"
    )
    world.write("specs/served.yaml", SERVED)
    with_table(world)
    world.write("specs/points.csv", "id,x\n1,2\n")
    [change] = (one for one in told(world).changes if one.key.name == "points")
    assert change.notes == ("Udf/at and token public serve fd://demo/points/, which this overwrites",)
    assert f"      {change.notes[0]}" in plan_text(told(world)).splitlines()
