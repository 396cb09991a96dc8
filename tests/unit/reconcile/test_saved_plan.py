"""A kept plan holds what was reviewed, and the commit is no part of that."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fused_spec.errors import StalePlan
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, FieldChange, Plan, RemoteObject
from fused_spec.reconcile.reviewing.saved_plan import (
    SavedPlan,
    load,
    refuse_if_foreign,
    refuse_if_moved,
    refuse_if_spent,
    save,
    spend,
)
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Key, Kind
from fused_spec.udfs.gitrefs.checkout import Checkout, checkout_of
from tests.repositories import commit_files, in_git
from tests.unit.views.things import change, job, plan, run

NOW = datetime(2031, 5, 1, tzinfo=UTC)
NOWHERE = Checkout(missing="no git here")


def saved(made: Plan, checkout: Checkout = NOWHERE) -> SavedPlan:
    """The plan as its file gives it back."""
    kept = save(
        made, plan_id="1f", now=NOW, service="local", checkout=checkout, paths=["specs"], requests={"prune": False}
    )
    return load(kept.to_json())


def squash(repository: Path) -> None:
    in_git(repository, "checkout", "--quiet", "main")
    in_git(repository, "merge", "--quiet", "--squash", "topic")
    in_git(repository, "commit", "--quiet", "--message=squashed")


def rebase(repository: Path) -> None:
    in_git(repository, "checkout", "--quiet", "main")
    commit_files(repository, {"README.md": "unrelated"})
    in_git(repository, "checkout", "--quiet", "topic")
    in_git(repository, "rebase", "--quiet", "main")


def merge(repository: Path) -> None:
    in_git(repository, "checkout", "--quiet", "main")
    in_git(repository, "merge", "--quiet", "--no-ff", "--message=merged", "topic")


def add_nothing(repository: Path) -> None:
    in_git(repository, "commit", "--quiet", "--allow-empty", "--message=empty")


def add_something_else(repository: Path) -> None:
    commit_files(repository, {"README.md": "unrelated"})


def detach(repository: Path) -> None:
    in_git(repository, "checkout", "--quiet", "--detach")
    add_nothing(repository)


@pytest.mark.parametrize("later", [squash, rebase, merge, add_nothing, add_something_else, detach])
def test_a_plan_holds_at_another_commit_of_the_same_content(tmp_path: Path, later: Callable[[Path], None]) -> None:
    commit_files(tmp_path, {"specs/a.yaml": "a"})
    in_git(tmp_path, "checkout", "--quiet", "-b", "topic")
    commit_files(tmp_path, {"specs/a.yaml": "b"})
    made = plan(change("a"), change("b", action=Action.NONE, reason=Reason.UP_TO_DATE))
    kept = saved(made, checkout_of(tmp_path / "specs"))
    later(tmp_path)
    now = checkout_of(tmp_path / "specs")
    assert now.commit != kept.checkout.commit
    refuse_if_moved(kept, made, now)


def other_digest(one: Change) -> Change:
    return replace(one, after=replace(job(one.key.name), digest="d1:other"))


def other_run(one: Change) -> Change:
    return replace(one, before=replace(run(one.key.name), job_id="another"))


def other_action(one: Change) -> Change:
    return replace(one, action=Action.REPLACE)


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (other_digest, "the spec of Job/b is another one now"),
        (other_run, "the newest run of Job/b is another one now"),
        (other_action, "Job/b was to start, and would replace now"),
    ],
)
def test_one_thing_that_nobody_was_shown_refuses_the_whole(moved: Callable[[Change], Change], said: str) -> None:
    kept = saved(plan(change("a"), change("b"), change("c")))
    with pytest.raises(StalePlan, match=said) as refused:
        refuse_if_moved(kept, plan(change("a"), moved(change("b")), change("c")), NOWHERE)
    assert "Job/a" not in str(refused.value)


def test_a_refusal_says_why_something_else_would_be_done_now() -> None:
    now = change(action=Action.UPDATE, reason=Reason.SINK_LACKS_IT)
    with pytest.raises(StalePlan, match=r"would be updated now \(its sink lacks its value, which is written again\)"):
        refuse_if_moved(saved(plan(change(action=Action.NONE))), plan(now), NOWHERE)


def test_a_refusal_at_the_same_commit_tells_it_once() -> None:
    commit = Checkout(commit="a" * 40)
    with pytest.raises(StalePlan, match=r"\(as when it was made, this is commit a{12}\)"):
        refuse_if_moved(saved(plan(change()), commit), plan(other_digest(change())), commit)


def test_a_plan_that_was_carried_out_is_told_as_that_and_not_as_what_it_did(tmp_path: Path) -> None:
    kept, store = saved(plan(change())), LocalStore(tmp_path)
    refuse_if_spent(store, kept)
    spend(store, kept)
    for again in (refuse_if_spent, spend):
        with pytest.raises(StalePlan, match="the plan was carried out before"):
            again(store, kept)


def test_a_plan_for_the_local_service_of_another_clone_says_that_each_has_its_own() -> None:
    with pytest.raises(StalePlan) as refused:
        refuse_if_foreign(saved(plan()), scope="a1b2", target="local", service="another")
    assert str(refused.value.hint).startswith("each clone has a local service of its own; ")


def test_what_was_to_stay_as_it_is_and_would_start_now_is_refused() -> None:
    kept = saved(plan(change(action=Action.NONE)))
    with pytest.raises(StalePlan, match="Job/areas was to be left as it is, and would start now"):
        refuse_if_moved(kept, plan(change()), NOWHERE)


def test_a_job_that_came_and_one_that_went_are_refused() -> None:
    with pytest.raises(StalePlan, match=r"Job/b came since .* Job/a went since"):
        refuse_if_moved(saved(plan(change("a"))), plan(change("b")), NOWHERE)


def test_a_refusal_of_many_names_some_and_counts_the_rest() -> None:
    kept = saved(plan(*(change(f"j{n}") for n in range(30))))
    moved = plan(*(other_digest(change(f"j{n}")) for n in range(30)))
    with pytest.raises(StalePlan, match=r"Job/j4 .* and 25 more"):
        refuse_if_moved(kept, moved, NOWHERE)


def test_a_refusal_tells_both_commits_and_why_one_is_missing() -> None:
    kept = saved(plan(change()), Checkout(commit="a" * 40))
    with pytest.raises(StalePlan, match=r"made at commit a{12}, and this is no commit \(no git here\)"):
        refuse_if_moved(kept, plan(other_digest(change())), NOWHERE)


def test_a_saved_udf_that_somebody_changed_since_is_refused() -> None:
    key = Key(kind=Kind.UDF, name="at")

    def with_before(value: str) -> Plan:
        fields = (FieldChange(path="slug", before=value, after="at"),)
        before = RemoteObject(key=key, reference="u-1", differences=fields)
        return plan(Change(key=key, action=Action.UPDATE, reason=Reason.FIELDS_CHANGED, before=before))

    refuse_if_moved(saved(with_before("x")), with_before("x"), NOWHERE)
    with pytest.raises(StalePlan, match="Udf/at was changed by somebody else"):
        refuse_if_moved(saved(with_before("x")), with_before("y"), NOWHERE)


def test_a_file_holds_no_value_of_a_token() -> None:
    key, secret = Key(kind=Kind.TOKEN, name="at"), "fsh_" + "AbCdEfGh12345678"
    disabled = Change(
        key=key, action=Action.DISABLE, reason=Reason.NOT_IN_SPECS, before=RemoteObject(key=key, reference=secret)
    )
    assert secret not in saved(plan(disabled)).to_json()


@pytest.mark.parametrize(("version", "which"), [(1, "an earlier"), (2, "an earlier"), (4, "a later")])
def test_a_file_of_another_version_is_refused_with_what_to_do(version: int, which: str) -> None:
    content = json.loads(saved(plan(change())).to_json())
    with pytest.raises(StalePlan, match=f"by {which} version") as refused:
        load(json.dumps({**content, "fused-spec-plan": version, "commit": "abc"}))
    assert (refused.value.exit_code, refused.value.hint) == (6, "make a new plan, and review it again")


@pytest.mark.parametrize("other", [{"scope": "x"}, {"target": "x"}, {"service": "x"}])
def test_a_plan_of_another_project_target_or_service_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(StalePlan, match="and this is x"):
        refuse_if_foreign(saved(plan()), **{"scope": "a1b2", "target": "local", "service": "local", **other})


@given(data=st.data())
def test_any_slip_of_the_hand_in_the_file_is_noticed(data: st.DataObject) -> None:
    text = saved(plan(change("a"), change("b"))).to_json()
    at = data.draw(st.integers(0, len(text) - 2))
    slipped = text[:at] + data.draw(st.characters(codec="ascii")) + text[at + 1 :]
    try:
        same = json.loads(slipped) == json.loads(text)
    except ValueError:
        same = False
    if not same:
        with pytest.raises(StalePlan):
            load(slipped)
