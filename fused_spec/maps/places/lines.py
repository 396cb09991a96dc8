"""Geometries taken apart into points, lines and rings, all in one array."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

_COLLECTIONS = (4, 5, 6, 7)
_POLYGON = 3


class Kind(IntEnum):
    POINT = 0
    LINE = 1
    RING = 2


@dataclass(frozen=True, slots=True)
class Lines:
    """Many lines: `xy[starts[i]:starts[i + 1]]` are the points of line `i`.

    A line belongs to a feature (`owner`) and to a part of it (`part`), of which a ring that comes first is the shell.
    """

    xy: Floats
    starts: Whole
    kind: Whole
    owner: Whole
    part: Whole

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def lengths(self) -> Whole:
        return np.diff(self.starts)

    @property
    def index(self) -> Whole:
        """The line of each point."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def bounds(self) -> Floats:
        """West, south, east and north of each line."""
        if not len(self):
            return np.empty((0, 4))
        low = np.minimum.reduceat(self.xy, self.starts[:-1])
        high = np.maximum.reduceat(self.xy, self.starts[:-1])
        return np.hstack([low, high])

    def at(self, xy: Floats) -> "Lines":
        """The same lines at other places."""
        return replace(self, xy=xy)

    def only(self, kept: Mask) -> "Lines":
        """Those lines that are kept, whole."""
        if kept.all():
            return self
        lengths = self.lengths
        return Lines(
            self.xy[np.repeat(kept, lengths)],
            starts_of(lengths[kept]),
            self.kind[kept],
            self.owner[kept],
            self.part[kept],
        )

    def with_points(self, kept: Mask) -> "Lines":
        """Each line with those of its points that are kept; one of which nothing is left is gone."""
        if kept.all():
            return self
        lengths = np.bincount(self.index[kept], minlength=len(self)).astype(np.int64)
        thinner = replace(self, xy=self.xy[kept], starts=starts_of(lengths))
        return thinner.only(lengths > 0)


def starts_of(lengths: Any) -> Whole:
    """Where each line begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def no_lines() -> Lines:
    none = np.empty(0, dtype=np.int64)
    return Lines(np.empty((0, 2)), starts_of(none), none, none, none)


def unowned(many: Sequence[Floats], kind: Kind) -> Lines:
    """Lines that belong to no feature."""
    if not many:
        return no_lines()
    none = np.zeros(len(many), dtype=np.int64)
    kinds = np.full(len(many), kind, dtype=np.int64)
    return Lines(np.concatenate(many), starts_of([len(one) for one in many]), kinds, none, np.arange(len(many)))


def joined(many: list[Lines]) -> Lines:
    """Several as one; parts stay apart."""
    if not many:
        return no_lines()
    firsts = np.cumsum([0, *(int(one.part.max(initial=-1)) + 1 for one in many)])
    return Lines(
        np.concatenate([one.xy for one in many]),
        starts_of(np.concatenate([one.lengths for one in many])),
        np.concatenate([one.kind for one in many]),
        np.concatenate([one.owner for one in many]),
        np.concatenate([one.part + first for one, first in zip(many, firsts, strict=False)]),
    )


def taken_apart(geometries: NDArray[Any]) -> Lines:
    """All points, lines and rings of geometries; what is missing or empty has none."""
    parts, owner = geometries, np.arange(len(geometries))
    while np.isin(shapely.get_type_id(parts), _COLLECTIONS).any():
        parts, taken = shapely.get_parts(parts, return_index=True)
        owner = owner[taken]
    there = ~(shapely.is_missing(parts) | shapely.is_empty(parts))
    parts, owner = parts[there], owner[there]
    polygons = shapely.get_type_id(parts) == _POLYGON
    rings, of_polygon = shapely.get_rings(parts[polygons], return_index=True)
    places = np.arange(len(parts))
    lines = [
        _lines(rings, owner[polygons][of_polygon], places[polygons][of_polygon], Kind.RING),
        _lines(parts[~polygons], owner[~polygons], places[~polygons], Kind.LINE),
    ]
    return joined([one for one in lines if len(one)])


def _lines(simple: NDArray[Any], owner: Whole, part: Whole, kind: Kind) -> Lines:
    xy, index = shapely.get_coordinates(simple, return_index=True)
    lengths = np.bincount(index, minlength=len(simple))
    kinds = np.where(shapely.get_type_id(simple) == 0, Kind.POINT, kind).astype(np.int64)
    return Lines(xy, starts_of(lengths), kinds, owner.astype(np.int64), part.astype(np.int64))
