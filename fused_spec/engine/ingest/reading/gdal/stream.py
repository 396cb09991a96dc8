"""The batches that GDAL streams, as batches of a layer: with every error heard, and text that is text."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.gdal_messages import Messages, heard, heard_opening
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.wkb import WKB
from fused_spec.engine.ingest.inputs.archives import GdalPath
from fused_spec.engine.ingest.reading.gdal import spreadsheets
from fused_spec.engine.ingest.reading.gdal.drivers import ENCODING_DRIVERS
from fused_spec.engine.ingest.reading.gdal.shapefiles import as_gdal_finds_it, needs_index
from fused_spec.engine.ingest.reading.gdal.times import as_times
from fused_spec.engine.ingest.reading.layer import Batch

_LARGEST = 2**63 - 1
_SHAPEFILE = ".shp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which of a stream's columns make a layer's attributes, by their places, and of what types they are.

    `typeless`: the format writes numbers without their types. `config` is what GDAL's configuration has to be.
    """

    schema: pa.Schema
    places: tuple[int, ...]
    geometry: int | None
    typeless: bool = False
    driver: str = ""
    config: Mapping[str, str] = field(default_factory=dict)

    @property
    def mend_encoding(self) -> str:
        """What makes text of bytes that are none."""
        if self.driver in ENCODING_DRIVERS:
            return "name what it is in: gdal_config.open_options: {ENCODING: CP1252}, or another"
        return "convert the file to UTF-8, for instance by iconv -f CP1252 -t UTF-8, or name its encoding within it"


@dataclass(slots=True)
class Told:
    """What has been read of an input so far, and what was said meanwhile."""

    rows: int = 0
    messages: Messages = field(default_factory=Messages)


def record_batches(
    place: GdalPath, asked: Mapping[str, Any], told: Told, config: Mapping[str, str] | None = None
) -> Iterator[pa.RecordBatch]:
    """What GDAL streams; raises what pyogrio does, and what GDAL says without raising it."""
    with ExitStack() as stack:
        stack.enter_context(configured(**(config or {})))
        with heard_opening(told.messages), readable(place) as there:
            opened = pyogrio.open_arrow(there.source, use_pyarrow=True, datetime_as_string=True, **asked)
            _, reader = stack.enter_context(opened)
        told.messages.check()
        told.messages.taken()  # it was told when the file was looked into
        while True:
            with heard(told.messages):
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    batch = None
            told.rows += 0 if batch is None else batch.num_rows
            told.messages.check(told.rows)
            if batch is None:
                return
            yield batch


@contextmanager
def readable(place: GdalPath) -> Iterator[GdalPath]:
    """Where GDAL is to look, so that it finds and understands all parts."""
    if place.suffix == spreadsheets.SUFFIX:
        yield spreadsheets.with_times(place)
    elif place.suffix == _SHAPEFILE and needs_index(there := as_gdal_finds_it(place)):
        with configured(SHAPE_RESTORE_SHX="YES"):
            yield there
    else:
        yield as_gdal_finds_it(place) if place.suffix == _SHAPEFILE else place


@contextmanager
def configured(**options: str) -> Iterator[None]:
    """GDAL with these options of its configuration, in a process that has it for itself."""
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def layer_batches(place: GdalPath, asked: Mapping[str, Any], columns: Columns) -> Iterator[Batch]:
    """The batches of a layer; raises `StepFailed` too, for text that is none."""
    told = Told()
    for batch in record_batches(place, asked, told, columns.config):
        table = pa.Table.from_batches([batch])
        made = [
            _made(place, table.column(at), wanted, told.rows - len(batch), columns.mend_encoding)
            for at, wanted in zip(columns.places, columns.schema, strict=True)
        ]
        # a table of no columns would have forgotten how many rows it had; its geometry has not
        attributes = pa.table(made, schema=columns.schema) if made else table.select([])
        tally = Tally(lossy=told.messages.taken())
        if columns.typeless:
            _tell_changed(attributes, tally)
        geometry = None if columns.geometry is None else _geometry(table.column(columns.geometry))
        yield Batch(attributes=attributes, geometry=geometry, tally=tally)


def _geometry(column: pa.ChunkedArray) -> pa.ChunkedArray:
    column.validate(full=True)  # not each of GDAL's drivers knows what to do with a row that has none
    return column.cast(WKB)


def storage_of(kind: pa.DataType) -> pa.DataType:
    """What an extension type is stored as; JSON is text that not everything in the column needs to keep to."""
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _made(place: GdalPath, column: pa.ChunkedArray, wanted: pa.Field, before: int, mend: str) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if _holds_text(column.type):
        _check_text(place, column, wanted.name, before, mend)
    return column if column.type == wanted.type else as_times(column, wanted.type)


def _holds_text(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _holds_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_text(place: GdalPath, column: pa.ChunkedArray, name: str, before: int, mend: str) -> None:
    try:
        for chunk in column.chunks:
            chunk.validate(full=True)
    except pa.ArrowInvalid as error:
        values = column.cast(pa.binary()).to_pylist() if not pa.types.is_list(column.type) else []
        row = next((number for number, value in enumerate(values) if not _is_text(value)), 0)
        raise StepFailed(
            f"{place.name} cannot be read: column {name} is no UTF-8 text in row {before + row + 1:,}; {mend}"
        ) from error


def _is_text(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _tell_changed(attributes: pa.Table, tally: Tally) -> None:
    """Count integers that may not be what the file says; both signs of it are at the limits."""
    for wanted, column in zip(attributes.schema, attributes.columns, strict=True):
        if not (pa.types.is_int64(wanted.type) or pa.types.is_float64(wanted.type)):
            continue
        ends = pc.min_max(column).as_py()
        if ends["max"] is None or max(-ends["min"], ends["max"]) < _LARGEST:
            continue
        limit = pa.scalar(_LARGEST, pa.int64()).cast(wanted.type, safe=False)
        beyond = pc.or_(pc.greater_equal(column, limit), pc.less_equal(column, pc.negate(limit)))
        what = f"column {wanted.name}: numbers at or beyond the end of 64 bits; GDAL changes integers beyond it, so "
        tally.lossy[f"{what}write them as text in the input"] += pc.sum(beyond).as_py() or 0
