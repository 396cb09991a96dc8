"""Open one input file: Parquet and CSV with pyarrow, everything else with GDAL, none of it as geometry objects."""

import re
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from fused_spec.configuration.storage_url import storage_errors
from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.geometry.wkb import NoGeometry
from fused_spec.engine.ingest.inputs.archives import ARCHIVES, check_whole, located
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.columnar.arrow import is_arrow, open_arrow
from fused_spec.engine.ingest.reading.columnar.parquet import open_parquet
from fused_spec.engine.ingest.reading.columns import check_unique
from fused_spec.engine.ingest.reading.gdal.reader import open_gdal
from fused_spec.engine.ingest.reading.hive import Folders
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.text.delimited import open_delimited
from fused_spec.engine.ingest.reading.text.dialect import DELIMITERS, is_delimited
from fused_spec.engine.ingest.reading.text.encoding import Packed
from fused_spec.jobs.input_formats import advice

_PARQUET = frozenset({".parquet", ".pq", ".geoparquet"})
_MAGIC = b"PAR1"
_BEGIN_BYTES = 64
_UNREADABLE = (
    OSError,
    UnicodeDecodeError,
    pa.ArrowException,
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
)


def open_layer(file: Input, folders: Folders, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """What a file and its folders hold; `plain` leaves geometry alone. Raises `StepFailed`, at once or while read."""
    return _in_folders(_of_file(file, folders.choice(choose), reading, plain=plain), folders, choose, file.name)


def _in_folders(layer: Layer, folders: Folders, choose: Choice, path: PurePath) -> Layer:
    widened = None if layer.widened is None else partial(_widened_in_folders, layer, folders, choose, path)
    return replace(folders.added(layer, choose, path), widened=widened)


def _widened_in_folders(
    layer: Layer, folders: Folders, choose: Choice, path: PurePath, types: Mapping[str, pa.DataType]
) -> Layer:
    assert layer.widened is not None
    return _in_folders(layer.widened(types), folders, choose, path)


def _of_file(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    suffix = file.name.suffix.lower()
    try:
        if suffix in _PARQUET or _is_parquet(file.here()):
            layer = open_parquet(file, choose, reading, plain=plain)
        elif is_arrow(file.here()):
            layer = open_arrow(file, choose, reading, plain=plain)
        elif not reading.open_options and (text := _delimited(file, reading)) is not None:
            layer = open_delimited(text, choose, reading, plain=plain)
        else:
            layer = open_gdal(file, choose, reading, plain=plain)
    except Exception as error:
        raise _told(file.name, error) from error
    check_unique(layer.attributes.names, shown(file.name))
    return _guarded(file.name, _with_crs(layer, reading))


def _guarded(path: PurePath, layer: Layer) -> Layer:
    """The layer, where what its reader raises is a `StepFailed` that names the file."""
    widened = None if layer.widened is None else partial(_widened, path, layer)
    return replace(layer, batches=partial(_read, path, layer), widened=widened)


def _widened(path: PurePath, layer: Layer, types: Mapping[str, pa.DataType]) -> Layer:
    assert layer.widened is not None
    other = layer.widened(types)
    return _guarded(path, replace(other, crs=layer.crs, origin=replace(other.origin, crs_from=layer.origin.crs_from)))


def _with_crs(layer: Layer, reading: Reading) -> Layer:
    if layer.crs is not None or reading.crs is None:
        return layer
    return replace(layer, crs=reading.crs, origin=replace(layer.origin, crs_from="read.crs"))


def _read(path: PurePath, layer: Layer, parts: range) -> Iterator[Batch]:
    try:
        yield from layer.batches(parts)
    except Exception as error:
        raise _told(path, error) from error


def _delimited(file: Input, reading: Reading) -> Packed | None:
    """Where the delimited text of a file is: in it, or in the archive that it is."""
    path = file.here()
    if is_delimited(file.name, _begin(path), reading):
        return Packed(file=file)
    if not file.name.name.lower().endswith(ARCHIVES) or not path.is_file():
        return None
    place = located(path, reading.layer, reading.gdal_field)
    if place.member is None or place.suffix not in DELIMITERS:
        return None
    check_whole(place)
    return Packed(file=file, prefix=place.prefix, member=place.member)


def _is_parquet(path: Path) -> bool:
    """By how it begins, whatever its name."""
    return _begin(path).startswith(_MAGIC)


def _begin(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_BEGIN_BYTES)


def _told(path: PurePath, error: Exception) -> Exception:
    """What a reader raised, as an error that names the file.

    Libraries meet damage in ways that they do not foresee, so nothing that they raise is left to the engine, which
    would not know of which file it tells.
    """
    match error:
        case NoGeometry():
            return StepFailed(f"{shown(path)}: {error}; mend the file, or leave it out")
        case StepFailed():
            return error
        case MemoryError():
            return StepFailed(
                f"{shown(path)} cannot be read: {error}; it is damaged, or needs more memory than the job has"
            )
    if isinstance(error, _UNREADABLE):
        return _unreadable(path, error)
    if isinstance(error, storage_errors()):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error} (in {PurePath(frame.filename).name}, line {frame.lineno})"
    unforeseen = "it is damaged, or of a kind that its reader does not know"
    return StepFailed(f"{shown(path)} cannot be read: {unforeseen}: {what}")


def _unreadable(path: PurePath, error: Exception) -> StepFailed:
    said = str(error).partition("; It might help")[0]  # the rest is advice for callers of GDAL
    names = rf"(/vsizip/)?({re.escape(str(path))}|/\S*/{re.escape(path.name)})"  # the latter is a copy's
    said = re.sub(names, shown(path), said).rstrip(".")
    step = f"; {advice(path.name)}" if "not recognized" in said else ""
    return StepFailed(f"{shown(path)} cannot be read: {said}{step}")
