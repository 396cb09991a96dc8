"""Arrays that a UDF returned, as the images and arrays that Fused's clients read back.

A TIFF says in its tags of the namespace `fused` what it was: `orig_type`, `shape`, `bounds`; the clients turn it into
the same kind of value again.
"""

import json
import warnings
from io import BytesIO
from typing import Any

import numpy as np

from fused_spec.engine.axes import Bounds, image_axes, place
from fused_spec.engine.labelled import IN_TIFF, WIDENED, is_image, is_labelled, only_variable
from fused_spec.engine.stored import Content, Unstorable

FORMATS = ("npy", "tiff", "tif", "png", "jpg", "jpeg", "webp", "gif")
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
PICTURES = tuple(_TYPES)
_BANDS = (1, 3, 4)
_DEEP = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # modes of one band with more than eight bits


def write_raster(value: Any, output_format: str) -> Content | None:
    """An array, an array with its bounds, or an xarray that is an image; None for any other value.

    Raises `Unstorable` for one that the format cannot hold.
    """
    if (pair := _located(value)) is not None:
        return _array(*pair, output_format)
    if not is_labelled(value) or not is_image(value):
        return None
    kind = f"xarray.{type(value).__name__}"
    only = only_variable(value)
    key = {} if only is value else {"key": str(only.name)}
    return _labelled(only, {"orig_type": kind, **key}, output_format)


def write_picture(value: Any, output_format: str) -> Content | None:
    """A PIL image, or a matplotlib figure or what is drawn in one; None for any other value."""
    if (figure := _figure(value)) is not None:
        buffer = BytesIO()
        figure.savefig(buffer, format="png")
        return Content(suffix="png", content_type="image/png", content=buffer.getvalue())
    if not _is_pillow(value):
        return None
    if value.mode in _DEEP:
        return _array(np.asarray(value), None, "tiff" if output_format == "png" else output_format)
    try:
        clear = value.mode.endswith(("A", "a")) or "transparency" in value.info  # as in a palette
        pixels = np.asarray(value.convert("RGBA" if clear else "RGB"))
    except ValueError as error:
        raise Unstorable(f"an image of the mode {value.mode} cannot be stored; convert it to RGB") from error
    return _picture(np.moveaxis(pixels, -1, 0), output_format)


def is_picture(value: Any) -> bool:
    """Whether `write_picture` writes it."""
    return _is_pillow(value) or _figure(value) is not None


def _figure(value: Any) -> Any:
    figure = value if hasattr(value, "savefig") else getattr(value, "figure", None)
    return figure if hasattr(figure, "savefig") else None


def _is_pillow(value: Any) -> bool:
    return hasattr(value, "tobytes") and hasattr(value, "mode") and hasattr(value, "save")


def bounds_of(value: Any) -> Bounds | None:
    """The bounds that come with an array, in degrees; None for any other value."""
    pair = _located(value)
    return None if pair is None else pair[1]


def _located(value: Any) -> tuple[np.ndarray, Bounds | None] | None:
    """An array and its bounds (None: it comes without); None for any other value, also for several arrays.

    Raises `Unstorable` for bounds that are none.
    """
    match value:
        case np.ndarray():
            return value, None
        case (np.ndarray() as array, None):
            return array, None
        case (np.ndarray() as array, bounds) if not isinstance(bounds, np.ndarray) or bounds.shape == (4,):
            return array, _bounds(bounds)
    return None


def _array(array: np.ndarray, bounds: Bounds | None, output_format: str) -> Content:
    if array.dtype.hasobject:
        raise Unstorable("an array of objects cannot be stored; give it a numeric type")
    image = array.ndim in (2, 3) and array.dtype.name in (*IN_TIFF, *WIDENED) and array.size > 0
    if image and output_format in _TYPES:
        return _picture(_seen(array), output_format)
    array = _filled(array)
    # a TIFF holds bounds, and an npy what it has not
    if not image or output_format == "npy" or (array.dtype.name in WIDENED and bounds is None):
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        return Content(suffix="npy", content_type="application/x-numpy-data", content=buffer.getvalue())
    tags = {"orig_type": "numpy.ndarray", "shape": json.dumps(array.shape)}
    if bounds is not None:
        tags["bounds"] = json.dumps(bounds)
    return _tiff(_by_bands(array), bounds, "EPSG:4326" if bounds else None, tags)


