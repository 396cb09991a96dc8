"""Where several documents of one shape differ: each place is a column, with a value for each of them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from fused_spec.spec.language.cells.elements import slug

Path = tuple[str | int, ...]

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}")
_BORDERS = re.compile(r"([/_=&?,;:\s]+|\.(?=[A-Za-z]+$))")
_KNOWN = (
    (re.compile(r"\d{4}-\d{2}"), "month"),
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "day"),
    (re.compile(r"(19|20)\d{2}"), "year"),
    (re.compile(r"\d{4}-Q[1-4]"), "quarter"),
    (re.compile(r"[a-z]{2,12}(-[a-z]{2,12}){1,3}-?[1-9]"), "region"),
)


class Column(NamedTuple):
    """What each document says at a place; `part` is the number of a word within a text there."""

    path: Path
    values: tuple[Any, ...]
    part: int | None = None

    @property
    def groups(self) -> tuple[int, ...]:
        """Which documents say the same: for each the first one that does."""
        first: dict[str, int] = {}
        return tuple(first.setdefault(_spelt(value), index) for index, value in enumerate(self.values))

    @property
    def is_of_keys(self) -> bool:
        """Whether its values can be the keys of a dimension: short words, and still different as parts of a name."""
        if not all(_is_key(value) for value in self.values):
            return False
        return len({slug(str(value)) for value in self.values} - {""}) == len(set(self.groups))

    @property
    def name(self) -> str:
        """What a dimension of it is called: after the parameter, or after what its values look like."""
        said = next((step for step in reversed(self.path) if isinstance(step, str)), "part")
        if self.part is None and re.fullmatch(r"[a-z_][a-z0-9_]*", said, re.IGNORECASE):
            return said
        texts = [str(value) for value in self.values]
        return next((name for form, name in _KNOWN if all(map(form.fullmatch, texts))), "part")


def columns(documents: Sequence[Any], path: Path = ()) -> Iterator[Column]:
    """The places where they differ, as deep as they are of one shape; a list of plain values is one value."""
    first = documents[0]
    if all(_spelt(one) == _spelt(first) for one in documents[1:]):
        return
    if all(isinstance(one, Mapping) and one.keys() == first.keys() for one in documents):
        for name in first:
            yield from columns([one[name] for one in documents], (*path, name))
    elif all(isinstance(one, list) and len(one) == len(first) and _has_parts(one) for one in documents):
        for index in range(len(first)):
            yield from columns([one[index] for one in documents], (*path, index))
    else:
        yield Column(path, tuple(documents))


def words(column: Column) -> Iterator[Column]:
    """The words of the texts of a column that differ, where all have as many."""
    if not all(isinstance(value, str) for value in column.values):
        return
    parts = [_BORDERS.split(value) for value in column.values]
    if len({len(one) for one in parts}) != 1:
        return
    for number in range(len(parts[0])):
        found = Column(column.path, tuple(one[number] for one in parts), number)
        if len(set(found.groups)) > 1:
            yield found


def _has_parts(value: list[Any]) -> bool:
    return any(isinstance(item, Mapping) for item in value)


def _is_key(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and _KEY.fullmatch(value) is not None)


def _spelt(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
