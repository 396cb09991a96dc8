"""Values that do not fit an annotation: what the specs' check refuses is what the engine refuses."""

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.calling.arguments import BadArgument, _coerced
from fused_spec.engine.standin.types import types
from fused_spec.spec.udfs.argument_kinds import UNKNOWN, wanted_instead, words_of

ANNOTATIONS = [
    *("int", "float", "bool", "str", "list", "dict", "tuple", "list[int]", "dict[str, int]", "int | None"),
    *(
        "Optional[int]",
        "Union[int, list[str]]",
        "float | str",
        "Annotated[int, 'x']",
        "'int | None'",
        "'Optional[bool]'",
    ),
    *(
        "datetime",
        "date",
        "time",
        "UUID",
        "Bounds",
        "int | Unheard",
        "List[str]",
        "Dict",
        "Tuple[int, int]",
        "bool | list",
    ),
]
NAMES: dict[str, Any] = {"Bounds": types.Bounds, "Unheard": type("Unheard", (), {})}
exec("from typing import *\nfrom datetime import *\nfrom uuid import UUID", NAMES)

SCALARS = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats(allow_nan=False) | st.text(max_size=5)
WRITTEN = st.sampled_from(
    ["1", "1.5", "yes", "[1]", '{"a": 1}', "[1, 2, 3, 4]", "null", "2024-01-31", "12:00", "5" * 9]
)
VALUES = st.recursive(
    SCALARS | WRITTEN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=6,
)


def words(annotation: str) -> str:
    return words_of(ast.parse(annotation, mode="eval").body)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", "int"),
        ("list[int] | None", "list"),
        ("t.Optional[t.List[int]]", "list"),
        ("Union[int, 'float']", "int|float"),
        ("Annotated[int, Ge(1)]", "int"),
        ("datetime.date", "date"),
        ("f(x)", UNKNOWN),
        ("'int |'", UNKNOWN),
        ("None", ""),
    ],
)
def test_an_annotation_is_known_by_its_names(annotation: str, expected: str) -> None:
    assert words(annotation) == expected


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        ("int | None", "x", "a whole number"),
        ("Optional[int]", 1.5, "a whole number"),
        ("list[int]", "1, 2", "a list"),
        ("dict[str, int]", "[1]", "an object"),
        ("int | list", "x", "a whole number or a list"),
        ("str", {"a": 1}, "text"),
        ("date", "2024-02-30", "a day such as 2024-01-31"),
        ("Bounds", [1, 2, 3], "four numbers: west, south, east, north"),
        ("UUID", "x", "a UUID"),
        ("int | Unheard", "x", None),
        ("int | str", "x", None),
        ("list", [1], None),
        ("list", "[1]", None),
        ("int", None, None),
    ],
)
def test_what_does_not_fit_is_told_by_what_would(annotation: str, value: Any, wanted: str | None) -> None:
    assert wanted_instead(value, words(annotation)) == wanted


@given(annotation=st.sampled_from(ANNOTATIONS), value=VALUES)
def test_what_the_specs_refuse_the_engine_refuses(annotation: str, value: Any) -> None:
    if wanted_instead(value, words(annotation)) is None:
        return
    with pytest.raises((BadArgument, OverflowError)):
        _coerced("it", json.loads(json.dumps(value)), eval(annotation, dict(NAMES)))
