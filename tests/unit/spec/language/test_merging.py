"""The one operator that puts a stronger layer over a weaker."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.documents.positions import Place, Spot
from fused_spec.spec.language.merging.layer import Told
from fused_spec.spec.language.merging.merge import finished, over
from fused_spec.spec.language.merging.shapes import shape_of
from tests.depth import examples

JOB = shape_of("Job")


def sited(tree: Any, file: str = "a.yaml") -> tuple[Any, Place]:
    """A tree with a place for each of its values, which tells in what file it stands."""
    mark = Spot(file, 0, 0)
    if isinstance(tree, dict):
        return tree, (mark, {name: (mark, sited(one, file)[1]) for name, one in tree.items()})
    if isinstance(tree, list):
        return tree, (mark, [sited(one, file)[1] for one in tree])
    return tree, (mark, None)


def put_together(*layers: Any) -> tuple[Any, list[Diagnostic]]:
    told = Told("a.yaml")
    whole = sited(layers[0])
    for layer in layers[1:]:
        whole = over(whole, sited(layer), JOB, told)
    return finished(whole, JOB, told)[0], told.problems


def spec(*layers: Any) -> Any:
    """The layers of a `spec` put together; nothing may be wrong."""
    whole, problems = put_together(*({"spec": layer} for layer in layers))
    assert problems == []
    return whole["spec"]


STEPS = {"config": {"steps": [{"name": "render", "type": "udf", "n_processes": 1}, {"name": "index", "type": "udf"}]}}


@pytest.mark.parametrize(
    ("weak", "strong", "expected"),
    [
        ({"region": "us-west-2"}, {"disk_size_gb": 5}, {"region": "us-west-2", "disk_size_gb": 5}),
        ({"disk_size_gb": 4}, {"disk_size_gb": 5}, {"disk_size_gb": 5}),
        ({"run": {"retries": 2}}, {"run": {"timeout": "2h"}}, {"run": {"retries": 2, "timeout": "2h"}}),
        ({"env": {"A": "1", "B": "2"}}, {"env": {"B": None}}, {"env": {"A": "1", "B": None}}),
        ({"needs": ["a"]}, {"needs": ["b"]}, {"needs": ["b"]}),
        ({"run": {"retries": 2}}, {"run": None}, {"run": None}),
        ({"run": None}, {"run": {"retries": 2}}, {"run": {"retries": 2}}),
        ({"env": {"A": "1"}}, {"env": {"$replace": True, "B": "2"}}, {"env": {"B": "2"}}),
    ],
)
def test_a_stronger_layer_stands_over_a_weaker(weak: Any, strong: Any, expected: Any) -> None:
    assert spec(weak, strong) == expected


def test_parameters_are_merged_by_name_and_what_is_in_one_is_one_value() -> None:
    weak = {"config": {"steps": [{"name": "a", "udf": {"parameters": {"box": {"w": 1, "s": 2}, "n": 1}}}]}}
    strong = {"config": {"steps": {"a": {"udf": {"parameters": {"box": {"w": 9}}}}}}}
    assert spec(weak, strong)["config"]["steps"] == [{"name": "a", "udf": {"parameters": {"box": {"w": 9}, "n": 1}}}]


def test_of_alternatives_the_stronger_takes_the_place_of_the_weaker() -> None:
    weak = {"config": {"steps": [{"name": "a", "udf": {"file": "a.py", "name": "u"}}]}}
    strong = {"config": {"steps": {"a": {"udf": {"git": "https://example.com/a.py"}}}}}
    assert spec(weak, strong)["config"]["steps"][0]["udf"] == {"name": "u", "git": "https://example.com/a.py"}


def test_a_mapping_over_a_list_changes_the_items_of_these_names() -> None:
    steps = spec(STEPS, {"config": {"steps": {"render": {"n_processes": 4}}}})["config"]["steps"]
    assert steps == [{"name": "render", "type": "udf", "n_processes": 4}, {"name": "index", "type": "udf"}]


@pytest.mark.parametrize(
    ("strong", "code", "message"),
    [
        ({"config": {"steps": {"rendr": {}}}}, "no-such-item", 'no step has the name "rendr"'),
        ({"config": {"steps": {"render": {"name": "x"}}}}, "no-such-item", '"name" is what the steps are known by'),
        ({"run": ["a"]}, "different-shapes", '"run" is a list here and a mapping at'),
    ],
)
def test_what_does_not_fit_together_is_told(strong: Any, code: str, message: str) -> None:
    _, problems = put_together({"spec": {**STEPS, "run": {"retries": 1}}}, {"spec": strong})
    assert [(one.code, one.message[: len(message)]) for one in problems] == [(code, message)]


def test_a_mapping_over_no_list_is_told() -> None:
    _, problems = put_together({"spec": {"config": {"steps": {"render": {}}}}})
    assert [one.code for one in problems] == ["no-such-item"]


def test_a_value_keeps_the_place_of_the_layer_that_said_it() -> None:
    told = Told("a.yaml")
    weak, strong = sited({"spec": {"region": "a"}}, "weak.yaml"), sited({"spec": {"disk_size_gb": 1}}, "strong.yaml")
    _, place = over(weak, strong, JOB, told)
    inside = place[1]["spec"][1][1]
    assert [inside[name][1][0].path for name in ("region", "disk_size_gb")] == ["weak.yaml", "strong.yaml"]


_SCALARS = st.sampled_from([None, 1, 2, "a", "b"])
_ENV = st.one_of(
    _SCALARS, st.dictionaries(st.sampled_from(["A", "B", "$replace"]), _SCALARS | st.just(True), max_size=3)
)
_UDF = st.dictionaries(
    st.sampled_from(["file", "git", "name", "$replace"]), st.sampled_from(["x", "y"]) | st.just(True)
)
_STEP = st.fixed_dictionaries({}, optional={"n_processes": _SCALARS, "udf": _UDF | st.none()})
_STEP_NAMES = st.sampled_from(["a", "b", "c"])
_STEPS = st.one_of(
    st.dictionaries(_STEP_NAMES, _STEP, max_size=3).map(
        lambda steps: [{"name": name, **step} for name, step in steps.items()]
    ),
    st.dictionaries(_STEP_NAMES, _STEP, max_size=2),  # patches of the items of these names
)
_LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "region": _SCALARS,
        "env": _ENV,
        "run": st.one_of(st.none(), st.dictionaries(st.sampled_from(["retries", "timeout"]), _SCALARS)),
        "config": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"steps": _STEPS, "name": _SCALARS})),
        "$replace": st.just(True),
    },
).map(lambda layer: {"spec": layer})


def merge(left: tuple[Any, Place], right: tuple[Any, Place], told: Told) -> tuple[Any, Place]:
    return over(left, right, JOB, told)


@examples(400)
@given(_LAYERS, _LAYERS, _LAYERS)
def test_any_grouping_of_layers_gives_the_same(one: Any, two: Any, three: Any) -> None:
    told = Told("a.yaml")
    first, second, third = sited(one), sited(two), sited(three)
    left = finished(merge(merge(first, second, told), third, told), JOB, told)
    right = finished(merge(first, merge(second, third, told), told), JOB, told)
    # What does not fit together has no right value.
    assert told.problems or left == right


@examples(400)
@given(_LAYERS)
def test_a_layer_over_itself_is_itself(layer: Any) -> None:
    told = Told("a.yaml")
    one = sited(layer)
    assert finished(merge(one, one, told), JOB, told) == finished(one, JOB, told)


@examples(400)
@given(_LAYERS, _LAYERS)
def test_a_layer_under_others_says_nothing_that_it_does_not_say_again_over_them(one: Any, two: Any) -> None:
    """So that a fragment that is used twice stands but once, where it is strongest."""
    told = Told("a.yaml")
    first, second = sited(one), sited(two)
    twice = finished(merge(merge(first, second, told), first, told), JOB, told)
    once = finished(merge(second, first, told), JOB, told)
    # Patches need the list that they change below them.
    assert told.problems or twice[0] == once[0]


@examples(400)
@given(_LAYERS)
def test_a_layer_that_says_nothing_changes_nothing(layer: Any) -> None:
    told, one, nothing = Told("a.yaml"), sited(layer), sited({})
    whole = finished(one, JOB, told)[0]
    assert finished(merge(one, nothing, told), JOB, told)[0] == whole
    assert finished(merge(nothing, one, told), JOB, told)[0] == whole


@examples(400)
@given(_LAYERS, _LAYERS)
def test_merging_changes_neither_layer(one: Any, two: Any) -> None:
    before = repr((one, two))
    merge(sited(one), sited(two), Told("a.yaml"))
    assert repr((one, two)) == before


@examples(200)
@given(st.permutations(["a", "b", "c"]), st.dictionaries(_STEP_NAMES, st.integers(1, 4), min_size=1))
def test_patches_of_different_items_may_come_in_any_order(order: list[str], said: dict[str, int]) -> None:
    steps = [{"name": name, "type": "udf"} for name in ("a", "b", "c")]
    patches = [{"config": {"steps": {name: {"n_processes": said[name]}}}} for name in order if name in said]
    merged = spec({"config": {"steps": steps}}, *patches)["config"]["steps"]
    assert merged == [one | ({"n_processes": said[one["name"]]} if one["name"] in said else {}) for one in steps]
