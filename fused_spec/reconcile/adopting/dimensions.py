"""The dimensions along which documents differ: as few as tell them all apart."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from fused_spec.reconcile.adopting.columns import Column, words
from fused_spec.spec.language.cells import ranges
from fused_spec.spec.language.cells.matrix import WORDS

MOST = 3
_WAYS = 6  # to say what one dimension is
_WAYS_IN_ALL = 40
_SPARSE = 0.25  # so many of the cells may be left out


@dataclass(slots=True)
class Dimension:
    """One dimension: the element of each document, and what its elements have besides their keys."""

    name: str
    values: tuple[Any, ...]
    attributes: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def elements(self) -> list[Any]:
        """Each element once, in order."""
        return sorted(dict.fromkeys(self.values), key=lambda value: (isinstance(value, str), value))

    @property
    def labels(self) -> list[ranges.Label] | None:
        """The labels of the calendar that the elements are, all from the first to the last; None where they are not."""
        found = self.elements
        if len(found) < 3 or self.attributes or not all(isinstance(one, str) for one in found):
            return None
        try:
            known = list(ranges.labels(found[0], through=found[-1])) if len(found) < ranges.MAX_LABELS else []
        except ranges.RangeError:
            return None
        return known if [one.key for one in known] == found else None

    def of(self, values: Sequence[Any]) -> bool:
        """Whether it decides what each document has there."""
        return decides([self], Column((), tuple(values)))

    def written(self) -> Any:
        """The dimension as a matrix has it."""
        if self.labels is not None:
            return {"from": self.elements[0], "through": self.elements[-1]}
        if not self.attributes:
            return self.elements
        return [self._element(value) for value in self.elements]

    def _element(self, value: Any) -> dict[str, Any]:
        at = self.values.index(value)
        return {"key": value, **{name: values[at] for name, values in self.attributes.items()}}


def decides(dimensions: Iterable["Dimension"], column: Column) -> bool:
    """Whether documents with the same elements have the same in the column."""
    seen: dict[tuple[Any, ...], int] = {}
    keys = zip(*(one.values for one in dimensions), strict=True)
    return all(seen.setdefault(key, group) == group for key, group in zip(keys, column.groups, strict=True))


def dimensions_of(found: Sequence[Column]) -> Iterator[list[Dimension]]:
    """The fewest dimensions that decide every column and tell the documents apart, in each way to name them."""
    classes = _classes(found)
    chosen: list[list[Column]] = []
    for alike in sorted(classes, key=lambda alike: len(set(alike[0].groups))):
        if not chosen or not decides(_named(_first(chosen)), alike[0]):
            chosen.append(alike)
    for alike in list(chosen):
        others = [other for other in chosen if other is not alike]
        if others and decides(_named(_first(others)), alike[0]):
            chosen = others
    if chosen and len(chosen) <= MOST and _is_whole(_named(_first(chosen)), found):
        yield from (_named(ways) for ways in islice(product(*(alike[:_WAYS] for alike in chosen)), _WAYS_IN_ALL))


def _is_whole(dimensions: Sequence[Dimension], found: Sequence[Column]) -> bool:
    """Whether each document is a cell of its own, hardly a cell is none, and the cells decide all."""
    cells = set(zip(*(one.values for one in dimensions), strict=True))
    spanned = math.prod(len(one.elements) for one in dimensions)
    is_whole = len(cells) == len(dimensions[0].values) and len(cells) >= spanned * (1 - _SPARSE)
    return is_whole and all(decides(dimensions, one) for one in found)


def excluded(dimensions: Sequence[Dimension]) -> list[dict[str, Any]]:
    """The cells that no document is."""
    cells = set(zip(*(one.values for one in dimensions), strict=True))
    missing = (cell for cell in product(*(one.elements for one in dimensions)) if cell not in cells)
    return [dict(zip((one.name for one in dimensions), cell, strict=True)) for cell in missing]


def _classes(found: Sequence[Column]) -> list[list[Column]]:
    """The columns of keys, those together by which the documents fall into the same groups; whole values first."""
    classes: dict[tuple[int, ...], dict[tuple[str, ...], Column]] = {}
    whole = sorted(found, key=lambda one: ("parameters" not in one.path, "name" in one.path))
    for one in (*whole, *(part for column in found for part in words(column))):
        is_name = one.part is None and one.path[-1:] == ("name",)
        if one.is_of_keys and not is_name:
            classes.setdefault(one.groups, {}).setdefault(tuple(map(str, one.values)), one)
    return [list(alike.values()) for alike in classes.values()]


def _first(classes: Sequence[Sequence[Column]]) -> list[Column]:
    return [alike[0] for alike in classes]


def _named(chosen: Sequence[Column]) -> list[Dimension]:
    taken = set(WORDS)
    named = []
    for one in chosen:
        name, number = one.name, 2
        while name in taken:
            name, number = f"{one.name}_{number}", number + 1
        taken.add(name)
        named.append(Dimension(name, one.values))
    return named
