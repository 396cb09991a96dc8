"""Turn one element of an input list, or the words of a URL, into the arguments of a UDF.

The rules are the published client's: an object whose keys are all parameters gives keyword arguments, any other
value goes to the first parameter; what is given overrides what is stored; text becomes what the annotation says.

Where the client would bend a value, or let it pass, it is refused here, so that a slip is seen:

- a number with a fraction for `int`, which the client cuts;
- for `bool` all but true, yes and 1, false, no and 0, and empty text; to the client all text but false and "" is true;
- for `list` and `dict` text that is JSON of another kind;
- an object for `str`, as one with a misspelt key is when it goes to the first parameter;
- for `Bounds` four values that are no numbers;
- for `Literal` and an enumeration what they do not list; the UDF gets the member of an enumeration, by its value or its
  name, where the client leaves the text;
- what none of a union's kinds fits, and what does not fit an annotation that is text or `Annotated`: those the client
  does not read, but for a few.
"""

import json
import types
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache, partial
from typing import Annotated, Any, Union, get_args, get_origin

import mercantile

from fused_spec.engine.allowed import allowed
from fused_spec.engine.binding import Binding
from fused_spec.engine.tiles import Tile, frame, tile_arguments

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


_WRITTEN = (str, int, float, list, tuple, dict)


class BadArgument(Exception):
    """An argument is missing, unknown, or cannot be understood as its annotation says."""


def bind(udf: Binding, *element: Any, tile: Tile | None = None) -> dict[str, Any]:
    """The keyword arguments for one call: without an element only what is stored with the UDF, and the tile's."""
    given = {**udf.kept, **_from_element(element[0], udf)} if element else dict(udf.kept)
    placed = tile_arguments(udf.parameters, tile, _word) if tile is not None else {}
    if not udf.required <= given.keys() | placed:
        missing = [name for name in udf.parameters if name in udf.required and name not in given | placed]
        raise BadArgument(f"no value for {', '.join(missing)}; the UDF takes {', '.join(udf.parameters) or 'nothing'}")
    for name, annotation in udf.annotations.items():
        if name in given:
            listing = udf.listing.get(name)
            given[name] = (
                _coerced(name, given[name], annotation) if listing is None else _of(name, given[name], listing)
            )
    return given | placed


def _from_element(element: Any, udf: Binding) -> Mapping[str, Any]:
    """The same rule as the spec's check of an input (`spec.calls.gives_parameters`)."""
    if isinstance(element, Mapping) and element:
        known = len(element.keys() & udf.parameters.keys())
        if known == len(element) or (udf.is_open_ended and (known or not udf.parameters)):
            return element
    if udf.first is None:
        raise BadArgument("the UDF takes no parameter, so it cannot take an element of the input")
    return {udf.first: element}


def _coerced(name: str, value: Any, annotation: Any) -> Any:
    if value is None:
        return value
    words = _words(annotation)
    if not isinstance(value, _WRITTEN) and words != ("Bounds",):
        return value  # what code hands over is no text to be understood
    converters = _FROM_TEXT if isinstance(value, str) else _FROM_JSON
    if not words or type(value).__name__ in words or any(word not in converters for word in words):
        return value  # it is what was asked for, or of what was asked for nothing is known
    if isinstance(value, str) and value == "null" and _IN_JSON.issuperset(words):
        return None
    problem = ""
    for word in words:
        try:
            return converters[word](value)
        except json.JSONDecodeError:
            problem = problem or 'this is no JSON; write a list as [1, 2], and an object as {"a": 1}'
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = problem or str(error)
    raise BadArgument(f"{name}={str(value)[:200]!r} cannot be read as {' or '.join(words)}: {problem}")


def _of(name: str, value: Any, listing: Any) -> Any:
    """The value that is meant of those that the annotation lists."""
    if value is None:
        return value
    try:
        return allowed(value, listing, _part)
    except ValueError as problem:
        raise BadArgument(f"{name}={_short(value)} is not allowed; {problem}") from None


def _part(value: Any, kind: Any) -> Any:
    """A value for a part of a union that lists none."""
    try:
        return _coerced("it", value, kind)
    except BadArgument:
        raise ValueError(f"what can be read as {' or '.join(_words(kind))}") from None


def _short(value: Any) -> str:
    return f"{str(value)[:200]!r}" if isinstance(value, str) else str(value)[:200]


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
        words = [name.strip(" ]'\"").rpartition(".")[2] for name in names]
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
_FROM_JSON: dict[str, Callable[[Any], Any]] = {
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
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    **_FROM_JSON,
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
# Of these kinds text is JSON, so that "null" is nothing.
_IN_JSON = frozenset(_FROM_TEXT) - {"str", "UUID", *_GEOMETRIES, *_MOMENTS}
