"""Turn one element of an input list, or the words of a URL, into the arguments of a UDF.

The rules are the published client's: an object whose keys are all parameters gives keyword arguments, any other
value goes to the first parameter; what is given overrides what is stored; text becomes what the annotation says.
Stricter than there in two places: text that is no whole number is none, and a word that is no truth value is none.
"""

import json
import types
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

import mercantile

from fused_spec.engine.binding import Binding
from fused_spec.engine.tiles import Tile, frame, tile_arguments

_GEOMETRIES = (
    "BaseGeometry",
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


_WRITTEN = (str, int, float, list, tuple, dict)


class BadArgument(Exception):
    """An argument is missing, unknown, or cannot be understood as its annotation says."""


def bind(udf: Binding, *element: Any, tile: Tile | None = None) -> dict[str, Any]:
    """The keyword arguments for one call: without an element only what is stored with the UDF, and the tile's."""
    parameters = udf.parameters
    given = dict(udf.kept)
    if element:
        given.update(_from_element(element[0], udf))
    placed = tile_arguments(parameters, tile, _word) if tile is not None else {}
    missing = [name for name in udf.required if name not in given and name not in placed]
    if missing:
        raise BadArgument(f"no value for {', '.join(missing)}; the UDF takes {', '.join(parameters) or 'nothing'}")
    for name, annotation in udf.annotations.items():
        if name in given:
            given[name] = _coerced(name, given[name], annotation)
    return given | placed


def _from_element(element: Any, udf: Binding) -> Mapping[str, Any]:
    """The same rule as the spec's check of an input (`spec.udf_source.gives_parameters`)."""
    if isinstance(element, Mapping) and element:
        known = len(element.keys() & udf.parameters.keys())
        if known == len(element) or (udf.is_open_ended and (known or not udf.parameters)):
            return element
    for first in udf.parameters:
        return {first: element}
    raise BadArgument("the UDF takes no parameter, so it cannot take an element of the input")


def _coerced(name: str, value: Any, annotation: Any) -> Any:
    if value is None:
        return value
    words = _words(annotation)
    if not isinstance(value, _WRITTEN) and words != ("Bounds",):
        return value  # what code hands over is no text to be understood
    converters = _FROM_TEXT if isinstance(value, str) else _FROM_JSON
    if not words or (isinstance(value, str) and "str" in words) or any(word not in converters for word in words):
        return value  # any text is text already, and of other kinds nothing is known
    problem = ""
    for word in words:
        try:
            return converters[word](value)
        except (ValueError, TypeError, KeyError) as error:
            problem = problem or str(error)
    raise BadArgument(f"{name}={value!r} cannot be read as {' or '.join(words)}: {problem}")


def _word(annotation: Any) -> str:
    """The first kind that an annotation asks for."""
    return next(iter(_words(annotation)), "")


def _words(annotation: Any) -> tuple[str, ...]:
    """The names of the kinds that an annotation allows, without `None` and what stands in brackets."""
    try:
        return _known_words(annotation)
    except TypeError:  # one that holds what cannot be looked up
        return _read_words(annotation)


def _read_words(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, str):
        names = annotation.replace("Optional[", "").replace("Union[", "").partition("[")[0].replace(",", "|").split("|")
        words = [name.strip(" ]").rpartition(".")[2] for name in names]
    elif get_origin(annotation) in (Union, types.UnionType):
        words = [word for one in get_args(annotation) for word in _words(one)]
    elif get_origin(annotation) is Annotated:
        words = list(_words(get_args(annotation)[0]))
    else:
        words = [getattr(get_origin(annotation) or annotation, "__name__", "")]
    return tuple(word for word in words if word not in ("", "None", "NoneType"))


_known_words = lru_cache(maxsize=1024)(_read_words)  # a task asks it for each argument, and there may be very many


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
    placed = getattr(value, "total_bounds", getattr(value, "bounds", value))  # of a frame, or a geometry
    numbers = json.loads(placed) if isinstance(placed, str) else list(placed)
    if not isinstance(numbers, list) or len(numbers) != 4:
        raise ValueError("give four numbers: west, south, east, north")
    return [float(number) for number in numbers]


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
    if content.get("type") == "FeatureCollection":
        return gpd.GeoDataFrame.from_features(content["features"], crs=4326)
    if content.get("type") == "Feature":
        return gpd.GeoDataFrame.from_features([content], crs=4326)
    return gpd.GeoDataFrame(geometry=[shape(content)], crs=4326)


def _tile_frame(value: Any) -> Any:
    """A tile's numbers, or what `_geo_frame` takes, as a frame."""
    content = json.loads(value) if isinstance(value, str) else value
    return (
        frame(_xyz(content)) if isinstance(content, dict) and {"x", "y", "z"} <= set(content) else _geo_frame(content)
    )


def _tile_numbers(value: Any) -> Any:
    return mercantile.Tile(*_xyz(json.loads(value) if isinstance(value, str) else value))


def _xyz(content: Any) -> Tile:
    if not isinstance(content, dict):
        raise ValueError("give x, y and z")
    return int(content["x"]), int(content["y"]), int(content["z"])


def _box(value: Any) -> Any:
    from shapely.geometry import box

    return box(*_bounds(value))


def _geometry(text: str) -> Any:
    from shapely import from_wkt
    from shapely.errors import ShapelyError

    try:
        return from_wkt(text)
    except ShapelyError as error:
        raise ValueError(str(error)) from error


_FROM_JSON: dict[str, Callable[[Any], Any]] = {
    "int": _whole,
    "float": float,
    "bool": _truth,
    "str": lambda value: value,
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
}
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    **_FROM_JSON,
    "int": int,
    "bool": _bool,
    "list": _json_of(list),
    "List": _json_of(list),
    "dict": _json_of(dict),
    "Dict": _json_of(dict),
    "tuple": _json_of(tuple),
    "Tuple": _json_of(tuple),
    **dict.fromkeys(_GEOMETRIES, _geometry),
    "UUID": uuid.UUID,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}
