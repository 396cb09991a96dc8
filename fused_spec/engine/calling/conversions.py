"""How a value becomes what an annotation names: by the word of its kind, from JSON or from text.

Each raises `ValueError`, `TypeError`, `KeyError` or `AttributeError` for what it cannot read.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import mercantile

from fused_spec.engine.calling.tiles import Tile, frame

_GEOMETRIES = (
    "BaseGeometry",
    "Geometry",
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


def _whole(value: Any) -> int:
    """A number without a fraction; 1.5 is none, where `int` would cut it."""
    if isinstance(value, str | bool) or int(value) == value:
        return int(value)
    raise ValueError("write a whole number")


def _truth(value: Any) -> bool:
    if isinstance(value, bool) or (isinstance(value, int | float) and value in (0, 1)):
        return bool(value)
    raise ValueError("write true or false")


def _bool(text: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}
    if text.lower() not in known:
        raise ValueError("write true or false")
    return known[text.lower()]


def _json_of(kind: type) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        value = json.loads(text)
        if kind is not tuple and not isinstance(value, kind):
            raise ValueError(f"this is JSON of another kind than {kind.__name__}")
        return kind(value)

    return convert


def _bounds(value: Any) -> list[float]:
    """Four numbers, as they are or as JSON; those of a frame, of a geometry, and of GeoJSON."""
    content = json.loads(value) if isinstance(value, str) else value
    if isinstance(content, dict):
        content = _geo_frame(content)
    placed = getattr(content, "total_bounds", getattr(content, "bounds", content))
    numbers = [float(number) for number in placed]
    if len(numbers) != 4:
        raise ValueError("give four numbers: west, south, east, north")
    return numbers


def _frame(value: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(json.loads(value) if isinstance(value, str) else value)


def _geo_frame(value: Any) -> Any:
    """GeoJSON, or four numbers that are a box, as a frame in WGS84."""
    import geopandas as gpd
    from shapely.geometry import box, shape

    content = json.loads(value) if isinstance(value, str) else value
    if isinstance(content, list | tuple):
        return gpd.GeoDataFrame(geometry=[box(*_bounds(content))], crs=4326)
    if not isinstance(content, dict) or "type" not in content:
        raise ValueError("give GeoJSON, or four numbers: west, south, east, north")
    if content["type"] == "FeatureCollection":
        return gpd.GeoDataFrame.from_features(content["features"], crs=4326)
    if content["type"] == "Feature":
        return gpd.GeoDataFrame.from_features([content], crs=4326)
    return gpd.GeoDataFrame(geometry=[shape(content)], crs=4326)


def _tile_frame(value: Any) -> Any:
    """A tile's numbers, or what `_geo_frame` takes with the numbers of the smallest tile that holds it, as a frame."""
    content = json.loads(value) if isinstance(value, str) else value
    if _is_tile(content):
        return frame(_xyz(content))
    located = _geo_frame(content)
    x, y, z = _xyz(located.total_bounds)
    return located.assign(x=x, y=y, z=z)[["x", "y", "z", located.active_geometry_name]]


def _tile_numbers(value: Any) -> Any:
    return mercantile.Tile(*_xyz(json.loads(value) if isinstance(value, str) else value))


def _is_tile(content: Any) -> bool:
    return isinstance(content, dict) and {"x", "y", "z"} <= content.keys()


def _xyz(content: Any) -> Tile:
    """The numbers of a tile, or of the smallest one that holds the bounds."""
    if _is_tile(content):
        return int(content["x"]), int(content["y"]), int(content["z"])
    tile = mercantile.bounding_tile(*_bounds(content))
    return tile.x, tile.y, tile.z


def _box(value: Any) -> Any:
    from shapely.geometry import box

    return box(*_bounds(value))


def _shape(value: Any) -> Any:
    from shapely.geometry import shape

    return shape(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        raise ValueError("write text, or an object whose keys are all parameters of the UDF")
    return str(value)


def _moment(kind: type[datetime] | type[date] | type[time], value: Any) -> Any:
    """ISO 8601, or seconds since 1970."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        return kind.fromisoformat(value)
    at = datetime.fromtimestamp(float(value), tz=UTC)
    return at if kind is datetime else at.date() if kind is date else at.timetz()


def _geometry(text: str) -> Any:
    from shapely import from_wkt
    from shapely.errors import ShapelyError

    try:
        return from_wkt(text)
    except ShapelyError as error:
        raise ValueError(str(error)) from error


_MOMENTS = {kind.__name__: partial(_moment, kind) for kind in (datetime, date, time)}
FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "int": _whole,
    "float": float,
    "bool": _truth,
    "str": _text,
    "list": lambda value: value,
    "dict": lambda value: value,
    "Bounds": _bounds,
    "Bbox": _box,
    "GeoDataFrame": _geo_frame,
    "DataFrame": _frame,
    "ViewportGDF": _geo_frame,
    "Tile": _tile_frame,
    "TileGDF": _tile_frame,
    "TileXYZ": _tile_numbers,
    **dict.fromkeys(_GEOMETRIES, _shape),
    **_MOMENTS,
}
FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    **FROM_JSON,
    "int": int,
    "bool": _bool,
    "list": _json_of(list),
    "List": _json_of(list),
    "Iterable": _json_of(list),
    "dict": _json_of(dict),
    "Dict": _json_of(dict),
    "tuple": _json_of(tuple),
    "Tuple": _json_of(tuple),
    **dict.fromkeys(_GEOMETRIES, _geometry),
    "UUID": uuid.UUID,
}
IN_JSON = frozenset(FROM_TEXT) - {"str", "UUID", *_GEOMETRIES, *_MOMENTS}
"""Of these kinds text is JSON, so that "null" is nothing."""
