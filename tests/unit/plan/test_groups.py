"""Which changes are told together."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.groups import Group, groups
from fused_spec.plan.model import Change, FieldChange
from tests.unit.views.things import change, field, job, run


def names(made: tuple[Group, ...]) -> list[list[str]]:
    return [[one.key.name for one in group.changes] for group in made]


def new(name: str, **parameters: object) -> Change:
    payload = {"config": {"steps": [{"type": "udf", "udf": {"code": "a\nb\n", "parameters": parameters}}]}}
    return replace(change(name, reason=Reason.NEVER_RAN), before=None, after=job(name, payload))


def test_equal_differences_are_one_group() -> None:
    same = (field("year", 2023, 2024),)
    [group] = groups([change("a", fields=same), change("b", fields=same)])
    assert group.fields == same


def test_an_equal_diff_of_code_is_one_group_and_another_stands_alone() -> None:
    code, other = (field("code", "a\n", "b\n"),), (field("code", "a\n", "c\n"),)
    made = groups([change("a", fields=code), change("x", fields=other), change("b", fields=code)])
    assert names(made) == [["a", "b"], ["x"]]


def test_jobs_that_differ_in_one_value_are_one_group_with_the_values() -> None:
    [group] = groups([change(f"t{n}", fields=(field("tile", n, n + 1), field("year", 1, 2))) for n in range(300)])
    assert group.fields == (field("year", 1, 2),)
    assert [one.after for one in group.varying["tile"]] == list(range(1, 301))


def test_two_jobs_that_differ_in_a_value_stand_alone() -> None:
    made = groups([change(f"t{n}", fields=(field("tile", n, n + 1),)) for n in range(2)])
    assert names(made) == [["t0"], ["t1"]]


def test_jobs_that_differ_in_many_fields_stand_alone() -> None:
    made = groups([change(f"t{n}", fields=tuple(field(f"f{k}", n, n + k) for k in range(9))) for n in range(4)])
    assert [len(group.changes) for group in made] == [1, 1, 1, 1]


def test_a_job_that_changes_in_one_more_field_is_an_exception_of_its_group() -> None:
    year = (field("year", 2023, 2024),)
    made = groups(
        [
            change("a", fields=year),
            change("odd", fields=(*year, field("disk", 50, 200))),
            change("b", fields=year),
            change("c", fields=year),
        ]
    )
    assert names(made) == [["a", "odd", "b", "c"]]
    [(odd, fields)] = made[0].exceptions
    assert (odd.key.name, fields) == ("odd", (field("disk", 50, 200),))


def test_a_job_with_another_value_than_nearly_all_is_an_exception() -> None:
    [group] = groups([change(f"t{n}", fields=(field("year", 1, 3 if n == 7 else 2),)) for n in range(20)])
    assert group.fields == (field("year", 1, 2),)
    [(odd, fields)] = group.exceptions
    assert (odd.key.name, fields) == ("t7", (field("year", 1, 3),))


def test_new_jobs_are_compared_by_what_they_declare() -> None:
    [group] = groups([new(f"t{n}", tile=n, year=2024) for n in range(5)])
    assert list(group.varying) == ["config.steps.0.udf.parameters.tile"]


def test_jobs_are_apart_that_are_held_for_different_errors() -> None:
    held = [
        replace(
            change(name, action=Action.HOLD, reason=Reason.HELD),
            before=replace(run(name, status=RunStatus.FAILED), error=error),
        )
        for name, error in (("a", "x"), ("b", "y"), ("c", "x"))
    ]
    assert names(groups(held)) == [["a", "c"], ["b"]]


def test_what_takes_something_away_or_overwrites_for_others_comes_first() -> None:
    made = groups(
        [
            change("still", action=Action.NONE),
            change("start"),
            replace(change("served"), notes=("token x serves it",)),
            change("cancel", action=Action.CANCEL),
            change("replace", action=Action.REPLACE),
        ]
    )
    assert names(made) == [["cancel"], ["replace"], ["served"], ["start"], ["still"]]


def test_values_that_have_changed_places_are_no_likeness() -> None:
    made = groups(
        [
            change("a", fields=(field("disk", 1, 2), field("region", 1, 2), field("image", 2, 1))),
            change("b", fields=(field("disk", 1, 2), field("image", 1, 2), field("region", 2, 1))),
        ]
    )
    assert names(made) == [["a"], ["b"]]


VALUES = st.one_of(st.integers(0, 2), st.sampled_from(["a", "a\nb\n", None]))


@st.composite
def some_change(draw: st.DrawFn) -> Change:
    paths = draw(st.lists(st.sampled_from(["p", "q", "r"]), unique=True, max_size=3))
    fields: tuple[FieldChange, ...] = tuple(field(path, draw(VALUES), draw(VALUES)) for path in paths)
    action = draw(st.sampled_from([Action.START, Action.CANCEL, Action.NONE, Action.HOLD]))
    return change(f"j{draw(st.integers(0, 10**6))}", action=action, fields=fields)


@given(changes=st.lists(some_change(), max_size=30))
def test_each_change_is_in_one_group_and_each_of_its_differences_is_told(changes: list[Change]) -> None:
    made = groups(changes)
    assert sorted(id(one) for group in made for one in group.changes) == sorted(map(id, changes))
    for group in made:
        for place, one in enumerate(group.changes):
            told = {field.path: field for field in group.fields}
            told |= {path: values[place] for path, values in group.varying.items()}
            told |= {field.path: field for odd, fields in group.exceptions if odd is one for field in fields}
            assert {path: (field.before, field.after) for path, field in told.items()} == {
                field.path: (field.before, field.after) for field in one.fields
            }
