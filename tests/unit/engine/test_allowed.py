"""Parameters that list their values, at the call of a UDF."""

from typing import Any

import pytest

from fused_spec.engine.calling.arguments import BadArgument, bind
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.udfs.runner import load_udf
from fused_spec.wire import Udf

CODE = """
{future}
import enum
from typing import Annotated, Literal, Optional, Sequence, Union
class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"
class Word(enum.StrEnum):
    YES = enum.auto()
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2
class Rights(enum.Flag):
    READ = 1
    WRITE = 2
Mode = Literal["x", "y"]
def udf({signature}): pass
"""


def loaded(signature: str, future: str = "", **stored: Any) -> Binding:
    return load_udf(Udf(entrypoint="udf", code=CODE.format(signature=signature, future=future), parameters=stored))


def shown(value: Any) -> str:
    """A member by its name, since each load makes its classes anew."""
    if isinstance(value, list | tuple | set):
        return f"{type(value).__name__}({', '.join(map(shown, value))})"
    return f"{type(value).__name__}.{value.name}" if hasattr(value, "name") else repr(value)


CASES = [
    ("Literal['x', 'y']", "x", "'x'"),
    ("Mode", "y", "'y'"),
    ("Literal[1, 2]", "2", "2"),
    ("Literal[1, 2]", 2, "2"),
    ("Literal[True, 'auto']", "true", "True"),
    ("Optional[Literal['x']]", "x", "'x'"),
    ("Optional[Literal['x']]", "null", "None"),
    ("Literal['x'] | None", None, "None"),
    ("Literal['auto'] | int", "5", "5"),
    ("Literal['auto'] | int", "auto", "'auto'"),
    ("Literal['1'] | int", 1, "1"),
    ("Annotated[Mode, 'doc']", "x", "'x'"),
    ("Literal[Colour.RED]", "r", "Colour.RED"),
    ("Colour", "r", "Colour.RED"),
    ("Colour", "GREEN", "Colour.GREEN"),
    ("Optional[Colour]", "g", "Colour.GREEN"),
    ("Colour | str", "blue", "'blue'"),
    ("Colour | str", "r", "Colour.RED"),
    ("Colour | str", "RED", "'RED'"),
    ("Word", "yes", "Word.YES"),
    ("Level", 2, "Level.HIGH"),
    ("Level", "2", "Level.HIGH"),
    ("Rights", 3, "Rights.READ|WRITE"),
    ("list[Literal['x', 'y']]", ["y", "x"], "list('y', 'x')"),
    ("list[Colour]", '["r", "g"]', "list(Colour.RED, Colour.GREEN)"),
    ("Sequence[Level]", [1], "list(Level.LOW)"),
    ("tuple[Level, ...]", [1, 2], "tuple(Level.LOW, Level.HIGH)"),
    ("tuple[Mode, int]", ["x", "5"], "tuple('x', 5)"),
    ("list[Optional[Colour]]", ["r", None], "list(Colour.RED, None)"),
    ("list[Mode] | Mode", ["x"], "list('x')"),
    ("list[Mode] | Mode", "y", "'y'"),
]


@pytest.mark.parametrize("future", ["", "from __future__ import annotations"], ids=["read", "as text"])
@pytest.mark.parametrize(("annotation", "given", "got"), CASES, ids=[f"{one[0]} {one[1]!r}" for one in CASES])
def test_the_udf_gets_the_value_that_is_meant(annotation: str, given: Any, got: str, future: str) -> None:
    assert shown(bind(loaded(f"a: {annotation}", future), {"a": given})["a"]) == got


@pytest.mark.parametrize(
    ("annotation", "given", "told"),
    [
        ("Literal['x', 'y']", "q", """a='q' is not allowed; write "x" or "y\""""),
        ("Mode", "q", """a='q' is not allowed; write "x" or "y\""""),
        ("Literal[1, 2]", True, "a=True is not allowed; write 1 or 2"),
        ("Colour", "q", """a='q' is not allowed; write "r" or "g\""""),
        ("Colour", 1, """a=1 is not allowed; write "r" or "g\""""),
        ("Level", True, "a=True is not allowed; write 1 or 2"),
        ("Optional[Mode]", "q", """write "x" or "y\""""),
        ("list[Mode]", ["x", "q"], """write "x" or "y\""""),
        ("list[Mode]", "x", "write a list as"),
        ("list[Mode]", {"x": 1}, "write a list"),
        ("Literal['auto'] | int", "q", """write "auto"; or what can be read as int"""),
    ],
)
def test_a_value_that_is_not_listed_is_refused_with_those_that_are(annotation: str, given: Any, told: str) -> None:
    with pytest.raises(BadArgument) as refused:
        bind(loaded(f"a: {annotation}, b=1"), {"a": given})
    assert told in str(refused.value)


def test_a_stored_value_is_held_to_the_list_as_well() -> None:
    with pytest.raises(BadArgument, match="a='q' is not allowed"):
        bind(loaded("a: Mode", a="q"))


def test_a_default_stays_what_it_is() -> None:
    assert bind(loaded("a: Colour = Colour.RED, b=1"), {"b": 2}) == {"b": 2}


def test_an_annotation_that_names_what_is_not_there_allows_anything() -> None:
    assert bind(loaded("a: 'Elsewhere'"), "q") == {"a": "q"}
