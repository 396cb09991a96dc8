"""Some rows as values for people and programs to look at; without pandas, whose import alone would take a second."""

import math
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import pyarrow as pa

from fused_spec.engine.outputs.geometry import geo_of, told_of


def records(table: pa.Table) -> list[Mapping[str, Any]]:
    """An object of JSON for each row: geometry as WKT, times in ISO 8601, what JSON has no word for as text."""
    geo = geo_of(table.schema) or {"columns": {}}
    columns = [
        _as_wkt(column) if _is_wkb(geo, name) else [plain(value) for value in column.to_pylist()]
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    names = table.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _is_wkb(geo: Mapping[str, Any], name: str) -> bool:
    return name in geo["columns"] and told_of(geo, name).get("encoding", "WKB") == "WKB"


def _as_wkt(column: pa.ChunkedArray) -> list[str | None]:
    """Each geometry as text; one that is none stays the bytes that it is."""
    import shapely

    return [
        None if one is None else shapely.to_wkt(found, rounding_precision=20, trim=True) if found else plain(one)
        for one in column.to_pylist()
        for found in [shapely.from_wkb(one, on_invalid="ignore")]
    ]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case bytes():
            return value.hex()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case date() | time():
            return value.isoformat()
    return str(value)
