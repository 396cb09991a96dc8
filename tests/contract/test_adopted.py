"""Runs from before their specs count as those of their jobs, until something else is known."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.plan.actions import Action, Reason
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import FAILING, SLOW, TOKEN, UDF, World, job

OTHER = "d1:" + "0" * 64


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        yield World(tmp_path / "project", service)


def started(world: World, code: str = UDF, *, to_its_end: bool = True) -> str:
    """A run that somebody started without a spec."""
    udf = {"name": "udf", "entrypoint": "udf", "code": code}
    run = world.api.start_job({"steps": [{"type": "udf", "udf": udf}]})
    if to_its_end:
        world.api.wait_for_job(run, poll_interval_seconds=0.05)
    return run.job_id


def declare(world: World, adopts: str, code: str = UDF) -> None:
    world.write("specs/area.py", code)
    world.write("specs/a.yaml", job().replace("{name: areas}", f"{{name: areas, adopts: {adopts}}}"))


def adopt(world: World, run: str, digest: str | None = None, code: str = UDF) -> None:
    declare(world, f"{{run: {run}, digest: {OTHER}}}", code)
    declare(world, f"{{run: {run}, digest: {digest or world.resolution().desired[0].digest}}}", code)


def only(world: World) -> Any:
    [change] = world.plan().changes
    return change


def test_an_adopted_run_leaves_nothing_to_start(world: World) -> None:
    run = started(world)
    adopt(world, run)
    assert (only(world).action, only(world).reason, only(world).job_id) == (Action.NONE, Reason.UP_TO_DATE, run)


def test_the_first_apply_archives_the_adopted_run_and_adopts_may_be_removed(world: World) -> None:
    run = started(world)
    adopt(world, run)
    [outcome] = world.apply().values()
    assert (outcome.status, outcome.job_id) == (OutcomeStatus.UNCHANGED, run)
    world.write("specs/a.yaml", job())
    assert (only(world).action, only(world).reason) == (Action.NONE, Reason.ARCHIVED)
    assert world.job_ids() == [run]


def test_another_digest_starts_the_job_and_the_plan_tells_what_changed(world: World) -> None:
    adopt(world, started(world))
    world.write("specs/area.py", UDF + "# more\n")
    assert (only(world).action, only(world).why) == (Action.START, "spec changed: specs/area.py")


def test_an_adopted_run_that_goes_on_is_waited_for(world: World) -> None:
    run = started(world, SLOW, to_its_end=False)
    adopt(world, run, code=SLOW)
    assert (only(world).action, only(world).job_id) == (Action.ATTACH, run)
    world.api.cancel_job(run)


def test_an_adopted_run_that_failed_holds_its_job(world: World) -> None:
    adopt(world, started(world, FAILING), code=FAILING)
    assert (only(world).action, only(world).reason) == (Action.HOLD, Reason.HELD)


def test_an_adopted_run_that_the_service_forgot_starts_nothing_unasked(world: World) -> None:
    adopt(world, "11111111-2222-3333-4444-555555555555")
    assert (only(world).action, only(world).reason) == (Action.HOLD, Reason.FORGOTTEN)


def test_a_run_of_the_job_itself_counts_before_an_adopted_one(world: World) -> None:
    world.write("specs/a.yaml", job())
    own = world.apply()["Job/areas"].job_id
    adopt(world, started(world))
    assert only(world).job_id == own


def test_of_several_runs_the_one_of_the_digest_counts(world: World) -> None:
    run, other = started(world), started(world)
    adopt(world, run)
    digest = world.resolution().desired[0].digest
    declare(world, f"[{{run: {other}, digest: {OTHER}}}, {{run: {run}, digest: {digest}}}]")
    assert (only(world).action, only(world).job_id) == (Action.NONE, run)


def test_of_several_runs_none_counts_for_another_digest(world: World) -> None:
    run = started(world)
    declare(world, f"[{{run: {run}, digest: {OTHER}}}, {{run: {run}, digest: {OTHER}}}]")
    assert (only(world).action, only(world).reason) == (Action.START, Reason.NEVER_RAN)


def test_an_adopted_udf_is_saved_over_and_not_beside(world: World) -> None:
    saved = world.api.save_udf({"name": "at", "entrypoint": "udf", "code": UDF}, slug="at")
    spec = (
        "apiVersion: fused-spec/v1\nkind: Udf\nmetadata: {{name: at, adopts: {{udf: {}}}}}\n"
        "spec: {{udf: {{file: area.py}}}}\n"
    )
    world.write("specs/u.yaml", spec.format(saved.id))
    assert only(world).action is Action.NONE
    world.write("specs/area.py", UDF + "# more\n")
    world.apply()
    assert [one.id for one in world.api.get_udfs(n=None)] == [saved.id]
    assert only(world).action is Action.NONE


def test_an_adopted_token_is_marked_by_the_apply_that_changes_it(world: World) -> None:
    saved = world.api.save_udf({"name": "at", "entrypoint": "udf", "code": UDF}, slug="at")
    token = world.api.create_udf_access_token(saved.id)
    spec = (
        "apiVersion: fused-spec/v1\nkind: UdfAccessToken\nmetadata: {{name: at, adopts: {{sink: true}}}}\n"
        "spec: {{udf: {{id: {}}}, sink: {{file: .secrets/at}}, cache: {}}}\n"
    )
    world.write(".secrets/at", token.token)
    (world.folder / ".secrets/at").chmod(0o600)
    world.write("specs/t.yaml", spec.format(saved.id, "true"))
    assert only(world).action is Action.NONE
    world.write("specs/t.yaml", spec.format(saved.id, "false"))
    world.apply()
    [found] = world.api.get_udf_access_tokens(n=None)
    assert (found.token, found.cache) == (token.token, False)
    assert only(world).action is Action.NONE