def _labelled(array: Any, tags: dict[str, str], output_format: str) -> Content:
    """An xarray that is an image, its bands first and the rows from its axis y."""
    axes = image_axes(array)
    assert axes is not None, "an image has them"
    values = np.asarray(array.transpose(..., *axes).values)
    bands = values if values.ndim == 3 else values[np.newaxis]
    return _picture(bands, output_format) if output_format in _TYPES else _tiff(bands, *place(array, *axes), tags)


def _tiff(bands: np.ndarray, bounds: Bounds | None, crs: Any, tags: dict[str, str]) -> Content:
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile
    from rasterio.transform import from_bounds

    bands = bands.astype(WIDENED.get(bands.dtype.name, bands.dtype), copy=False)
    count, height, width = bands.shape
    located = {"crs": crs, "transform": from_bounds(*bounds, width, height)} if bounds is not None else {}
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an array without bounds lies nowhere
        size = {"count": count, "height": height, "width": width}
        with memory.open(driver="GTiff", dtype=bands.dtype.name, compress="deflate", **size, **located) as dataset:
            dataset.write(bands)
            dataset.update_tags(ns="fused", **tags)
        return Content(suffix="tiff", content_type="image/tiff", content=memory.read())


def _picture(bands: np.ndarray, output_format: str) -> Content:
    from PIL import Image

    if bands.size == 0:
        raise Unstorable("an image without pixels cannot be stored")
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


def _filled(array: np.ndarray) -> np.ndarray:
    """What is masked is missing, and no number."""
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if not array.mask.any():
        return np.asarray(array.data)
    return np.ma.filled(array.astype(np.result_type(array.dtype, np.float32)), np.nan)


def _by_bands(array: np.ndarray, may_be_last: tuple[int, ...] = (3, 4)) -> np.ndarray:
    """Bands first; an array whose last axis alone can be bands has them last."""
    if array.ndim == 2:
        return array[np.newaxis]
    if array.shape[0] not in _BANDS and array.shape[-1] in may_be_last:
        return np.moveaxis(array, -1, 0)
    return array


def _seen(array: np.ndarray) -> np.ndarray:
    """The bands of a picture: what is masked is black, and transparent where there is room for it."""
    bands = _by_bands(array, _BANDS)
    if not isinstance(bands, np.ma.MaskedArray) or not np.ma.is_masked(bands):
        return np.asarray(bands)
    colours = bands.filled(0)
    if bands.dtype != np.uint8 or len(bands) not in (1, 3):
        return colours
    shown = np.where(np.ma.getmaskarray(bands).all(axis=0), 0, 255).astype("uint8")
    return np.concatenate([np.broadcast_to(colours, (3, *shown.shape)), shown[np.newaxis]])


def _bounds(bounds: Any) -> Bounds:
    """Bounds as a sequence of four numbers, a frame or a geometry."""
    numbers = getattr(bounds, "total_bounds", getattr(bounds, "bounds", bounds))
    try:
        west, south, east, north = map(float, numbers)
        if not np.isfinite([west, south, east, north]).all() or west == east or south == north:
            raise ValueError(numbers)
    except (TypeError, ValueError) as error:
        raise Unstorable(
            f"the array comes with {_shown(bounds)} as its bounds; "
            "give four numbers (west, south, east, north) that enclose something, or a frame"
        ) from error
    return west, south, east, north


def _shown(bounds: Any) -> str:
    plain = isinstance(bounds, str | int | float | list | tuple | np.ndarray)
    return str(bounds)[:60] if plain else f"a {type(bounds).__name__} without extent"
