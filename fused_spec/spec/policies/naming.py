"""Which fields an expression names, so that what it finds is told where these were set."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple


class Item(Enum):
    """The type of `ANY`."""

    ANY = "any"


ANY = Item.ANY
"""Stands in a path for whichever item of a list an expression looks at, by `all` or `exists`."""

Path = tuple[str | int | Item, ...]

OVER_LISTS = ("all", "exists", "exists_one")
_TOKEN = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|([A-Za-z_]\w*)|(\d+)|\S""", re.DOTALL)


class Token(NamedTuple):
    text: str
    is_text: bool = False
    is_name: bool = False
    is_number: bool = False


def tokens(expression: str) -> list[Token]:
    return [
        Token(found[0], found[1] is not None, found[2] is not None, found[3] is not None)
        for found in _TOKEN.finditer(expression)
    ]


def called(words: Sequence[Token]) -> Iterator[str]:
    """The functions that are called."""
    for word, after in pairwise(words):
        if word.is_name and after.text == "(":
            yield word.text


def paths(words: Sequence[Token], roots: Collection[str]) -> list[Path]:
    """The paths that begin with one of the names, in their order, each once."""
    bound: dict[str, Path] = {}
    return list(dict.fromkeys(_paths(words, roots, bound)))


def _paths(words: Sequence[Token], roots: Collection[str], bound: dict[str, Path]) -> Iterator[Path]:
    index = 0
    while index < len(words):
        word, before = words[index], words[index - 1].text if index else ""
        if not word.is_name or before == "." or not (word.text in roots or word.text in bound):
            index += 1
            continue
        found, index = _path(words, index, bound)
        if _text(words, index) == "." and _text(words, index + 1) in OVER_LISTS and _text(words, index + 2) == "(":
            bound[_text(words, index + 3)] = (*found, ANY)
            index += 4
        yield found


def _path(words: Sequence[Token], index: int, bound: Mapping[str, Path]) -> tuple[Path, int]:
    """The path that begins at a word, and what comes behind it."""
    name = words[index].text
    found: list[str | int | Item] = list(bound.get(name, (name,)))
    index += 1
    while index + 1 < len(words):
        sign, word = words[index].text, words[index + 1]
        if sign == "." and word.is_name and _text(words, index + 2) != "(":
            found.append(word.text)
            index += 2
        elif sign == "[" and (word.is_text or word.is_number) and _text(words, index + 2) == "]":
            found.append(word.text[1:-1] if word.is_text else int(word.text))
            index += 3
        else:
            break
    return tuple(found), index


def _text(words: Sequence[Token], index: int) -> str:
    return words[index].text if index < len(words) else ""
