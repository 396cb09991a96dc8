"""Arrays that a UDF returned, as the images and arrays that Fused's clients read back.

A TIFF says in its tags of the namespace `fused` what it was: `orig_type`, `shape`, `bounds`; the clients turn it into
the same kind of value again.
"""

import json
from io import BytesIO
from typing import Any

import numpy as np

from fused_spec.engine.results.rasters.arrays import IN_TIFF, WIDENED, is_image, is_labelled, only_variable
from fused_spec.engine.results.rasters.axes import Bounds, image_axes, place
from fused_spec.engine.results.rasters.geotiff import GeoTiff, write_tiff
from fused_spec.engine.results.rasters.labels import factor_of, labels_of, unit_of
from fused_spec.engine.results.rasters.missing_cells import filled, filled_with_nan, nodata_of
from fused_spec.engine.results.stored import Content, Tell, Unstorable

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
        return _told(*pair, output_format)
    if not is_labelled(value) or not is_image(value):
        return None
    lossy: dict[str, None] = {}
    content = _labelled(value, output_format, lossy.setdefault)
    content.lossy = tuple(lossy)
    return content


def write_picture(value: Any, output_format: str) -> Content | None:
    """A PIL image, or a matplotlib figure or what is drawn in one; None for any other value."""
    if (figure := _figure(value)) is not None:
        buffer = BytesIO()
        figure.savefig(buffer, format="png")
        return Content(suffix="png", content_type="image/png", content=buffer.getvalue())
    if not _is_pillow(value):
        return None
    lossy: dict[str, None] = {}
    if getattr(value, "n_frames", 1) > 1:
        lossy["the first picture of several is kept alone; return a list of them, or the bytes of their file"] = None
    if value.mode in _DEEP:
        deep = _told(np.asarray(value), None, "tiff" if output_format == "png" else output_format)
        deep.lossy = (*lossy, *deep.lossy)
        return deep
    if value.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        lossy[f"the colours of an image of the mode {value.mode} are kept as RGB"] = None
    try:
        clear = value.mode.endswith(("A", "a")) or "transparency" in value.info  # as in a palette
        pixels = np.asarray(value.convert("RGBA" if clear else "RGB"))
    except ValueError as error:
        raise Unstorable(f"an image of the mode {value.mode} cannot be stored; convert it to RGB") from error
    picture = _picture(np.moveaxis(pixels, -1, 0), output_format, lossy.setdefault)
    picture.lossy = tuple(lossy)
    return picture


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


def _told(array: np.ndarray, bounds: Bounds | None, output_format: str) -> Content:
    lossy: dict[str, None] = {}
    content = _array(array, bounds, output_format, lossy.setdefault)
    content.lossy = tuple(lossy)
    return content


def _array(array: np.ndarray, bounds: Bounds | None, output_format: str, tell: Tell) -> Content:
    if array.dtype.hasobject:
        raise Unstorable("an array of objects cannot be stored; give it a numeric type")
    image = array.ndim in (2, 3) and array.dtype.name in (*IN_TIFF, *WIDENED) and array.size > 0
    if image and output_format in _TYPES:
        if bounds is not None:
            tell(f"the bounds of the array are left out, since {output_format} has no place for them")
        return _picture(_seen(array), output_format, tell)
    # a TIFF holds bounds, and an npy what it has not
    if not image or output_format == "npy" or (array.dtype.name in WIDENED and bounds is None):
        if bounds is not None:
            tell("the bounds of the array are left out, since npy has no place for them")
        buffer = BytesIO()
        np.save(buffer, filled_with_nan(array), allow_pickle=False)
        return Content(suffix="npy", content_type="application/x-numpy-data", content=buffer.getvalue())
    own = {"orig_type": "numpy.ndarray", "shape": json.dumps(array.shape)}
    values, nodata = filled(array, tell)
    bands = _by_bands(values)
    if array.ndim == 2 and 1 in array.shape:
        tell("an array of one row or one column comes back flat at the published clients")
    elif bands.shape != values.shape and array.ndim == 3:
        tell("an array of rows, columns and bands comes back with its bands first")
    if bounds is None:
        return write_tiff(GeoTiff(bands=bands, nodata=nodata, own=own))
    from rasterio.transform import from_bounds

    own["bounds"] = json.dumps(bounds)
    transform = from_bounds(*bounds, bands.shape[2], bands.shape[1])
    return write_tiff(GeoTiff(bands=bands, transform=transform, crs="EPSG:4326", nodata=nodata, own=own))


def _labelled(value: Any, output_format: str, tell: Tell) -> Content:
    """An xarray that is an image, its bands first and the rows from its axis y."""
    array = only_variable(value)
    axes = image_axes(array)
    assert axes is not None, "an image has them"
    values = np.asarray(array.transpose(..., *axes).values)
    bands = values if values.ndim == 3 else values[np.newaxis]
    if output_format in _TYPES:
        if array.attrs or len(array.coords):
            tell(f"what the xarray says of its cells is left out, since {output_format} has no place for it")
        return _picture(bands, output_format, tell)
    if bands.dtype == bool:
        tell("truth values are 0 and 1 in a TIFF")
    held, nodata = nodata_of(bands, array, tell)
    transform, crs = place(array, *axes, tell)
    attrs = {**getattr(value, "attrs", {}), **array.attrs}
    labels = labels_of(array, axes, attrs, tell, placed=transform is not None)
    kept = {"coords": json.dumps(labels.coords)} if labels.coords else {}
    key = {} if array is value else {"key": str(array.name)}
    return write_tiff(
        GeoTiff(
            bands=held,
            transform=transform,
            crs=crs,
            nodata=nodata,
            names=labels.names,
            scale=factor_of(attrs, "scale_factor"),
            offset=factor_of(attrs, "add_offset"),
            unit=unit_of(attrs),
            tags=labels.tags,
            own={"orig_type": f"xarray.{type(value).__name__}", **key, **kept},
        )
    )


def _picture(bands: np.ndarray, output_format: str, tell: Tell) -> Content:
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
    if output_format in ("jpg", "jpeg", "webp"):
        tell(f"{output_format} keeps the colours of a picture nearly; png and tiff keep them exactly")
    elif output_format == "gif" and len(bands) > 1:
        tell("gif keeps 256 colours of a picture; png and tiff keep them all")
    if output_format in ("jpg", "jpeg"):
        if len(bands) == 4 and (bands[3] < 255).any():
            tell(f"{output_format} keeps no transparency; png and webp do")
        picture = picture.convert("RGB")
    buffer = BytesIO()
    picture.save(buffer, format="JPEG" if output_format == "jpg" else output_format.upper())
    return Content(suffix=output_format, content_type=_TYPES[output_format], content=buffer.getvalue())


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
