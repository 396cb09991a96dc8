"""`exclude`: which combinations of a matrix are left, told without going through those that are not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_

from fused_spec.spec.language.cells.elements import Element, keys_of
from fused_spec.spec.language.merging.layer import Layer

_MOST_STEPS = 1_000_000
"""A product of 10,000 combinations never takes as many."""


class Exclusions:
    """The dimensions one after the other, each with what of `exclude` is for which of its elements.

    A set of exclusions is a number with a bit for each.
    """

    def __init__(self, dimensions: Mapping[str, Sequence[Element]], excluded: Sequence[Layer]) -> None:
        self._dimensions = tuple(dimensions.values())
        self._all = (1 << len(excluded)) - 1
        self._fitting = [_fitting(name, excluded, self._all) for name in dimensions]
        self._signs = [
            Counter(keyed.get(one.key, free) for one in elements)
            for elements, (keyed, free) in zip(self._dimensions, self._fitting, strict=True)
        ]
        self._known: dict[tuple[int, int], int] = {}
        self._steps = 0

    @property
    def idle(self) -> int:
        """Those that are for no combination, as they name an element that is not there."""
        there = self._all
        for signs in self._signs:
            there &= reduce(or_, signs, 0)
        return self._all & ~there

    def count(self) -> int | None:
        """How many combinations are left; None where that takes too long to say."""
        try:
            return self._left(0, self._all)
        except _TooLongError:
            return None

    def left(self) -> Iterator[tuple[Element, ...]]:
        """The combinations that are left, in the order of the elements."""
        return self._combined(0, self._all, ())

    def _combined(self, depth: int, alive: int, before: tuple[Element, ...]) -> Iterator[tuple[Element, ...]]:
        if depth == len(self._dimensions):
            yield before
            return
        keyed, free = self._fitting[depth]
        for element in self._dimensions[depth]:
            still = alive & keyed.get(element.key, free)
            if self._left(depth + 1, still):
                yield from self._combined(depth + 1, still, (*before, element))

    def _left(self, depth: int, alive: int) -> int:
        """How many are left of the dimensions from `depth` on, where of the exclusions these are for all before."""
        if depth == len(self._dimensions):
            return 0 if alive else 1
        known = self._known.get((depth, alive))
        if known is None:
            self._steps += len(self._signs[depth])
            if self._steps > _MOST_STEPS:
                raise _TooLongError
            known = sum(many * self._left(depth + 1, alive & sign) for sign, many in self._signs[depth].items())
            self._known[depth, alive] = known
        return known


class _TooLongError(Exception):  # a signal within this module
    """There are too many cases to tell apart."""


def _fitting(name: str, excluded: Sequence[Layer], everything: int) -> tuple[dict[str | None, int], int]:
    """Which exclusions are for each element that is named in one, and which for all others."""
    keyed: dict[str | None, int] = {}
    free = everything
    for index, where in enumerate(excluded):
        if name in where.tree:
            free &= ~(1 << index)
            for key in keys_of(where.tree[name]):
                keyed[key] = keyed.get(key, 0) | 1 << index
    return {key: bits | free for key, bits in keyed.items()}, free
