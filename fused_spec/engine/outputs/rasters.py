"""Pictures and arrays: how large they are and where they lie, told from the header; as pictures; and as TIFF."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from fused_spec.engine.outputs.kinds import form_of
from fused_spec.engine.outputs.model import Bounds, Facts, File, Kind, UnreadableOutput
from fused_spec.engine.outputs.ranged import RangedFile

_NAME = "content"
_READ_WHOLE = 512 * 1024 * 1024  # bytes of a raster that may be read for a small picture of it
_COLOURS = (3, 4)


class Picture(Struct, frozen=True, kw_only=True):
    """A raster in as many cells as are looked at, masked where there is no value; bands, rows from the north, columns.

    One that lies nowhere is as wide and as high as it has cells. `crs` is WKT.
    """

    values: Any
    bounds: Bounds
    crs: str | None


def raster_facts(content: RangedFile) -> Facts:
    with _opened(content) as dataset:
        crs = dataset.crs
        known = crs.to_authority() if crs is not None else None
        return Facts(
            kind=Kind.RASTER,
            crs=None if crs is None else ":".join(known) if known else "unnamed",
            bounds=_box(dataset) if _lies(dataset) else None,
            bytes=content.size,
            shape=(dataset.count, dataset.height, dataset.width),
        )


def array_facts(content: RangedFile) -> Facts:
    """Of an array as NumPy keeps it, which lies nowhere."""
    version = np.lib.format.read_magic(content)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, _ = read(content)
    return Facts(kind=Kind.RASTER, bytes=content.size, shape=tuple(shape))


def picture(file: File, side: int) -> Picture | None:
    """At most so many rows and columns of it; None for an array that is no picture.

    Raises `UnreadableOutput` for one that would have to be read whole and is too large for that.
    """
    with RangedFile(file.open()) as content:
        if form_of(file.name, lambda count: content.between(0, count)) == "npy":
            return _of_array(content, side)
        with _opened(content) as dataset:
            if content.size > _READ_WHOLE and not dataset.overviews(1):
                raise UnreadableOutput(f"{file.name} is too large to be drawn without overviews (gdaladdo makes them)")
            bands = dataset.count if dataset.count in _COLOURS else 1
            step = max(1.0, max(dataset.height, dataset.width) / side)
            shape = (bands, max(1, int(dataset.height / step)), max(1, int(dataset.width / step)))
            values = dataset.read(list(range(1, bands + 1)), out_shape=shape, masked=True)
            crs = dataset.crs.to_wkt() if dataset.crs is not None else None
            bounds = _box(dataset) if _lies(dataset) else (0.0, 0.0, float(dataset.width), float(dataset.height))
            return Picture(
                values=values[:, ::-1] if dataset.transform.e > 0 and crs else values, bounds=bounds, crs=crs
            )


def _of_array(content: RangedFile, side: int) -> Picture | None:
    if content.size > _READ_WHOLE:
        raise UnreadableOutput("an array of so many bytes is too large to be drawn")
    content.seek(0)
    array = np.load(BytesIO(content.read()), allow_pickle=False)
    if array.ndim not in (2, 3) or array.dtype.kind not in "biuf" or not array.size:
        return None
    bands = array if array.ndim == 3 else array[None]
    height, width = bands.shape[1:]
    step = max(1, -(-max(height, width) // side))
    return Picture(
        values=np.ma.masked_invalid(bands[:, ::step, ::step]), bounds=(0.0, 0.0, float(width), float(height)), crs=None
    )


def _lies(dataset: Any) -> bool:
    return dataset.crs is not None or not dataset.transform.is_identity


def _box(dataset: Any) -> Bounds:
    """West, south, east, north, also of a raster whose first row is the southernmost."""
    left, bottom, right, top = dataset.bounds
    return (min(left, right), min(bottom, top), max(left, right), max(bottom, top))


@contextmanager
def _opened(content: RangedFile) -> Iterator[Any]:
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
    from rasterio.io import MemoryFile

    def only_it(path: str, mode: str = "rb") -> RangedFile:
        if path != _NAME:
            raise FileNotFoundError(path)
        return content

    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            if content.is_whole:
                memory = stack.enter_context(MemoryFile(content.tail))
                yield stack.enter_context(memory.open())
            else:
                stack.enter_context(rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"))
                yield stack.enter_context(rasterio.open(_NAME, opener=only_it))
        except RasterioIOError as error:
            raise OSError(str(error)) from error


def save_tiff(file: File, place: Path) -> None:
    """Write it as TIFF: as it is where it is one, and else the same cells.

    Raises `UnreadableOutput` for an array that is no raster, and for a picture that is broken.
    """
    form = form_of(file.name, lambda count: RangedFile(file.open()).between(0, count))
    if form == "tiff":
        file.open().save(place)
        return
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    with tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
        original = Path(folder) / f"content.{form}"
        file.open().save(original)
        try:
            (_copy_array if form == "npy" else _copy_picture)(original, place)
        except (RasterioError, CPLE_BaseError, SystemError, ValueError) as error:  # SystemError: GDAL said no reason
            raise UnreadableOutput(
                f"{file.name} cannot be written as TIFF: {error}", hint="-o DIR/ keeps it as it is"
            ) from error


def _copy_picture(original: Path, place: Path) -> None:
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.shutil import copy

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        copy(str(original), str(place), driver="GTiff", compress="deflate")


def _copy_array(original: Path, place: Path) -> None:
    import rasterio
    from rasterio.dtypes import check_dtype
    from rasterio.errors import NotGeoreferencedWarning

    array = np.load(original, mmap_mode="r", allow_pickle=False)
    if array.ndim not in (2, 3) or not array.size or not check_dtype(array.dtype):
        raise ValueError(f"it is an array of {array.dtype} with {array.ndim} sides")
    bands = array if array.ndim == 3 else array[None]
    count, height, width = bands.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            place, "w", "GTiff", width, height, count, dtype=array.dtype, compress="deflate", bigtiff="if_safer"
        ) as dataset:
            for band in range(count):
                dataset.write(bands[band], band + 1)
