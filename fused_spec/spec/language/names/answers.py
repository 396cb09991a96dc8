"""What a name in `${…}` stands for: a value with its place, a hole where there is none yet, or a mistake."""

import json
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.messages.named_secrets import Named
from fused_spec.spec.documents.positions import Place
from fused_spec.spec.language.merging.layer import Layer
from fused_spec.spec.language.names.templates import Mistake, Reference

VALUE = 64
"""How many characters weigh as much as a value."""


class Found(NamedTuple):
    """A value, where it stands (None where nothing in a file says it), and the words for that."""

    value: Any
    place: Place | None
    said: str
    text: str | None = None
    """How it reads within a text, where that is not its own spelling."""
    is_volatile: bool = False


class Hole(NamedTuple):
    """A value that nobody has given yet."""

    name: str
    stand_in: Any = None
    """A value of its type; None where that is not known, as of a part of an object."""


Answer = Found | Hole | Named | Mistake
"""A secret stands for itself, by its name: its value is read long after."""


def within(answer: Answer, reference: Reference) -> Answer:
    """What a reference's path leads to, in what its first name stands for."""
    for depth, step in enumerate(reference.path[1:], 2):
        if not isinstance(answer, Found):
            return Hole(str(reference)) if isinstance(answer, Hole) else answer
        value, name = answer.value, str(Reference(reference.namespace, reference.path[: depth - 1]))
        if isinstance(step, int) and isinstance(value, list):
            if step >= len(value):
                return Mistake("no-such-name", f"{name} has {len(value)} items", "the first is [0]")
        elif isinstance(step, str) and isinstance(value, dict):
            if step not in value:
                meant = nearest(step, value)
                hint = guess(step, meant) if meant else f"it has {', '.join(value) or 'none'}"
                return Mistake("no-such-name", f'{name} has no field "{step}"', hint)
        else:
            what = "[0] is for items of a list" if isinstance(step, int) else ".name is for fields of a mapping"
            return Mistake("no-such-name", f"{name} is {_noun(value)}, and {what}", f"write ${{{name}}}")
        inner = Layer(value, answer.place).at((step,)) if answer.place is not None else None
        answer = Found(value[step], inner.place if inner else answer.place, answer.said, None, answer.is_volatile)
    return answer


def text_of(found: Found) -> str | None:
    """How a value reads within a text; None for what cannot stand in one."""
    if found.text is not None:
        return found.text
    value = found.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json.dumps(value)
    return None


def _noun(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {str: "text", bool: "true or false", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), "a number")


def is_heavier(value: Any, most: int) -> bool:
    """Whether a value has more than so many characters, each value in it taken for `VALUE` of them.

    No more of it is looked at than that.
    """
    left = [value]
    while left:
        one = left.pop()
        most -= VALUE + (len(one) if isinstance(one, str) else 0)
        if most < 0:
            return True
        if isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one
    return False
