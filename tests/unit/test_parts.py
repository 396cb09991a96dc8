"""Which elements are meant, as stretches of their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.jobs.parts import Part, Stretches, elements_of, number_in, part_in, part_to_json

NUMBERS = st.sets(st.integers(0, 60)).map(sorted)


@given(NUMBERS)
def test_stretches_hold_the_numbers_that_they_were_made_of(numbers: list[int]) -> None:
    assert list(Stretches.of(numbers)) == numbers


@given(NUMBERS)
def test_stretches_come_back_from_their_text(numbers: list[int]) -> None:
    assert Stretches.parse(str(Stretches.of(numbers))) == Stretches.of(numbers)


@given(NUMBERS, NUMBERS)
def test_what_is_taken_away_is_not_in_the_rest(numbers: list[int], others: list[int]) -> None:
    assert set(Stretches.of(numbers) - Stretches.of(others)) == set(numbers) - set(others)


@given(NUMBERS)
def test_places_count_the_numbers(numbers: list[int]) -> None:
    stretches = Stretches.of(numbers)
    assert [stretches.number_of(place) for place in range(len(stretches))] == numbers


@pytest.mark.parametrize("place", [-1, 2])
def test_there_is_no_number_at_a_place_beyond(place: int) -> None:
    with pytest.raises(IndexError):
        Stretches.of([3, 4]).number_of(place)


@pytest.mark.parametrize("text", ["a", "1,", "-1", "3-2", "2,1", "1,2", "1-3,3", " 1", "1;2", "9999999999"])
def test_what_is_not_exactly_right_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="stretches"):
        Stretches.parse(text)


def test_a_part_comes_back_from_json() -> None:
    part = Part(of=300, elements=Stretches.of([7, 100, 101]), after="run-1")
    assert part_in(part_to_json(part)) == part


def test_no_part_means_all() -> None:
    assert part_in(part_to_json(None)) is None


@pytest.mark.parametrize(
    "told",
    [
        "3",
        {"of": 3, "elements": "0-3", "after": "run-1"},
        {"of": 3, "elements": "", "after": "run-1"},
        {"of": "3", "elements": "0", "after": "run-1"},
        {"of": 3, "elements": [0], "after": "run-1"},
        {"of": 3, "elements": "0"},
    ],
)
def test_a_part_that_is_not_exactly_right_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match=r"part|stretches"):
        part_in({"part": told})


def test_a_task_of_a_part_has_the_number_of_its_element() -> None:
    part = Part(of=300, elements=Stretches.of([7, 100]), after="run-1")
    number = number_in({"fused-spec": part_to_json(part)})
    assert [number(0), number(1)] == [7, 100]


@pytest.mark.parametrize("metadata", [None, {}, {"fused-spec": 1}, {"fused-spec": {"part": 1}}, {"fused-spec": {}}])
def test_any_other_task_has_its_own_number(metadata: dict[str, object] | None) -> None:
    assert number_in(metadata)(3) == 3


@pytest.mark.parametrize(
    "steps",
    [
        [{"type": "udf", "input": [1]}],
        [{"type": "udf"}],
        [{"type": "udf", "input": [1, 2]}, {"type": "udf", "input": [1, 2]}],
        [{"type": "partition_geospatial", "input": ["a", "b"]}],
        None,
    ],
)
def test_only_a_single_step_that_is_called_for_each_of_a_list_has_elements(steps: object) -> None:
    assert elements_of({"steps": steps}) is None


def test_the_elements_of_a_map_are_those_of_its_input() -> None:
    assert elements_of({"steps": [{"type": "udf", "input": ["a", "b"]}]}) == ["a", "b"]
