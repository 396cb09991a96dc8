"""A table as a file, batch by batch: memory does not grow with the rows."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.outputs.frames import as_frame
from fused_spec.engine.outputs.geometry import geo_of
from fused_spec.engine.outputs.model import UnreadableOutput
from fused_spec.engine.outputs.tables import Table
from fused_spec.engine.outputs.writing.forms import Form, forms_of
from fused_spec.engine.results.jsonable import ENCODER
from fused_spec.engine.results.stored import Tell, Unstorable
from fused_spec.engine.results.tables.as_json import features
from fused_spec.engine.results.tables.texts import as_csv


def write_table(table: Table, form: Form, place: Path, tell: Tell) -> None:
    """Write it; raises `UnreadableOutput` for what the form cannot hold, with those that can."""
    geo = geo_of(table.schema)
    if form.needs_geometry and geo is None:
        held = ", ".join(forms_of(form.holds, has_geometry=False))
        raise UnreadableOutput(f"a table without geometry is no {form}", hint=f"it can be {held}")
    try:
        _WRITERS[form](table, place, tell)
    except Unstorable as error:
        raise UnreadableOutput(f"{error}", hint="parquet holds it as it is") from error


def _parquet(table: Table, place: Path, tell: Tell) -> None:
    with pq.ParquetWriter(place, table.schema, compression="zstd") as writer:
        for batch in table.batches(None):
            writer.write_batch(batch)


def _csv(table: Table, place: Path, tell: Tell) -> None:
    with place.open("wb") as stream:
        stream.write(as_csv(as_frame(table.schema.empty_table()), tell))
        for batch in table.batches(None):
            if batch.num_rows:
                stream.write(as_csv(as_frame(_whole(batch, table)), tell, header=False))


def _geojson(table: Table, place: Path, tell: Tell) -> None:
    count, separator = 0, b""
    with place.open("wb") as stream:
        stream.write(b'{"type": "FeatureCollection", "features": [')
        for batch in table.batches(None):
            for feature in features(as_frame(_whole(batch, table)), tell, first=count):
                stream.write(separator + ENCODER.encode(feature).encode())
                separator = b",\n"
            count += batch.num_rows
        stream.write(b"]}")


def _whole(batch: pa.RecordBatch, table: Table) -> pa.Table:
    return pa.Table.from_batches([batch], table.schema)


def _gdal(driver: str) -> Callable[[Table, Path, Tell], None]:
    def write(table: Table, place: Path, tell: Tell) -> None:
        from fused_spec.engine.outputs.writing.gdal_files import write_with_gdal

        write_with_gdal(table, driver, place, tell)

    return write


_WRITERS: Mapping[Form, Callable[[Table, Path, Tell], Any]] = {
    Form.PARQUET: _parquet,
    Form.CSV: _csv,
    Form.GEOJSON: _geojson,
    Form.FLATGEOBUF: _gdal("FlatGeobuf"),
    Form.GEOPACKAGE: _gdal("GPKG"),
}
