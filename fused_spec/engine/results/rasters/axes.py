"""Which two axes of an xarray are its rows and columns, and where on the ground its cells lie."""

from typing import Any

import numpy as np

from fused_spec.engine.results.stored import Tell, Unstorable

Bounds = tuple[float, float, float, float]
"""West, south, east and north edges."""

TELLS_CRS = frozenset({"grid_mapping_name", "crs_wkt", "spatial_ref"})
"""Attributes of the variable in which an array keeps its CRS, by the CF conventions, and GDAL's."""

_X = frozenset({"x", "lon", "longitude", "projection_x_coordinate", "grid_longitude"})
_Y = frozenset({"y", "lat", "latitude", "projection_y_coordinate", "grid_latitude"})
_ASIDE = frozenset({"band", "bands", "channel", "channels", "time", "date", "t", "z", "level", "variable"})
_PICTURE_BANDS = (3, 4)
_LARGEST_SHIFT = 0.1  # of a cell: coordinates are often rounded, as float32


def image_axes(array: Any) -> tuple[Any, Any] | None:
    """The axes y and x of an array with two or three axes: by name, else the last two that can be; None for none."""
    y, x = ([dim for dim in array.dims if _is(array, dim, kind)] for kind in (_Y, _X))
    if x or y:
        return (y[0], x[0]) if len(x) == len(y) == 1 else None
    free = [dim for dim in array.dims if not _is(array, dim, _ASIDE)]
    if len(free) == 3 and array.shape[-1] in _PICTURE_BANDS and not any(dim in array.coords for dim in free):
        free = free[:2] if array.shape[0] not in (1, *_PICTURE_BANDS) else free  # as in an array without names
    return (free[-2], free[-1]) if len(free) >= 2 else None


def is_even(array: Any, axis: Any) -> bool:
    """Whether an axis has no coordinates, or such as evenly spaced cells have."""
    if axis not in array.coords:
        return True
    found = np.asarray(array[axis])
    if found.dtype.kind not in "iuf":
        return False
    if len(found) < 2:
        return True
    wanted, step = np.linspace(found[0], found[-1], len(found), retstep=True)
    return bool(step != 0 and np.all(np.abs(found - wanted) <= abs(step) * _LARGEST_SHIFT))


def place(array: Any, y: Any, x: Any, tell: Tell) -> tuple[Any, Any]:
    """The transform of the cells whose centres are the coordinates, and the CRS; None for what is not known."""
    transform = _by_coordinates(array, y, x)
    if transform is None and (told := _mapping(array).get("GeoTransform")) is not None:
        transform = _told_transform(told)
    known = [axis for axis in (y, x) if axis in array.coords]
    if transform is None and known:
        axes = " and ".join(map(str, known))
        tell(f"the coordinates of {axes} stand in the tag coords alone, since a TIFF has a place by two cells of each")
    elif transform is not None and not _are_same(array, y, x, transform):
        tell(f"the coordinates of {y} and {x} are those of an even grid, from which they differ a little")
    named = len(known) == 2 and _is(array, x, _X) and _is(array, y, _Y)
    return transform, _told_crs(array) or (
        "EPSG:4326" if transform is not None and named and _in_degrees(array, y, x) else None
    )


def _by_coordinates(array: Any, y: Any, x: Any) -> Any:
    from rasterio.transform import from_bounds

    if x not in array.coords or y not in array.coords or min(array.sizes[x], array.sizes[y]) < 2:
        return None
    xs, ys = np.asarray(array[x], float), np.asarray(array[y], float)
    right, down = (xs[-1] - xs[0]) / (len(xs) - 1) / 2, (ys[0] - ys[-1]) / (len(ys) - 1) / 2
    bounds = float(xs[0] - right), float(ys[-1] - down), float(xs[-1] + right), float(ys[0] + down)
    return from_bounds(*bounds, len(xs), len(ys))


def _told_transform(told: Any) -> Any:
    """The one that rioxarray and GDAL keep beside the CRS, as six numbers in a text."""
    from rasterio import Affine

    try:
        return Affine.from_gdal(*map(float, str(told).split()))
    except (ValueError, TypeError):
        return None


def _are_same(array: Any, y: Any, x: Any, transform: Any) -> bool:
    """Whether the coordinates that a reader makes of the transform are those of the array, as finely as these are."""
    for axis, first, step in ((x, transform.c, transform.a), (y, transform.f, transform.e)):
        if axis not in array.coords:
            continue
        found = np.asarray(array[axis])
        digits = np.finfo(found.dtype if found.dtype.kind == "f" else float).eps
        read = first + step * (np.arange(len(found)) + 0.5)
        largest = max(float(np.abs(found).max()), abs(step))
        if np.abs(found - read).max() > 8 * digits * largest:
            return False
    return True


def _in_degrees(array: Any, y: Any, x: Any) -> bool:
    xs, ys = np.asarray(array[x], float), np.asarray(array[y], float)
    return bool(max(abs(ys)) <= 90 and min(xs) >= -180 and max(xs) <= 360)


def _is(array: Any, dim: Any, kind: frozenset[str]) -> bool:
    """Whether an axis is named as one of a kind, or described so by the CF conventions."""
    known = array.coords[dim].attrs if dim in array.coords else {}
    names = {str(dim).lower(), str(known.get("standard_name", "")).lower(), str(known.get("axis", "")).lower()}
    return not names.isdisjoint(kind)


def _told_crs(array: Any) -> Any:
    """The CRS that the array came with: rioxarray's, or one in the variable where that and others keep it."""
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    told = getattr(getattr(array, "rio", None), "crs", None)
    if told is None:
        known = _mapping(array)
        told = known.get("crs_wkt", known.get("spatial_ref"))
    try:
        return CRS.from_user_input(told) if told else None
    except CRSError as error:
        raise Unstorable(f"the xarray's CRS {str(told)[:60]!r} cannot be read; write its CRS anew") from error


def _mapping(array: Any) -> Any:
    """The attributes of the variable that tells the CRS."""
    name = array.encoding.get("grid_mapping", array.attrs.get("grid_mapping", "spatial_ref"))
    return array.coords[name].attrs if name in array.coords else {}
