"""A matrix: dimensions with their elements, and the cells that they span.

What a cell is comes from the keys of its elements and never from a position: an element more, or another order,
changes no other cell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fused_spec.messages.diagnostics import Severity, guess, nearest
from fused_spec.spec.documents.wording import either
from fused_spec.spec.language.cells.elements import AT, Element, element_of, key_text, keys_of
from fused_spec.spec.language.cells.exclusions import Exclusions
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.answers import Answer, Found, within
from fused_spec.spec.language.names.templates import Mistake, Reference

WORDS = ("include", "exclude", "set", "name")
"""The fields of a matrix that are no dimensions."""


class Cell(NamedTuple):
    """One combination: an element of each dimension, and what `set` gives it besides."""

    elements: Mapping[str, Element]
    attributes: Mapping[str, Layer] = {}

    @property
    def keys(self) -> dict[str, str]:
        """The key of each dimension's element; dimensions in the order of the alphabet."""
        return {name: self.elements[name].key for name in sorted(self.elements)}

    def __str__(self) -> str:
        return ", ".join(f"{name} {key}" for name, key in self.keys.items())

    def of(self, reference: Reference, told: Told) -> Answer:
        """What `${matrix.…}` stands for in this cell."""
        if not reference.path:
            return Mistake("no-such-name", "${matrix} names no dimension", f"there are {either(self.elements, 'and')}")
        name = str(reference.path[0])
        if name in self.attributes:
            layer = self.attributes[name]
            found = Found(layer.tree, layer.place, f"matrix.{name} ({told.where(layer.place)})")
            return within(found, reference)
        if name not in self.elements:
            known = (*self.elements, *self.attributes)
            meant = nearest(name, known)
            hint = guess(name, meant) if meant else f"it has {either(known, 'and')}"
            return Mistake("no-such-name", f'the matrix has no "{name}"', hint)
        element = self.elements[name]
        where = f"matrix.{name} ({told.where(element.place)})"
        if len(reference.path) == 1:
            return Found(element.text if element.is_label else element.value, element.place, where, element.text)
        if reference.path == (name, "key"):
            return Found(element.key, element.place, where)
        return within(Found(element.value, element.place, where), reference)


@dataclass(slots=True, kw_only=True)
class Matrix:
    """The dimensions of one document, by name, and what is said of their cells.

    `name` is the pattern of the cells' names, if it is said.
    """

    dimensions: Mapping[str, Sequence[Element]]
    layer: Layer
    told: Told
    name: Layer | None = None
    _exclusions: Exclusions | None = field(default=None, init=False)

    @property
    def size(self) -> int:
        """How many cells the dimensions span."""
        count = 1
        for elements in self.dimensions.values():
            count *= len(elements)
        return count

    def count(self) -> int | None:
        """How many cells there are, as far as that can be told without making them; None where it takes too long."""
        left = self._exclude().count()
        return None if left is None else left + sum(1 for _ in self._items("include"))

    def cells(self) -> Iterator[Cell]:
        """The product of the dimensions, less what is excluded, then what is included."""
        names = tuple(self.dimensions)
        sets = list(self._sets())
        for elements in self._exclude().left():
            cell = dict(zip(names, elements, strict=True))
            yield Cell(cell, _attributes(cell, sets))
        yield from self._included(names, sets)

    def _exclude(self) -> Exclusions:
        if self._exclusions is not None:
            return self._exclusions
        excluded = list(self._wheres("exclude"))
        self._exclusions = Exclusions(self.dimensions, excluded)
        for index, where in enumerate(excluded):
            if self._exclusions.idle >> index & 1:
                self.told.tell(
                    "excludes-nothing",
                    f"excludes nothing: {self._said(where.tree)}",
                    where.place,
                    "remove it, or name elements that are there",
                    AT,
                )
        return self._exclusions

    def _included(self, names: tuple[str, ...], sets: "list[_Set]") -> Iterator[Cell]:
        spanned = {name: {one.key for one in elements} for name, elements in self.dimensions.items()}
        known: set[tuple[str, ...]] = set()
        for one in self._items("include"):
            if not isinstance(one.tree, dict):
                self.told.tell(
                    "bad-matrix", "a cell is a mapping of dimensions", one.place, "write {name: element}", AT
                )
                continue
            missing = [name for name in names if name not in one.tree]
            more = [name for name in one.tree if name not in names]
            if missing or more:
                wrong = missing or more
                quoted = either((f'"{name}"' for name in wrong), "and")
                what = "is missing" if missing else "is none of them"
                message = f"an included cell names every dimension and nothing else; {quoted} {what}"
                self.told.tell("bad-matrix", message, one.place, "attributes are given by set", AT)
                continue
            cell = {}
            for name in names:
                element = self._element_of(name, one)
                if element is not None:
                    cell[name] = element
            if len(cell) < len(names):
                continue
            keys = tuple(cell[name].key for name in names)
            if keys in known or all(cell[name].key in spanned[name] for name in names):
                self.told.tell("bad-matrix", f"there is this cell already: {Cell(cell)}", one.place, "remove it", AT)
                continue
            known.add(keys)
            yield Cell(cell, _attributes(cell, sets))

    def _element_of(self, name: str, included: Layer) -> Element | None:
        """The element that an included cell names: one of the dimension by its key, or a new one."""
        value = included.at((name,))
        if value is None:
            return None
        key = key_text(value.tree)
        there = next((one for one in self.dimensions[name] if one.key == key), None)
        return there or element_of(value, name, None, self.told)

    def _sets(self) -> "Iterator[_Set]":
        for one in self._items("set"):
            where = one.at(("where",)) if isinstance(one.tree, dict) else None
            if where is None or not self._is_where(where):
                if where is None:
                    message = "set gives attributes to the cells that where names"
                    self.told.tell("bad-matrix", message, one.place, "write - where: {dimension: element}", AT)
                continue
            given = {name: one.at((name,)) for name in one.tree if name != "where"}
            if clash := next((name for name in given if name in self.dimensions), None):
                message = f'"{clash}" is a dimension, and no attribute'
                self.told.tell("bad-matrix", message, one.place, "give the attribute another name", AT)
                continue
            yield _Set(where.tree, {name: layer for name, layer in given.items() if layer is not None})

    def _wheres(self, word: str) -> Iterator[Layer]:
        return (one for one in self._items(word) if self._is_where(one))

    def _is_where(self, where: Layer) -> bool:
        return is_where(where, tuple(self.dimensions), "the matrix", self.told)

    def _items(self, word: str) -> Iterator[Layer]:
        said = self.layer.at((word,))
        if said is None:
            return
        if not isinstance(said.tree, list):
            self.told.tell("bad-matrix", f'"{word}" is a list', said.place, "start each item with a hyphen", AT)
            return
        for index in range(len(said.tree)):
            if (one := said.at((index,))) is not None:
                yield one

    def _said(self, where: Mapping[str, Any]) -> str:
        known = (f"{name} is {_listed(self.dimensions[name])}" for name in where if name in self.dimensions)
        return "; ".join(known)


