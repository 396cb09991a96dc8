"""What an xarray says of its cells besides the numbers, as tags of a TIFF.

The published clients read TIFFs by rioxarray: it makes the name of the array of `NETCDF_VARNAME`, the axis of the bands
and its coordinates of `NETCDF_DIM_…`, attributes of all other tags, and `long_name` of the names of the bands. What it
has no place for stands as JSON in the tag `coords` of the namespace `fused`.
"""

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fused_spec.engine.results.jsonable import jsonable
from fused_spec.engine.results.rasters.axes import TELLS_CRS
from fused_spec.engine.results.stored import Tell

_KEY = re.compile(r"[^\s=:#{}][^=:#\n\r]*")  # GDAL divides names from values at = and :
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_LIST = re.compile(r"[^\s,{}\[\]]+")
_KEPT_OTHERWISE = frozenset(
    {
        *(
            "_FillValue",
            "missing_value",
            "fill_value",
            "nodata",
            "nodatavals",
        ),
        *("grid_mapping", "crs", "crs_wkt", "spatial_ref", "transform", "GeoTransform", "res", "AREA_OR_POINT"),
        *("scales", "offsets", "descriptions", "is_tiled", "coordinates"),
    }
)


@dataclass(slots=True)
class Labels:
    """`tags` for any reader, `names` of the bands, and coordinates that only the tag `coords` holds."""

    tags: dict[str, str] = field(default_factory=dict)
    names: Sequence[str | None] = ()
    coords: dict[str, Any] = field(default_factory=dict)


def labels_of(
    array: Any, axes: tuple[Hashable, Hashable], attrs: Mapping[Any, Any], tell: Tell, *, placed: bool
) -> Labels:
    """Name, attributes and coordinates of an array whose rows and columns are `axes`, which a transform may place."""
    labels = Labels()
    _add_attributes(labels, attrs, tell)
    if array.name is not None and _is_value(str(array.name)):
        labels.tags["NETCDF_VARNAME"] = str(array.name)
    band_axis = next((dim for dim in array.dims if dim not in axes), None)
    count = array.sizes[band_axis] if band_axis is not None else 1
    labels.names = _long_names(attrs, count)
    for name, coordinate in array.coords.items():
        if coordinate.ndim == 0:
            _add_scalar(labels, str(name), coordinate, tell)
        elif coordinate.dims == (band_axis,):
            _add_of_bands(labels, str(name), coordinate, is_axis=name == band_axis, tell=tell)
        elif name in axes:
            if not placed and (values := _plain(str(name), coordinate.values, tell)) is not None:
                labels.coords[str(name)] = {"dims": [str(name)], "data": values}
        else:
            dims = ", ".join(map(str, coordinate.dims))
            tell(f"the coordinate {name} ({dims}) is left out, since a TIFF has none but those of its rows and columns")
    if band_axis is not None and band_axis not in array.coords:
        labels.coords.setdefault("dims", [str(dim) for dim in array.dims])
    return labels


def _add_attributes(labels: Labels, attrs: Mapping[Any, Any], tell: Tell) -> None:
    for name, value in attrs.items():
        if name in _KEPT_OTHERWISE or _is_of_bands(name, value):
            continue
        text = _as_tag(value)
        if not _KEY.fullmatch(str(name)) or text is None:
            tell(f"the attribute {str(name)[:40]!r} is left out, since a TIFF cannot hold it")
        else:
            labels.tags[str(name)] = text


def unit_of(attrs: Mapping[Any, Any]) -> str | None:
    """The unit that a TIFF keeps of every band."""
    unit = attrs.get("units")
    return unit if isinstance(unit, str) and _is_value(unit) else None


def factor_of(attrs: Mapping[Any, Any], name: str) -> float | None:
    """`scale_factor` or `add_offset`, which a TIFF keeps of every band."""
    value = attrs.get(name)
    return float(value) if isinstance(value, int | float | np.number) and not isinstance(value, bool) else None


def _is_of_bands(name: Any, value: Any) -> bool:
    """Whether a TIFF has a place of its own for an attribute, at its bands."""
    if name in ("scale_factor", "add_offset"):
        return factor_of({name: value}, name) is not None
    return (name == "units" and unit_of({name: value}) is not None) or (
        name == "long_name" and not isinstance(value, str)
    )


def _long_names(attrs: Mapping[Any, Any], count: int) -> Sequence[str | None]:
    """The names that rioxarray keeps of bands."""
    told = attrs.get("long_name")
    if isinstance(told, str):
        return [told] * count if _is_value(told) else ()
    if isinstance(told, list | tuple) and len(told) == count:
        return [str(one) if one is not None and _is_value(str(one)) else None for one in told]
    return ()


def _add_scalar(labels: Labels, name: str, coordinate: Any, tell: Tell) -> None:
    if not TELLS_CRS.isdisjoint(coordinate.attrs) or name == "spatial_ref":
        return
    plain = _plain(name, coordinate.values, tell)
    if plain is None:
        return
    labels.coords[name] = {"dims": [], "data": plain}
    if _KEY.fullmatch(name) and (text := _as_tag(plain)) is not None:
        labels.tags.setdefault(name, text)


def _add_of_bands(labels: Labels, name: str, coordinate: Any, *, is_axis: bool, tell: Tell) -> None:
    values = _plain(name, coordinate.values, tell)
    if values is None:
        return
    labels.coords[name] = {"dims": [str(dim) for dim in coordinate.dims], "data": values}
    if not is_axis:
        return
    if not _is_counting(values, name):
        labels.names = [str(one) if _is_value(str(one)) else None for one in values]
    if (listed := _listed(values)) is not None and _KEY.fullmatch(name) and _IN_LIST.fullmatch(name):
        labels.tags["NETCDF_DIM_EXTRA"] = f"{{{name}}}"
        labels.tags[f"NETCDF_DIM_{name}_DEF"] = f"{{{len(values)},6}}"
        labels.tags[f"NETCDF_DIM_{name}_VALUES"] = listed


def _is_counting(values: Sequence[Any], name: str) -> bool:
    """Whether they are the numbers that any reader gives to bands."""
    return name == "band" and list(values) == list(range(1, len(values) + 1))


def _listed(values: Sequence[Any]) -> str | None:
    """Numbers in braces, which readers take for numbers, or words in brackets; None for what would be cut apart."""
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        return "{" + ",".join(map(repr, values)) + "}" if all(abs(one) <= 2**53 for one in values) else None
    words = [str(one) for one in values]
    return "[" + " ".join(words) + "]" if all(_IN_LIST.fullmatch(one) and _is_value(one) for one in words) else None


def _plain(name: str, values: np.ndarray, tell: Tell) -> Any:
    try:
        return jsonable(values, tell)
    except (TypeError, ValueError, OverflowError, RecursionError):
        tell(f"the coordinate {name} is left out, since a TIFF cannot hold it")
        return None


def _as_tag(value: Any) -> str | None:
    """An attribute as text; None for one that has no such form."""
    if isinstance(value, str):
        return value if _is_value(value) else None
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.number) and not isinstance(value, complex | np.complexfloating):
        return str(value.item() if isinstance(value, np.generic) else value)
    try:
        plain = jsonable(value, lambda _: None)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    if isinstance(plain, list) and plain and all(isinstance(one, int | float) for one in plain):
        return "{" + ",".join(map(repr, plain)) + "}"
    return json.dumps(plain)


def _is_value(text: str) -> bool:
    """Whether a tag can hold a text: GDAL takes a blank one for none, and leaves out blanks before it."""
    return bool(text) and text == text.lstrip() and _NO_XML.search(text) is None
