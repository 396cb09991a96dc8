"""The elements of a dimension: what each is, and what it is known by."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from fused_spec.spec.documents.positions import Place, Pointer
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.language.merging.layer import Layer, Told

AT: Pointer = ("matrix",)
KEY = "key"
"""The field of a mapping that has its key, where no other is named."""


class Element(NamedTuple):
    """One element of a dimension: what it is known by, what it is, and where it stands.

    `text` is how it reads within a text.
    """

    key: str
    value: Any
    place: Place
    text: str

    @property
    def is_label(self) -> bool:
        """Whether it is a label of the calendar, which is its key unless a part of it is named."""
        return isinstance(self.value, dict) and "start" in self.value and self.value.get("key") == self.key


def element_of(layer: Layer, dimension: str, by: str | None, told: Told) -> Element | None:
    """The element that a value is; `by` is the field of a mapping that has its key."""
    value = layer.tree
    if isinstance(value, dict):
        name = by or KEY
        if name not in value:
            hint = f"add {name}: …, a short word that stays the same" if by is None else f'add "{by}"'
            message = f'an element of "{dimension}" has no "{name}"'
            told.tell("bad-element", message, layer.place, hint, (*AT, dimension))
            return None
        key = key_text(value[name])
    else:
        key = key_text(value)
    if key is None:
        message = f'an element of "{dimension}" is text, a number, or a mapping with a key, not {spelt(value)}'
        told.tell("bad-element", message, layer.place, "write a short word", (*AT, dimension))
        return None
    return Element(key, value, layer.place, key)


def slug(key: str) -> str:
    """A key as a part of a name: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")


def check_keys(elements: Sequence[Element], dimension: str, told: Told) -> list[Element]:
    """The elements without those whose key another one has, or that have none that a name can hold."""
    first: dict[str, Element] = {}
    for one in elements:
        word = slug(one.key)
        if not word:
            message = f"no name can be made of {spelt(one.key)}"
            told.tell("bad-element", message, one.place, "give it a key with a letter or digit", (*AT, dimension))
        elif word in first:
            before = told.where(first[word].place)
            message = f'two elements of "{dimension}" have the key {word} (the other at {before})'
            told.tell("double-key", message, one.place, "remove one, or give it a `key` of its own", (*AT, dimension))
        else:
            first[word] = one
    return list(first.values())


def key_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return None


def keys_of(said: Any) -> list[str | None]:
    """The keys of elements that a `where` names: of one, or of those in a list."""
    return [key_text(one) for one in said] if isinstance(said, list) else [key_text(said)]
