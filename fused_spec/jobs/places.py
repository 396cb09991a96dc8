"""Where the elements of a job's input lie, as far as they say it in a common form."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

Bounds = tuple[float, float, float, float]

_BOXES = ("bounds", "bbox")
_SIDES = (("minx", "miny", "maxx", "maxy"), ("west", "south", "east", "north"), ("xmin", "ymin", "xmax", "ymax"))
_POINTS = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"))
_DEEPEST_TILE = 30


def place_of(element: Any) -> Bounds | None:
    """West, south, east, north in degrees: of a box, a tile (x, y, z) or a point; None for what says nothing of it.

    A value that holds one such value is where that is.
    """
    if not isinstance(element, Mapping):
        return None
    found = _own_place(element)
    if found is None:
        inner = [place for value in element.values() if isinstance(value, Mapping) and (place := _own_place(value))]
        found = inner[0] if len(inner) == 1 else None
    return found


def _own_place(element: Mapping[Any, Any]) -> Bounds | None:
    for name in _BOXES:
        if isinstance(box := element.get(name), Sequence) and (found := _box(box)) is not None:
            return found
    for sides in _SIDES:
        if (found := _box([element.get(side) for side in sides])) is not None:
            return found
    for names in _POINTS:
        east, north = (element.get(name) for name in names)
        if (found := _box([east, north, east, north])) is not None:
            return found
    return _tile(*(element.get(name) for name in "xyz"))


def _box(sides: Sequence[Any]) -> Bounds | None:
    """West may be greater than east, over the antimeridian."""
    if len(sides) != 4 or not all(_is_number(side) for side in sides):
        return None
    west, south, east, north = map(float, sides)
    is_on_earth = abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90
    return (west, south, east, north) if is_on_earth else None


def _tile(x: Any, y: Any, z: Any) -> Bounds | None:
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in (x, y, z)):
        return None
    if not 0 <= z <= _DEEPEST_TILE or not 0 <= x < 1 << z or not 0 <= y < 1 << z:
        return None
    return (_east(x, z), _north(y + 1, z), _east(x + 1, z), _north(y, z))


def _east(x: int, z: int) -> float:
    return x / (1 << z) * 360 - 180


def _north(y: int, z: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / (1 << z)))))


def _is_number(value: Any) -> bool:
    """Whether it may be degrees, which the largest number that is written in digits is not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 180
