"""What a reader saw in a file: columns, rows and geometries, in whatever order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyproj
import shapely

from tests.properties.values import plain, shape

_DEGREES = 1e-9  # two ways of reprojecting differ by less


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Rows as dictionaries of values; `shapes` are geometries in degrees, None for a table without.

    `textual` values are text, whatever it stands for; places that are not `exact` have been reprojected. What `lacks`
    here though it stands in the file must be told of a table that lacks it too.
    """

    rows: list[Mapping[str, Any]]
    shapes: list[Any] | None = None
    exact: bool = True
    textual: bool = False
    lacks: str | None = None
    names: Sequence[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)


def seen(
    columns: Mapping[str, Sequence[Any]], shapes: Sequence[Any] | None = None, crs: Any = None, *, length: int = 0
) -> Seen:
    """What a reader saw, from columns of values and of WKB."""
    names = list(columns)
    count = len(columns[names[0]]) if names else len(shapes) if shapes is not None else length
    rows = [{name: plain(columns[name][number]) for name in names} for number in range(count)]
    if shapes is None:
        return Seen(rows=rows, names=names)
    found = [shape(one) for one in shapes]
    moved = _moved(found, crs)
    return Seen(rows=rows, shapes=found if moved is None else moved, exact=moved is None, names=names)


def _moved(shapes: Sequence[Any], crs: Any) -> list[Any] | None:
    """The shapes in EPSG:4326, with another tool than the engine's; None where they are in it."""
    if crs is None or pyproj.CRS.from_user_input(crs).equals(pyproj.CRS(4326), ignore_axis_order=True):
        return None
    change = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
    return [
        None
        if one is None
        else shapely.transform(
            one, lambda places: np.column_stack(change.transform(*places.T)), include_z=bool(shapely.has_z(one))
        )
        for one in shapes
    ]


def difference(came: Seen, right: Seen) -> str | None:
    """What is not the same in both, None when nothing is; the order of rows does not count."""
    if len(came) != len(right):
        return f"{len(came)} rows, not {len(right)}"
    if (came.shapes is None) != (right.shapes is None):
        return "geometry in one of both"
    if sorted(came.names) != sorted(right.names):
        return f"columns {sorted(came.names)}, not {sorted(right.names)}"
    if right.textual:
        return _other_text(came, right)
    ours, theirs = _keyed(came), _keyed(right)
    if ours != theirs:
        extra, lacking = next(iter(ours - theirs)), next(iter(theirs - ours))
        return f"the row {extra}, not {lacking}"
    return None if came.shapes is None else _other_place(came, right)


def _keyed(table: Seen) -> Counter[str]:
    return Counter(_key(table, number) for number in range(len(table)))


def _key(table: Seen, number: int) -> str:
    values = dict(sorted(table.rows[number].items()))
    return repr((values, None if table.shapes is None else kind(table.shapes[number])))


def kind(one: Any) -> Any:
    return (
        None if one is None else (shapely.get_type_id(one), bool(shapely.has_z(one)), len(shapely.get_coordinates(one)))
    )


def _other_place(came: Seen, right: Seen) -> str | None:
    """The first geometry that lies elsewhere."""
    places = [[], []]
    for table, found in zip((came, right), places, strict=True):
        assert table.shapes is not None
        found += sorted((_key(table, number), _coordinates(table.shapes[number])) for number in range(len(table)))
    for (key, ours), (_, theirs) in zip(*places, strict=True):
        if not np.allclose(ours, theirs, rtol=0, atol=0 if right.exact else _DEGREES, equal_nan=True):
            return f"the place {ours[:6]} of {key}, not {theirs[:6]}"
    return None


def _coordinates(one: Any) -> list[float]:
    """All coordinates, one after the other; a height that only some points of a shape have is 0 for the others."""
    if one is None:
        return []
    places = shapely.get_coordinates(one, include_z=bool(shapely.has_z(one)))
    places[:, 2:] = np.nan_to_num(places[:, 2:])
    return places.ravel().tolist()


def _other_text(came: Seen, right: Seen) -> str | None:
    left = list(range(len(right)))
    for number in range(len(came)):
        fits = [one for one in left if _is_row_of(came, number, right, one)]
        if not fits:
            return f"the row {_key(came, number)}, which is none of {[_key(right, one) for one in left]}"
        left.remove(fits[0])
    return None


def _is_row_of(came: Seen, number: int, right: Seen, one: int) -> bool:
    if came.shapes is not None and right.shapes is not None:
        ours, theirs = came.shapes[number], right.shapes[one]
        if kind(ours) != kind(theirs) or not np.allclose(
            _coordinates(ours), _coordinates(theirs), rtol=0, atol=_DEGREES
        ):
            return False
    return all(stands_for(right.rows[one][name], value) for name, value in came.rows[number].items())


def stands_for(text: str, value: Any) -> bool:
    """Whether text may be read as the value; numbers with zeros before them are codes."""
    if value is None:
        return not text.strip()
    if isinstance(value, int | float):
        return _number(text) == value or text.strip().lower() == {0: "false", 1: "true"}.get(value)
    return plain(text) == value or text == value


def _number(text: str) -> float | int | None:
    digits = text.strip().lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return None
