"""The values of tokens, made, proven, replaced and disabled at the real service in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from fused_spec.api.errors import ApiError, TimedOut, Unreachable, Unreadable
from fused_spec.api.shared_runs import run_shared
from fused_spec.errors import FusedSpecError, OutcomeUnknown, ServiceUnreachable
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, Plan, Requests
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.reconcile.applying.recover import recover_tokens
from fused_spec.reconcile.saved import proof
from fused_spec.reconcile.saved.rotation import Issuer, issue, renewal
from fused_spec.service.app import create_app
from fused_spec.spec.model import DesiredToken, Kind
from tests.archived import archived
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World, job

SPECS = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: points}
spec: {udf: {file: area.py}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: tiles}
spec: {udf: {ref: points}, sink: {file: .secrets/tiles}}
"""
NEW, OWN = "/udf-access-token/new", "/run/file"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A project with a token that was made."""
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        world = World(tmp_path / "project", service)
        world.write("specs/a.yaml", SPECS)
        assert {outcome.error for outcome in world.apply().values()} == {None}
        yield world


def value(world: World) -> str:
    return (world.folder / ".secrets/tiles").read_text(encoding="utf-8").strip()


def enabled(world: World) -> list[str]:
    return [one.token for one in world.api.get_udf_access_tokens() if one.enabled]


def issuer(world: World) -> Issuer:
    return Issuer.at(world.site())


def gone(*_: object, **__: object) -> None:
    """A call that nothing answers."""
    raise Unreachable("nothing answers", sent=None)


def rotate(world: World, overlap: float = 0.0) -> None:
    """As the command does, but for the lock."""
    [token] = [one for one in world.resolution().desired if isinstance(one, DesiredToken)]
    here = issuer(world)
    recover_tokens(here.api, here.journal, timing=here.timing, world=here.world)
    issue(renewal(token, here, overlap=overlap), here)


def of_token(plan: Plan) -> Change:
    [change] = [change for change in plan.changes if change.key.kind is Kind.TOKEN]
    return change


def test_a_rotation_makes_a_value_that_works_and_ends_the_one_before(world: World) -> None:
    former = value(world)
    rotate(world)
    assert enabled(world) == [value(world)]
    assert run_shared(world.api, value(world), query={"n": "5"}).body == b"5"
    with pytest.raises(ApiError) as caught:
        run_shared(world.api, former)
    assert caught.value.status_code == 404


def test_after_a_rotation_nothing_is_planned(world: World) -> None:
    rotate(world)
    assert not world.plan().has_changes


def test_a_rotation_changes_the_value_alone(world: World) -> None:
    world.write("specs/a.yaml", SPECS.replace("sink:", "cache: false, metadata_json: {a: 1}, sink:"))
    world.apply()
    world.write("specs/a.yaml", SPECS)
    rotate(world)
    [token] = [one for one in world.api.get_udf_access_tokens() if one.enabled]
    assert (token.cache, (token.metadata_json or {})["a"]) == (False, 1)


def test_a_udf_that_fails_proves_that_the_value_is_let_in(world: World) -> None:
    world.write("specs/area.py", "@fused.udf\ndef udf():\n    raise ValueError('not today')\n")
    world.apply()
    former = value(world)
    rotate(world)
    assert enabled(world) == [value(world)] != [former]


def test_a_udf_that_answers_with_404_itself_proves_it_as_well(world: World) -> None:
    code = "@fused.udf\ndef udf():\n    from starlette.responses import Response\n    return Response('none', 404)\n"
    world.write("specs/area.py", code)
    world.apply()
    rotate(world)
    assert enabled(world) == [value(world)]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_proof_that_is_refused_leaves_the_former_value_in_its_place(world: World, status: int) -> None:
    former = value(world)
    world.service.answer(status, {}, method="GET", path=OWN)
    with pytest.raises(FusedSpecError, match="does not let the new value of UdfAccessToken/tiles in") as caught:
        rotate(world)
    assert "the former value goes on working" in str(caught.value.hint)
    assert enabled(world) == [former] == [value(world)]
    assert not world.plan().has_changes


def test_a_udf_that_takes_too_long_is_let_in_by_the_word_of_the_service(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = value(world)

    def slow(*_: object, **__: object) -> None:
        raise TimedOut("no answer in time")

    with monkeypatch.context() as patched:
        patched.setattr(proof, "run_shared", slow)
        rotate(world)
    assert enabled(world) == [value(world)] != [former]


def test_a_redirect_proves_nothing(world: World) -> None:
    former = value(world)
    world.service.answer(302, {"Location": "https://example.com/login"}, method="GET", path=OWN)
    with pytest.raises(Unreadable, match="a redirect"):
        rotate(world)
    assert enabled(world) == [former] == [value(world)]


def test_a_sink_that_is_a_folder_is_refused_before_anything_is_made(world: World) -> None:
    former = value(world)
    [token] = [one for one in world.resolution().desired if isinstance(one, DesiredToken)]
    token.sink.unlink()
    token.sink.mkdir()
    here = issuer(world)
    with pytest.raises(FusedSpecError, match="is a folder"):
        issue(renewal(token, here, overlap=0.0), here)
    assert [one.token for one in world.api.get_udf_access_tokens()] == [former]


def test_a_service_that_dies_before_the_proof_leaves_the_former_value_and_the_next_apply_cleans_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = value(world)

    with monkeypatch.context() as patched, pytest.raises(ServiceUnreachable) as caught:
        patched.setattr(world.api, "update_udf_access_token", gone)
        patched.setattr(proof, "run_shared", gone)
        rotate(world)
    assert "the former value goes on working; the new one could not be disabled" in str(caught.value.hint)
    assert (value(world), len(enabled(world))) == (former, 2)
    assert of_token(world.plan()).why == "a value besides its own still works, and is disabled"
    world.apply()
    assert enabled(world) == [former] == [value(world)]


def test_a_former_value_that_could_not_be_disabled_is_told_and_ended_by_the_next_apply(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = value(world)

    with monkeypatch.context() as patched, pytest.raises(ServiceUnreachable) as caught:
        patched.setattr(world.api, "update_udf_access_token", gone)
        rotate(world)
    assert "the former one still works, and the next apply ends it" in str(caught.value.hint)
    assert enabled(world) != [value(world)] != [former]
    world.apply()
    assert enabled(world) == [value(world)]


def test_an_answer_that_is_lost_is_found_again(world: World) -> None:
    former = value(world)
    world.service.fail(requests.ReadTimeout(), reached=True, method="POST", path=NEW)
    rotate(world)
    assert enabled(world) == [value(world)] != [former]


@pytest.mark.thorough
def test_a_making_of_which_nobody_knows_is_unknown_and_settled_by_the_next_apply(world: World) -> None:
    former = value(world)
    world.service.fail(requests.ReadTimeout(), reached=False, method="POST", path=NEW)
    with pytest.raises(OutcomeUnknown, match="the former one goes on working"):
        rotate(world)
    world.apply()
    assert enabled(world) == [former] == [value(world)]
    assert issuer(world).journal.open_intents() == []


def test_a_sink_that_is_gone_is_in_the_plan_as_a_change(world: World) -> None:
    (world.folder / ".secrets/tiles").unlink()
    change = of_token(world.plan())
    assert (change.action, change.why) == (Action.UPDATE, "its sink lacks its value, which is written again")
    assert world.plan().has_changes


@pytest.mark.parametrize(
    ("content", "mode", "trouble"),
    [("another", 0o600, "holds another value"), ("", 0o600, "is empty"), (None, 0o644, "is readable by others")],
)
def test_a_sink_that_is_not_as_it_should_be_is_in_the_plan(
    world: World, content: str | None, mode: int, trouble: str
) -> None:
    sink, former = world.folder / ".secrets/tiles", value(world)
    if content is not None:
        sink.write_text(content, encoding="utf-8")
    sink.chmod(mode)
    [field] = of_token(world.plan()).fields
    assert (field.path, field.before, field.after) == ("sink", trouble, "holds its value")
    world.apply()
    assert (value(world), sink.stat().st_mode & 0o777) == (former, 0o600)


def test_what_was_pruned_is_never_enabled_again_with_its_old_value(world: World) -> None:
    former = value(world)
    world.write("specs/a.yaml", job())
    world.apply(requests=Requests(prune=True))
    world.write("specs/a.yaml", SPECS)
    change = of_token(world.plan())
    assert (change.action, change.why) == (Action.CREATE, "its old value stays disabled; a new one is made")
    world.apply()
    assert enabled(world) == [value(world)] != [former]


def test_what_was_switched_off_is_never_enabled_again_with_its_old_value(world: World) -> None:
    former = value(world)
    world.write("specs/a.yaml", SPECS.replace("sink:", "enabled: false, sink:"))
    world.apply()
    assert enabled(world) == []
    assert of_token(world.plan()).why == "disabled, as declared"
    world.write("specs/a.yaml", SPECS)
    world.apply()
    assert enabled(world) == [value(world)] != [former]


def test_a_token_that_is_declared_as_disabled_is_not_made(world: World) -> None:
    world.write("specs/a.yaml", SPECS.replace("tiles", "others").replace("sink:", "enabled: false, sink:"))
    world.apply()
    assert len(world.api.get_udf_access_tokens()) == 1


def test_a_pruned_token_is_called_by_its_declared_name(world: World) -> None:
    world.write("specs/a.yaml", job())
    assert [str(change.key) for change in world.plan(Requests(prune=True)).changes] == [
        "Job/areas",
        "UdfAccessToken/tiles",
    ]


def test_a_token_that_left_the_specs_is_told_without_prune(world: World) -> None:
    world.write("specs/a.yaml", job())
    assert "UdfAccessToken/tiles is in no spec and stays enabled; --prune disables it" in world.plan().warnings


def test_where_the_name_was_never_known_a_token_is_called_by_its_udf(world: World) -> None:
    world.write("specs/a.yaml", job())
    for file in (world.folder / "archive").rglob("names/*"):
        file.unlink()
    assert "UdfAccessToken/(token 1 of points)" in map(str, (c.key for c in world.plan(Requests(prune=True)).changes))


def test_a_name_that_was_never_written_down_is_recognised_where_it_is_that_of_the_udf(world: World) -> None:
    world.write("specs/a.yaml", SPECS.replace("name: tiles", "name: points"))
    world.apply()
    world.write("specs/a.yaml", job())
    for file in (world.folder / "archive").rglob("names/*"):
        file.unlink()
    planned = {str(change.key) for change in world.plan(Requests(prune=True)).changes}
    assert planned == {"Job/areas", "UdfAccessToken/points", "UdfAccessToken/(token 1 of points)"}


def test_an_expired_token_is_warned_of_and_goes_on_working(world: World) -> None:
    world.write("specs/a.yaml", SPECS.replace("sink:", "expires: 2020-01-31, sink:"))
    [warning] = world.plan().warnings
    assert warning.startswith("UdfAccessToken/tiles expired ")
    assert warning.endswith(
        " ago, and still works; its value was made after that day; write a later day as its `expires`"
    )
    assert not world.plan().has_changes


def test_a_token_that_is_to_expire_is_warned_of(world: World) -> None:
    world.write("specs/a.yaml", SPECS.replace("sink:", "expires: 90d, warn_before: 89d, sink:"))
    assert world.plan().warnings == ()
    world.write("specs/a.yaml", SPECS.replace("sink:", "expires: 2d, warn_before: 47h, sink:"))
    assert world.plan().warnings == ()
    world.write("specs/a.yaml", SPECS.replace("sink:", "expires: 1h, warn_before: 59m, sink:"))
    assert world.plan().warnings == ()


def test_another_apply_that_made_the_value_meanwhile_makes_a_plan_stale(world: World) -> None:
    world.write("specs/a.yaml", job())
    world.apply(requests=Requests(prune=True))
    world.write("specs/a.yaml", SPECS)
    planned = world.plan()
    world.apply()
    assert world.carry_out(planned)["UdfAccessToken/tiles"].status is OutcomeStatus.SKIPPED
    assert len(enabled(world)) == 1


@pytest.mark.thorough
def test_no_value_is_in_any_file_but_the_sink(world: World) -> None:
    values = [value(world)]
    rotate(world, overlap=3600.0)
    values.append(value(world))
    world.service.answer(404, {}, method="GET", path=OWN)
    with pytest.raises(FusedSpecError) as caught:
        rotate(world)
    world.service.fail(requests.ReadTimeout(), reached=False, method="POST", path=NEW)
    with pytest.raises(OutcomeUnknown) as unknown:
        rotate(world)
    world.apply()
    values += [one.token for one in world.api.get_udf_access_tokens()]
    sink = world.folder / ".secrets/tiles"
    content = sink.read_bytes()
    sink.unlink()
    kept = archived(world.folder) + "".join(map(repr, [*world.events, caught.value, unknown.value])).encode()
    assert content.decode().strip() in values
    assert not [one for one in values if one.encode() in kept]
