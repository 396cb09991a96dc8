"""What the version before kept, which knew targets by their names alone, counts where it was written."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fused_spec.cli.targets.memory import open_kept
from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.configuration.settings import Target
from fused_spec.plan.model import Plan
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.service.app import create_app
from fused_spec.spec.resolve import resolve
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World

BEFORE = Path(__file__).parents[1] / "golden/before_scopes"
LAB = Target(name="lab", base_url="http://127.0.0.1:18765/server/v1")
FINISHED = {
    "points": "finished earlier, known from the archive",
    "zones": "finished earlier, known from the archive",
    "yearly": "finished earlier, known from the archive",
    "broken": "the last run did not succeed; --retry starts it again",
}
NEVER = dict.fromkeys(FINISHED, "never ran")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The project beside a service that knows nothing."""
    project = tmp_path / "project"
    shutil.copytree(BEFORE / "specs", project / "specs")
    (project / "specs/work.py.txt").rename(project / "specs/work.py")
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        world = World(project, service)
        (project / "specs/area.py").unlink()
        shutil.copy(BEFORE / "fused-spec.yaml", project)
        yield world


def keep(world: World, name: str) -> None:
    shutil.copytree(BEFORE / name / "archive", world.folder / ".fused-spec/archive")


def plan(world: World, target: Target, service: ServiceIdentity) -> Plan:
    resolution = resolve(["specs"], cwd=world.folder)
    assert resolution.valid
    kept = open_kept(resolution.project, target, service)
    history = read_history(
        world.api,
        resolution,
        archive=kept.archive,
        journal=kept.journal,
        markers=Markers(world.api, None),
        now=datetime.now(UTC),
    )
    return make_plan(resolution, history, target=target.name, now=history.read_at)


def reasons(made: Plan) -> dict[str, str]:
    return {change.key.name: change.why.partition(" (")[0] for change in made.changes}


def test_receipts_count_at_the_server_whose_url_they_tell(world: World) -> None:
    keep(world, "lab")
    assert reasons(plan(world, LAB, ServiceIdentity(url=str(LAB.base_url)))) == FINISHED


@pytest.mark.parametrize(
    "service",
    [
        ServiceIdentity(url="https://www.fused.io/server/v1"),
        ServiceIdentity(url="http://127.0.0.1:18765/server/v2"),
        ServiceIdentity(url=str(LAB.base_url), id="a" * 32),
    ],
)
def test_and_at_no_other(world: World, service: ServiceIdentity) -> None:
    keep(world, "lab")
    assert reasons(plan(world, Target(name="other", base_url=service.url), service)) == NEVER


def test_receipts_of_a_local_service_count_at_no_server(world: World) -> None:
    keep(world, "local")
    assert reasons(plan(world, LAB, ServiceIdentity(url=str(LAB.base_url)))) == NEVER


def test_a_run_whose_receipt_is_lost_is_asked_about_at_the_server_where_it_was_started(world: World) -> None:
    keep(world, "lab")
    shutil.rmtree(world.folder / ".fused-spec/archive/before-scopes-1/runs")
    asked = plan(world, LAB, ServiceIdentity(url=str(LAB.base_url)))
    assert {why.partition(":")[0] for why in reasons(asked).values()} == {
        "ran before, but neither history nor archive knows how it ended"
    }
