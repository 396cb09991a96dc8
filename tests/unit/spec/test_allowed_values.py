"""Values that annotations list, as the syntax of a UDF tells them."""

from typing import Any

import pytest

from fused_spec.spec.udfs.functions import Function
from fused_spec.spec.udfs.python_source import Syntax, syntax_of

CODE = """
import enum
from enum import Enum, IntEnum, StrEnum, auto
import typing as t
from typing import *
class Colour(Enum):
    RED = "r"
    GREEN = "g"
class Word(StrEnum):
    YES = auto()
class Level(enum.IntEnum):
    LOW = auto()
    HIGH = 7
class Computed(Enum):
    A = f()
class Open(Enum):
    A = "a"
    @classmethod
    def _missing_(cls, value): return cls.A
Mode = Literal["x", "y"]
Other = Literal["x"]
Other = str
def udf(a: {annotation} = None): pass
"""


def function(annotation: str) -> Function:
    syntax = syntax_of(CODE.format(annotation=annotation))
    assert isinstance(syntax, Syntax)
    return syntax.functions[-1]


REFUSED = [
    ("Literal['x', 'y']", "q", '"x" or "y"'),
    ("t.Literal['x', 'y']", "q", '"x" or "y"'),
    ("'Literal[\"x\"]'", "q", '"x"'),
    ("Mode", "q", '"x" or "y"'),
    ("Optional[Mode]", "q", '"x" or "y"'),
    ("Mode | None", "q", '"x" or "y"'),
    ("Mode | int", "q", '"x" or "y" or a whole number'),
    ("Annotated[Mode, 5]", "q", '"x" or "y"'),
    ("list[Mode]", ["x", "q"], 'a list of "x" or "y"'),
    ("list[Mode]", "q", 'a list of "x" or "y"'),
    ("list[Mode]", '["q"]', 'a list of "x" or "y"'),
    ("Colour", "q", '"r" or "g"'),
    ("Colour", 1, '"r" or "g"'),
    ("Literal[Colour.RED]", "g", '"r"'),
    ("Word", "no", '"yes"'),
    ("Level", 2, "1 or 7"),
    ("Literal[1, 2]", True, "1 or 2"),
]


@pytest.mark.parametrize(("annotation", "value", "wanted"), REFUSED, ids=[f"{one[0]} {one[1]!r}" for one in REFUSED])
def test_a_value_that_is_not_listed_is_told_those_that_are(annotation: str, value: Any, wanted: str) -> None:
    assert function(annotation).wanted_instead("a", value) == wanted


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("Mode", "x"),
        ("Mode", None),
        ("Mode | int", "5"),
        ("Mode | str", "q"),
        ("Mode | Elsewhere", "q"),
        ("list[Mode]", ["x", "y"]),
        ("list[Mode]", '["x"]'),
        ("list[Mode] | Mode", "x"),
        ("Colour", "r"),
        ("Colour", "RED"),
        ("Literal[Colour.RED]", "RED"),
        ("Literal[1, 2]", "2"),
        ("Literal[elsewhere]", "q"),
        ("Level", 1),
        ("Computed", "q"),
        ("Open", "q"),
        ("Other", "q"),
        ("Elsewhere", "q"),
        ("dict[str, Mode]", {"a": "q"}),
    ],
)
def test_a_value_that_is_listed_or_of_which_nothing_is_sure_is_fine(annotation: str, value: Any) -> None:
    assert function(annotation).wanted_instead("a", value) is None
