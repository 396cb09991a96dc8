"""Commands that name a part of the specs say nothing about the rest: it has not left, and no prune ends it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.plan.model import Plan, Requests
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.options import Options
from fused_spec.service.app import create_app
from fused_spec.spec.resolve import resolve
from tests.asgi import AsgiAdapter
from tests.contract.world import SERVED, SLOW, TOKEN, UDF, World, job


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A job that is over, one that runs, and a token, each in a file of its own."""
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/at.py", UDF)
        made.write("specs/slow.py", SLOW)
        made.write("specs/area.py", UDF)
        made.write("specs/a.yaml", job())
        made.write("specs/slow.yaml", job("slow", "slow.py"))
        made.write("specs/served.yaml", SERVED)
        made.apply(Options(wait=False, poll=(0.02, 0.2)))
        yield made


def part(world: World, requests: Requests = Requests()) -> Plan:
    """The plan of one file alone."""
    resolution = resolve(["specs/a.yaml"], cwd=world.folder)
    whole = world.resolution()
    world.resolution = lambda: resolution  # type: ignore[method-assign]
    history = world.history(requests)
    world.resolution = lambda: whole  # type: ignore[method-assign]
    return make_plan(
        replace(resolution, project=whole.project), history, target="local", requests=requests, now=history.read_at
    )


def test_a_token_and_a_run_whose_specs_were_not_given_are_no_warning(world: World) -> None:
    assert part(world).warnings == ()


def test_prune_ends_nothing_that_a_spec_declares_that_was_not_given(world: World) -> None:
    plan = part(world, Requests(prune=True))
    assert [str(change.key) for change in plan.changes] == ["Job/areas"]
    assert plan.warnings == (
        "Job/slow, UdfAccessToken/public are declared in specs that were not given: --prune ends nothing of that",
    )


def test_prune_ends_what_no_file_of_the_project_declares_whatever_was_given(world: World) -> None:
    (world.folder / "specs/served.yaml").unlink()
    (world.folder / "specs/slow.yaml").unlink()
    plan = part(world, Requests(prune=True))
    assert {str(change.key) for change in plan.changes} == {"Job/areas", "Job/slow", "UdfAccessToken/public"}
    assert plan.warnings == ()


def test_a_token_is_known_by_its_spec_where_nothing_was_written_down_of_it(world: World) -> None:
    shutil.rmtree(world.folder / "archive")
    assert part(world).warnings == ()
