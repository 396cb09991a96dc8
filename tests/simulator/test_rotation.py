"""A token whose every step goes wrong once, in every way, at every point; and broken variants that must be noticed."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from fused_spec.errors import FusedSpecError, Locked
from fused_spec.reconcile.journal.tokens import TokenIntent, TokenJournal
from fused_spec.reconcile.saved import rotation, tokens
from fused_spec.reconcile.site import Site
from fused_spec.spec.model import DesiredToken, Key
from tests.depth import at_depth
from tests.simulator.rotations import (
    DEATHS,
    KEY,
    LATE,
    LOSSES,
    Change,
    Death,
    Fate,
    Model,
    Project,
    Step,
    as_it_is,
    declared,
    fates,
    lived,
    sinks_are_points,
)

Wrong = Callable[[Path, list[Step], Step, Change], Iterator[Fate]]


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    return tmp_path / ".secrets/tiles"


def apply(*desired: DesiredToken, prune: bool = False) -> Step:
    return lambda project: project.apply(*desired, prune=prune)


def rotate(token: DesiredToken, overlap: float = 0.0) -> Step:
    return lambda project: project.rotate(token, overlap)


def points_of(sink: Path, before: list[Step], step: Step, fate: Fate, change: Change = as_it_is) -> Fate:
    """The points that a step passes with this fate."""
    sink.unlink(missing_ok=True)
    model = Model(sink)
    project = Project(model, change=change)
    with sinks_are_points(model):
        for one in before:
            one(project)
        model.fate = fate.again()
        with suppress(Death, FusedSpecError):
            step(project)
    return model.fate


def once(sink: Path, before: list[Step], step: Step, change: Change = as_it_is) -> Iterator[Fate]:
    """Everything that can go wrong once."""
    return fates(points_of(sink, before, step, Fate(), change))


def twice(sink: Path, before: list[Step], step: Step, change: Change = as_it_is) -> Iterator[Fate]:
    """Everything that can go wrong after something has gone wrong already."""
    for first in once(sink, before, step, change):
        yield from fates(points_of(sink, before, step, first, change))


def troubles(
    sink: Path, before: list[Step], step: Step, last: Step, *, change: Change = as_it_is, goes_wrong: Wrong = once
) -> list[str]:
    """What was wrong in any of the worlds in which `step` went wrong."""
    return list(each_trouble(sink, before, step, last, change=change, goes_wrong=goes_wrong))


def each_trouble(
    sink: Path, before: list[Step], step: Step, last: Step, *, change: Change = as_it_is, goes_wrong: Wrong = once
) -> Iterator[str]:
    for fate in goes_wrong(sink, before, step, change):
        model = lived(sink, before, (step, fate), last=last, change=change)
        yield from (f"{fate}: {problem}" for problem in [*model.problems, *wrong_at_the_end(model)])


def is_noticed(sink: Path, *, change: Change = as_it_is, goes_wrong: Wrong = once) -> bool:
    """Whether a rotation by broken code makes any trouble."""
    token = declared(sink)
    found = each_trouble(sink, [apply(token)], rotate(token), apply(token), change=change, goes_wrong=goes_wrong)
    return next(found, None) is not None


def wrong_at_the_end(model: Model) -> list[str]:
    works, held = model.ended, model.sink.read_text().strip() if model.sink.is_file() else None
    found = [] if works == [held] else [f"{len(works)} values work, and the sink holds {held}"]
    drafts = [file.name for file in model.sink.parent.iterdir() if file != model.sink]
    return found + [f"{draft} is left" for draft in drafts]


def test_a_rotation_that_goes_wrong_at_any_point_leaves_one_value_that_works_in_the_sink(sink: Path) -> None:
    token = declared(sink)
    assert troubles(sink, [apply(token)], rotate(token), apply(token)) == []


@pytest.mark.thorough
def test_a_rotation_that_goes_wrong_twice_leaves_one_value_that_works_in_the_sink(sink: Path) -> None:
    token = declared(sink)
    assert troubles(sink, [apply(token)], rotate(token), apply(token), goes_wrong=twice) == []


def test_a_rotation_that_went_wrong_is_made_again_by_hand(sink: Path) -> None:
    token = declared(sink)
    found = []
    for fate in once(sink, [apply(token)], rotate(token)):
        model = lived(sink, [apply(token)], (rotate(token), fate), (rotate(token), Fate()), last=apply(token))
        found += [f"{fate}: {problem}" for problem in [*model.problems, *wrong_at_the_end(model)]]
    assert found == []


def test_a_rotation_with_an_overlap_may_go_wrong_at_any_point(sink: Path) -> None:
    token = declared(sink)
    found = []
    for fate in once(sink, [apply(token)], rotate(token, 50.0)):
        model = lived(sink, [apply(token)], (rotate(token, 50.0), fate), last=apply(token))
        found += model.problems if model.enabled() == [sink.read_text().strip()] else [str(fate)]
    assert found == []


def test_the_making_of_a_token_may_go_wrong_at_any_point(sink: Path) -> None:
    token = declared(sink)
    assert troubles(sink, [], apply(token), apply(token)) == []


def test_the_binding_to_another_udf_may_go_wrong_at_any_point(sink: Path) -> None:
    bound = declared(sink, udf={"id": "2"})
    assert troubles(sink, [apply(declared(sink))], apply(bound), apply(bound)) == []


def test_the_end_of_an_overlap_may_go_wrong_at_any_point(sink: Path) -> None:
    token = declared(sink)
    before = [apply(token), rotate(token, 50.0), lambda project: project.model.sleep(60.0)]
    assert troubles(sink, before, apply(token), apply(token)) == []


def test_the_making_of_a_new_value_after_a_prune_may_go_wrong_at_any_point(sink: Path) -> None:
    token, other = declared(sink), declared(sink.with_name("other"))
    other = replace(other, key=replace(other.key, name="other"))
    before = [apply(token, other), apply(token, prune=True)]
    found = []
    for fate in once(sink, before, apply(token, other)):
        model = lived(sink, before, (apply(token, other), fate), last=apply(token, other))
        held = {one.sink.read_text().strip() for one in (token, other)}
        found += model.problems if held == set(model.ended) else [str(fate)]
    assert found == []


def test_an_apply_that_goes_on_after_a_rotation_may_die_at_any_point_as_well(sink: Path) -> None:
    token = declared(sink)
    found = []
    for first in once(sink, [apply(token)], rotate(token)):
        broken: list[Step] = [apply(token), meets(rotate(token), first)]
        for second in fates(points_of(sink, broken, apply(token), Fate()), DEATHS):
            steps = ((rotate(token), first.again()), (apply(token), second))
            model = lived(sink, [apply(token)], *steps, last=apply(token))
            found += [f"{first}, then {second}: {one}" for one in [*model.problems, *wrong_at_the_end(model)]]
    assert found == []


def meets(step: Step, fate: Fate) -> Step:
    """The step with this fate."""

    def go(project: Project) -> None:
        project.model.fate = fate.again()
        with suppress(Death, FusedSpecError):
            step(project)
        project.model.fate = Fate()

    return go


def random_life(sink: Path, rng: random.Random) -> Model:
    """A token that is declared, changed, removed, rotated and tampered with, while things go wrong."""
    token, other = declared(sink), replace(declared(sink.with_name("other")), key=Key(kind=KEY.kind, name="other"))
    model = Model(sink)
    project = Project(model)

    def by_hand() -> None:
        for value in model.enabled():
            model.tokens[value] = model.tokens[value].model_copy(update={"enabled": False})
        model.look()

    steps: list[Callable[[], object]] = [
        lambda: project.apply(token, other),
        lambda: project.apply(declared(sink, enabled=False), other),
        lambda: project.apply(declared(sink, udf={"id": str(rng.randint(1, 2))}), other),
        lambda: project.apply(other, prune=True),
        lambda: project.rotate(token),
        lambda: project.rotate(token, overlap=rng.choice((30.0, 300.0))),
        lambda: model.sleep(rng.choice((1.0, 60.0, 200.0))),
        lambda: sink.unlink(missing_ok=True),
        lambda: sink.is_file() and sink.write_text("something else"),
        by_hand,
    ]
    with sinks_are_points(model):
        for _ in range(rng.randint(3, 12)):
            faults = {rng.randint(1, 25): rng.choice((*DEATHS, *LOSSES)) for _ in range(rng.randint(0, 3))}
            model.fate = Fate(faults=faults)
            with suppress(Death, FusedSpecError):
                rng.choice(steps)()
        model.fate = Fate()
        model.sleep(2 * LATE)
        project.apply(token, other)
        model.sleep(400.0)
        project.apply(token, other)
        if project.plan(project.site(), token, other).has_changes:
            model.problems.append("the plan still has changes")
    if {one.sink.read_text().strip() for one in (token, other)} != set(model.enabled()) or len(model.enabled()) != 2:
        model.problems.append(f"{model.enabled()} work")
    return model


@pytest.mark.parametrize("piece", range(at_depth(4, in_breadth=1)))
def test_whatever_happens_an_apply_brings_one_value_about_and_revives_none(sink: Path, piece: int) -> None:
    found = {}
    for number in range(100):
        seed = f"{os.environ['FUSED_SPEC_SEED']}-{piece}-{number}"
        for file in (sink, sink.with_name("other")):
            file.unlink(missing_ok=True)
        if problems := random_life(sink, random.Random(seed)).problems:
            found[seed] = problems
    assert found == {}


def test_a_value_that_is_not_let_in_is_taken_back(sink: Path) -> None:
    model = Model(sink)
    project, token = Project(model), declared(sink)
    project.apply(token)
    [former] = model.enabled()
    model.refuses.add("fsh_canary000002")
    with pytest.raises(FusedSpecError, match="does not let the new value of UdfAccessToken/tiles in") as caught:
        project.rotate(token)
    assert "the former value goes on working" in str(caught.value.hint)
    assert (model.enabled(), sink.read_text().strip()) == ([former], former)


def test_an_overlap_lets_the_former_value_work_until_its_end(sink: Path) -> None:
    model = Model(sink)
    project, token = Project(model), declared(sink)
    project.apply(token)
    project.rotate(token, overlap=3600.0)
    project.apply(token)
    assert len(model.enabled()) == 2
    model.sleep(3601.0)
    project.apply(token)
    assert model.enabled() == [sink.read_text().strip()]


def test_a_second_rotation_ends_an_overlap_no_later(sink: Path) -> None:
    model = Model(sink)
    project, token = Project(model), declared(sink)
    project.apply(token)
    project.rotate(token, overlap=3600.0)
    project.rotate(token)
    assert model.enabled() == [sink.read_text().strip()]


def test_a_lock_that_is_lost_during_the_proof_takes_the_new_value_back(sink: Path) -> None:
    model, token = Model(sink), declared(sink)
    Project(model).apply(token)
    [former] = model.enabled()
    held = iter((True, False))
    with pytest.raises(Locked):
        Project(model, change=lambda site: replace(site, may_act=lambda _: next(held))).rotate(token)
    assert (model.enabled(), sink.read_text().strip()) == ([former], former)


class Forgetful(TokenJournal):
    """A journal that writes no intent down."""

    def intend(self, intent: TokenIntent) -> None:
        """Nothing is kept."""


def forget(site: Site) -> Site:
    site.journal.tokens = Forgetful(site.journal._store, site.journal.tokens._folder)
    return site


def test_an_intent_that_is_not_written_down_is_noticed(sink: Path) -> None:
    assert is_noticed(sink, change=forget)


def test_disabling_the_former_value_before_the_proof_is_noticed(sink: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = rotation.deliver

    def hasty(key, sink, edition, issuer, *, proven):  # type: ignore[no-untyped-def]
        rotation.disable(issuer.editions(key).enabled, issuer)
        return deliver(key, sink, edition, issuer, proven=proven)

    monkeypatch.setattr(rotation, "deliver", hasty)
    assert is_noticed(sink)


def test_settling_the_intent_before_the_proof_is_noticed(sink: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rotation._make

    def hasty(order, intent, before, issuer):  # type: ignore[no-untyped-def]
        edition = made(order, intent, before, issuer)
        issuer.journal.settle(intent)
        return edition

    monkeypatch.setattr(rotation, "_make", hasty)
    assert is_noticed(sink, goes_wrong=twice)


def test_enabling_a_disabled_value_again_is_noticed(sink: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def revive(order: rotation.Order, issuer: rotation.Issuer) -> None:
        newest = issuer.editions(order.key).newest
        if newest is not None and not newest.enabled:
            issuer.api.update_udf_access_token(newest.value, enabled=True)
        else:
            rotation.issue(order, issuer)

    monkeypatch.setattr(tokens, "issue", revive)
    token = declared(sink)
    before = [apply(token), apply(declared(sink, enabled=False))]
    model = lived(sink, before, last=apply(token))
    assert "a value that was disabled is enabled again" in model.problems


def test_the_delay_is_one_that_the_service_may_take() -> None:
    assert LATE < 150.0
