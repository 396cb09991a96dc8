"""Field by field, for display."""

import pytest

from fused_spec.plan.diff import field_changes
from fused_spec.plan.model import ABSENT, FieldChange


def paths(before: object, after: object) -> list[str]:
    return [change.path for change in field_changes(before, after)]


def test_equal_trees_differ_nowhere() -> None:
    assert field_changes({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}) == ()


def test_a_field_that_comes_or_goes_is_absent_on_the_other_side() -> None:
    assert field_changes({"a": 1}, {"b": 2}) == (
        FieldChange(path="b", before=ABSENT, after=2),
        FieldChange(path="a", before=1, after=ABSENT),
    )


def test_lists_of_one_length_are_compared_item_by_item() -> None:
    assert paths({"steps": [1, 2]}, {"steps": [1, 3]}) == ["steps.1"]


def test_a_list_in_which_very_much_differs_is_one_difference() -> None:
    assert paths({"a": list(range(100))}, {"a": [*range(20, 120)]}) == ["a"]


def test_lists_of_other_lengths_differ_whole() -> None:
    assert paths({"steps": [1]}, {"steps": [1, 2]}) == ["steps"]


def test_true_is_not_one() -> None:
    assert paths({"a": True}, {"a": 1}) == ["a"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (1, 1.0),
        (1, "1"),
        (0.0, -0.0),
        (None, ABSENT),
        ({}, ABSENT),
        ({}, []),
        ("a\n", "a"),
        ("é", "e\u0301"),
    ],
)
def test_what_is_spelled_otherwise_is_another_value(before: object, after: object) -> None:
    trees = [{"a": value} if value is not ABSENT else {} for value in (before, after)]
    assert paths(*trees) == paths(*reversed(trees)) == ["a"]


def test_the_order_of_keys_is_no_difference() -> None:
    assert paths({"a": [{"b": 1, "c": 2}]}, {"a": [{"c": 2, "b": 1}]}) == []
