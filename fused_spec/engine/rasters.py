"""Arrays that a UDF returned, as the images and arrays that Fused's clients read back.

A TIFF says in its tags of the namespace `fused` what it was: `orig_type`, `shape`, `bounds`; the clients turn it into
the same kind of value again.
"""

import json
import warnings
from io import BytesIO
from typing import Any

import numpy as np

from fused_spec.engine.stored import Content, Unstorable

FORMATS = ("npy", "tiff", "tif", "png", "jpg", "jpeg", "webp", "gif")
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
PICTURES = tuple(_TYPES)
_IN_TIFF = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")
_BANDS = (1, 3, 4)

Bounds = tuple[float, float, float, float]


def write_raster(value: Any, output_format: str) -> Content | None:
    """An array, an array with its bounds, or an xarray; None for any other value.

    Raises `Unstorable` for one that the format cannot hold.
    """
    match value:
        case np.ndarray():
            return _array(value, None, output_format)
        case (np.ndarray() as array, bounds):
            return _array(array, _bounds(bounds), output_format)
    kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
    if kind == "xarray.DataArray":
        return _labelled(value, {"orig_type": kind}, output_format)
    if kind == "xarray.Dataset" and len(value.data_vars) == 1:
        [(name, only)] = value.data_vars.items()
        if only.ndim in (2, 3):
            return _labelled(only, {"orig_type": kind, "key": str(name)}, output_format)
    return None


def write_picture(value: Any, output_format: str) -> Content | None:
    """A PIL image or a matplotlib figure; None for any other value."""
    buffer = BytesIO()
    if hasattr(value, "savefig"):
        value.savefig(buffer, format="png")
        return Content(suffix="png", content_type="image/png", content=buffer.getvalue())
    if hasattr(value, "tobytes") and hasattr(value, "mode") and hasattr(value, "save"):
        return _picture(np.asarray(value.convert("RGBA" if "A" in value.mode else "RGB")), output_format)
    return None


def bounds_of(value: Any) -> Bounds | None:
    """The bounds that come with an array, in degrees; None for any other value."""
    match value:
        case (np.ndarray(), bounds):
            return _bounds(bounds)
    return None


def _array(array: np.ndarray, bounds: Bounds | None, output_format: str) -> Content:
    if array.dtype.hasobject:
        raise Unstorable("an array of objects cannot be stored; give it a numeric type")
    image = array.ndim in (2, 3) and array.dtype.name in _IN_TIFF and array.size > 0
    if output_format == "npy" or not image:
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return Content(suffix="npy", content_type="application/x-numpy-data", content=buffer.getvalue())
    if output_format in _TYPES:
        return _picture(array, output_format)
    tags = {"orig_type": "numpy.ndarray", "shape": json.dumps(array.shape)}
    if bounds is not None:
        tags["bounds"] = json.dumps(bounds)
    return _tiff(_by_bands(array), bounds, "EPSG:4326" if bounds else None, tags)


def _labelled(array: Any, tags: dict[str, str], output_format: str) -> Content:
    """An xarray with two axes, or with bands before them; its last two axes are y and x."""
    values = np.asarray(array.values)
    if values.ndim not in (2, 3) or values.dtype.name not in _IN_TIFF:
        raise Unstorable(f"an xarray of {values.ndim} dimensions and type {values.dtype} cannot be stored as an image")
    if output_format in _TYPES:
        return _picture(values, output_format)
    y, x = array.dims[-2:]
    bounds = _extent(array, x, y) if x in array.coords and y in array.coords else None
    crs = getattr(getattr(array, "rio", None), "crs", None)
    return _tiff(_by_bands(values), bounds, crs or ("EPSG:4326" if bounds else None), tags)


def _extent(array: Any, x: Any, y: Any) -> Bounds | None:
    """The outer edges of evenly spaced cells whose centres are the coordinates."""
    xs, ys = np.asarray(array[x], float), np.asarray(array[y], float)
    if len(xs) < 2 or len(ys) < 2:
        return None
    right, down = (xs[-1] - xs[0]) / (len(xs) - 1) / 2, (ys[0] - ys[-1]) / (len(ys) - 1) / 2
    return float(xs[0] - right), float(ys[-1] - down), float(xs[-1] + right), float(ys[0] + down)


def _tiff(bands: np.ndarray, bounds: Bounds | None, crs: Any, tags: dict[str, str]) -> Content:
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile
    from rasterio.transform import from_bounds

    count, height, width = bands.shape
    place = {"crs": crs, "transform": from_bounds(*bounds, width, height)} if bounds is not None else {}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an array without bounds lies nowhere
        with memory.open(
            driver="GTiff", count=count, height=height, width=width, dtype=bands.dtype.name, compress="deflate", **place
        ) as dataset:
            dataset.write(bands)
            dataset.update_tags(ns="fused", **tags)
        return Content(suffix="tiff", content_type="image/tiff", content=memory.read())


def _picture(array: np.ndarray, output_format: str) -> Content:
    from PIL import Image

    bands = _by_bands(array)
    if bands.dtype == bool:
        bands = bands.astype("uint8") * 255
    if bands.dtype != np.uint8 or len(bands) not in _BANDS:
        raise Unstorable(
            f"{output_format} holds 1, 3 or 4 bands of uint8, not {len(bands)} of {bands.dtype}; ask for tiff or npy"
        )
    pixels = bands[0] if len(bands) == 1 else np.moveaxis(bands, 0, -1)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if output_format in ("jpg", "jpeg"):
        picture = picture.convert("RGB")
    buffer = BytesIO()
    picture.save(buffer, format="JPEG" if output_format == "jpg" else output_format.upper())
    return Content(suffix=output_format, content_type=_TYPES[output_format], content=buffer.getvalue())


def _by_bands(array: np.ndarray) -> np.ndarray:
    """Bands first; an array whose last axis alone can be bands has them last."""
    if array.ndim == 2:
        return array[np.newaxis]
    if array.shape[0] not in _BANDS and array.shape[-1] in (3, 4):
        return np.moveaxis(array, -1, 0)
    return array


def _bounds(bounds: Any) -> Bounds | None:
    """Bounds as a sequence of four numbers or a frame; None when they are neither."""
    numbers = getattr(bounds, "total_bounds", bounds)
    try:
        west, south, east, north = map(float, numbers)
    except (TypeError, ValueError):
        return None
    return west, south, east, north
