"""Check what a UDF returned against what its spec expects (`expect:` of a step).

A UDF that catches its own error and returns an empty frame ends without one; only the result tells.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError

from fused_spec.engine.rasters import bounds_of
from fused_spec.engine.tables import as_table

FIELD = "fused-spec"
_MARGIN = 1e-9  # degrees; what a change of coordinates may cost


class Unexpected(Exception):
    """A result that is not what was expected; the text says what was expected and what came."""


def expectation(metadata: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a step's metadata says of its results; empty when it says nothing."""
    carried = (metadata or {}).get(FIELD)
    expected = carried.get("expect") if isinstance(carried, Mapping) else None
    return expected if isinstance(expected, Mapping) else {}


def check_result(value: Any, expected: Mapping[str, Any]) -> None:
    """Raise `Unexpected`, with everything that differs, when the value is not as expected."""
    if not expected:
        return
    table = as_table(value)
    if table is not None:
        found = list(_of_table(table, expected))
    elif (bounds := bounds_of(value)) is not None:
        found = [*_other(value, {name: one for name, one in expected.items() if name != "bounds"})]
        found += _outside(bounds, expected)
    else:
        found = list(_other(value, expected))
    if found:
        raise Unexpected(f"the result is not what the spec expects: {'; '.join(found)}")


def _of_table(table: pd.DataFrame, expected: Mapping[str, Any]) -> Iterator[str]:
    yield from _count(len(table), expected.get("rows"))
    columns = [str(name) for name in table.columns]
    wanted = expected.get("columns") or []
    if missing := [name for name in wanted if name not in columns]:
        yield f"no column {', '.join(missing)} (it has {', '.join(columns) or 'none'})"
    for name in expected.get("not_null") or []:
        if name not in columns:
            if name not in wanted:
                yield f"no column {name} to be not null"
        elif nulls := int(table.iloc[:, columns.index(name)].isna().sum()):
            yield f"{nulls:,} of {len(table):,} values of {name} are missing, none may be"
    if expected.get("crs") is not None or expected.get("bounds") is not None:
        yield from _place(table, expected)


def _count(rows: int, wanted: Any) -> Iterator[str]:
    if wanted is None:
        return
    least, most = (wanted.get("min"), wanted.get("max")) if isinstance(wanted, Mapping) else (wanted, wanted)
    if (least is None or rows >= least) and (most is None or rows <= most):
        return
    limits = [("at least", least), ("at most", most)]
    said = [f"{word} {limit:,}" for word, limit in limits if limit is not None]
    asked = f"{least:,}" if least == most else " and ".join(said)
    yield f"{rows:,} rows, expected {asked}"


def _place(table: pd.DataFrame, expected: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        yield "no geometry"
        return
    if (wanted := expected.get("crs")) is not None:
        try:
            known = pyproj.CRS.from_user_input(wanted)
        except CRSError:
            yield f"crs {wanted} of the expectation is no coordinate system"
            return
        if table.crs is None or not known.equals(table.crs, ignore_axis_order=True):
            yield f"crs {table.crs.to_string() if table.crs is not None else 'unknown'}, expected {wanted}"
    geometry = table.geometry
    if not geometry.is_empty.all() and geometry.notna().any():
        located = geometry if geometry.crs is None else geometry.to_crs(4326)
        yield from _outside(tuple(located.total_bounds), expected)


def _outside(bounds: tuple[float, ...], expected: Mapping[str, Any]) -> Iterator[str]:
    wanted = expected.get("bounds")
    if wanted is None:
        return
    west, south, east, north = wanted
    inside = bounds[0] >= west - _MARGIN and bounds[1] >= south - _MARGIN
    if not (inside and bounds[2] <= east + _MARGIN and bounds[3] <= north + _MARGIN):
        yield f"bounds {_numbers(bounds)}, expected within {_numbers(wanted)}"


def _other(value: Any, expected: Mapping[str, Any]) -> Iterator[str]:
    """What is no table has rows when it is a list, and none when it is nothing."""
    if value is None:
        yield "nothing was returned"
    elif isinstance(value, list | tuple) and set(expected) <= {"rows"}:
        yield from _count(len(value), expected.get("rows"))
    elif expected:
        yield f"a {type(value).__name__}, expected a table with {', '.join(expected)}"


def _numbers(bounds: Any) -> str:
    return "[" + ", ".join(f"{number:.6g}" for number in bounds) + "]"
