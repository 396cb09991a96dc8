"""Check what came of a step against what its spec expects (`expect:`).

A UDF that catches its own error and returns an empty frame ends without one; only the result tells. Of a table that an
ingestion wrote the same is asked, in the same words.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError

from fused_spec.engine.results.rasters.images import bounds_of
from fused_spec.engine.results.tables.frames import as_table, with_index
from fused_spec.jobs.carried import carried_in

_MARGIN = 1e-9  # degrees; what a change of coordinates may cost

Bounds = tuple[float, ...]
"""West, south, east, north in degrees."""


class Unexpected(Exception):
    """A result that is not what was expected; the text says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where geometry is: its coordinate system, and what gives its bounds (None: nothing is anywhere)."""

    crs: pyproj.CRS | None
    bounds: Callable[[], Bounds | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an expectation can ask of a table: `nulls` counts the missing values of a column."""

    rows: int
    columns: Sequence[str]
    nulls: Callable[[str], int]
    extent: Extent | None


def expectation(metadata: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a step's metadata says of its results; empty when it says nothing."""
    expected = carried_in(metadata).get("expect")
    return expected if isinstance(expected, Mapping) else {}


def differences(facts: Facts, expected: Mapping[str, Any]) -> Iterator[str]:
    """What differs, each in words."""
    yield from _count(facts.rows, expected.get("rows"))
    wanted = expected.get("columns") or []
    if missing := [name for name in wanted if name not in facts.columns]:
        yield f"no column {', '.join(missing)} (it has {', '.join(facts.columns) or 'none'})"
    for name in expected.get("not_null") or []:
        if name not in facts.columns:
            if name not in wanted:
                yield f"no column {name} to be not null"
        elif nulls := facts.nulls(name):
            yield f"{nulls:,} of {facts.rows:,} values of {name} are missing, none may be"
    if expected.get("crs") is not None or expected.get("bounds") is not None:
        yield from _extent_differences(facts.extent, expected)


def check_result(value: Any, expected: Mapping[str, Any]) -> None:
    """Raise `Unexpected`, with everything that differs, when the value is not as expected."""
    if not expected:
        return
    table = as_table(value)
    if table is not None:
        found = list(differences(_facts(with_index(table)), expected))
    elif (bounds := bounds_of(value)) is not None:
        found = [*_other(value, {name: one for name, one in expected.items() if name != "bounds"})]
        found += _outside(bounds, expected)
    else:
        found = list(_other(value, expected))
    if found:
        raise Unexpected(f"the result is not what the spec expects: {'; '.join(found)}")


def _facts(table: pd.DataFrame) -> Facts:
    columns = [str(name) for name in table.columns]
    return Facts(
        rows=len(table),
        columns=columns,
        nulls=lambda name: int(table.iloc[:, columns.index(name)].isna().sum()),
        extent=_extent(table),
    )


def _extent(table: pd.DataFrame) -> Extent | None:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return None

    def bounds() -> Bounds | None:
        geometry = table.geometry
        if geometry.is_empty.all() or not geometry.notna().any():
            return None
        return tuple((geometry if geometry.crs is None else geometry.to_crs(4326)).total_bounds)

    return Extent(crs=table.crs, bounds=bounds)


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


def _extent_differences(extent: Extent | None, expected: Mapping[str, Any]) -> Iterator[str]:
    if extent is None:
        yield "no geometry"
        return
    if (wanted := expected.get("crs")) is not None:
        try:
            known = pyproj.CRS.from_user_input(wanted)
        except CRSError:
            yield f"crs {wanted} of the expectation is no coordinate system"
            return
        if extent.crs is None or not known.equals(extent.crs, ignore_axis_order=True):
            yield f"crs {extent.crs.to_string() if extent.crs is not None else 'unknown'}, expected {wanted}"
    if expected.get("bounds") is not None and (bounds := extent.bounds()) is not None:
        yield from _outside(bounds, expected)


def _outside(bounds: Bounds, expected: Mapping[str, Any]) -> Iterator[str]:
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
