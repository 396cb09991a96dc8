"""What the metadata of a table tells of its geometry: the column, the coordinate system, the box around all rows."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import pyarrow as pa

from fused_spec.engine.outputs.model import Bounds

GEO = b"geo"
_DEGREES = "OGC:CRS84"


def geo_of(schema: pa.Schema) -> dict[str, Any] | None:
    """The GeoParquet metadata; None for a table without geometry, or with metadata that is none."""
    try:
        told = json.loads((schema.metadata or {}).get(GEO, b"null"))
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("columns"), dict):
        return None
    return told if primary(told) in schema.names else None


def primary(geo: Mapping[str, Any]) -> str:
    """The column of geometries that counts where there are several."""
    name = geo.get("primary_column")
    return name if isinstance(name, str) else "geometry"


def told_of(geo: Mapping[str, Any], name: str) -> dict[str, Any]:
    told = geo["columns"].get(name)
    return told if isinstance(told, dict) else {}


def crs_word(schema: pa.Schema) -> str | None:
    """The coordinate system in a word: its code, else its name; None where none is known."""
    geo = geo_of(schema)
    if geo is None:
        return None
    column = told_of(geo, primary(geo))
    if "crs" not in column:
        return _DEGREES
    crs = column["crs"]
    if not isinstance(crs, dict):
        return None
    known = crs.get("id")
    if isinstance(known, dict) and {"authority", "code"} <= known.keys():
        return f"{known['authority']}:{known['code']}"
    return str(crs.get("name") or "unnamed")


def crs_of(geo: Mapping[str, Any]) -> str | None:
    """The coordinate system of the primary geometry, in a text that tells all of it; None where none is known."""
    crs = told_of(geo, primary(geo)).get("crs", _DEGREES)
    return json.dumps(crs) if isinstance(crs, dict) else crs


def bounds_of(schema: pa.Schema) -> Bounds | None:
    """The box that the metadata tells."""
    geo = geo_of(schema)
    return None if geo is None else flat(told_of(geo, primary(geo)).get("bbox"))


def flat(box: Any) -> Bounds | None:
    """A box of two or three dimensions in two."""
    if not isinstance(box, list) or len(box) not in (4, 6) or not all(isinstance(side, int | float) for side in box):
        return None
    half = len(box) // 2
    found = (float(box[0]), float(box[1]), float(box[half]), float(box[half + 1]))
    return found if all(map(isfinite, found)) else None


def around(boxes: Iterable[Bounds | None]) -> Bounds | None:
    """The box around all; None when one is not known, or there is none."""
    known = list(boxes)
    if not known or None in known:
        return None
    sides = list(zip(*(box for box in known if box is not None), strict=True))
    return (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))