class _Set(NamedTuple):
    where: Mapping[str, Any]
    given: Mapping[str, Layer]


def fits(cell: Mapping[str, Element], where: Mapping[str, Any]) -> bool:
    """Whether the elements of a cell are those that `where` names; a list names several."""
    return all(name in cell and cell[name].key in keys_of(said) for name, said in where.items())


def keys_fit(keys: Mapping[str, str], where: Mapping[str, Any]) -> bool:
    """The same of the keys alone."""
    return all(keys.get(name) in keys_of(said) for name, said in where.items())


def is_where(where: Layer, dimensions: Sequence[str], whose: str, told: Told) -> bool:
    """Whether a mapping names dimensions; what is wrong with it is told."""
    if not isinstance(where.tree, dict) or not where.tree:
        told.tell("bad-matrix", "where names elements of dimensions", where.place, "write {dimension: element}", AT)
        return False
    sound = True
    for name in where.tree:
        if name not in dimensions:
            meant = nearest(name, dimensions)
            hint = guess(name, meant) if meant else f"its dimensions are {either(dimensions, 'and')}"
            one = where.at((name,))
            told.tell("no-such-dimension", f'{whose} has no dimension "{name}"', (one or where).place, hint, AT)
            sound = False
    return sound


def tell_empty(matrix: Matrix) -> None:
    """A note on a matrix without a cell, which may be what is meant: nothing has come yet."""
    matrix.told.tell(
        "empty-matrix",
        "the matrix has no cell, so the document declares nothing here",
        matrix.layer.place,
        "add elements, or wait until there are some",
        AT,
        Severity.NOTE,
    )


def unused_dimensions(matrix: Matrix, used: set[str], cells: int) -> None:
    """A warning for each dimension that no field uses: its cells would be equal."""
    for name, elements in matrix.dimensions.items():
        if name not in used and len(elements) > 1:
            said = matrix.layer.at((name,)) or matrix.layer
            matrix.told.tell(
                "unused-dimension",
                f'no field uses "{name}": of {cells} cells, those that differ in it alone are equal',
                said.place,
                f"write ${{matrix.{name}}} where they differ, or remove it",
                (*AT, name),
                Severity.WARNING,
            )


def _attributes(cell: Mapping[str, Element], sets: Sequence[_Set]) -> Mapping[str, Layer]:
    given: dict[str, Layer] = {}
    for one in sets:
        if fits(cell, one.where):
            given |= one.given
    return given


def _listed(elements: Sequence[Element]) -> str:
    keys = [one.key for one in elements]
    return ", ".join(keys) if len(keys) <= 6 else f"{', '.join(keys[:5])} … ({len(keys)} in all)"
