"""What is common to files of columns: which are read, what geometry they hold, and their rows as batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.text import wkb_of_text
from fused_spec.engine.ingest.geometry.wkb import WKB
from fused_spec.engine.ingest.reading.columnar.column_facts import check_text, lost_index
from fused_spec.engine.ingest.reading.columnar.geoarrow import wkb_of_native
from fused_spec.engine.ingest.reading.columnar.geometry_columns import GeometryColumn, Native, geometry_columns
from fused_spec.engine.ingest.reading.columnar.geometry_guess import guessed, named
from fused_spec.engine.ingest.reading.columns import check_columns, check_unique
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer, Origin
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.plain_types import plain_field, plain_table
from fused_spec.engine.ingest.reading.srids import ITS_GEOMETRIES, first_srid

FirstRows = Callable[[Sequence[str]], pa.Table]
"""Some of the first rows of these columns; enough to see what is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that are read of a file; it may be sent to another machine.

    `chosen` are attributes, of which those in `beside` are geometry as well; `lossy` says what all rows lose.
    """

    chosen: Sequence[str]
    attributes: pa.Schema
    geometry: GeometryColumn | None = None
    beside: Mapping[str, GeometryColumn] = field(default_factory=dict)
    lossy: Sequence[str] = ()

    @property
    def read(self) -> list[str]:
        """The names of all."""
        return [*self.chosen, *([self.geometry.name] if self.geometry is not None else [])]

    def batch(self, table: pa.Table, first_row: int) -> Batch:
        """Some rows of the file, of which the first has this number; raises `StepFailed` and `pa.ArrowInvalid`."""
        tally = Tally()
        geometry = None if self.geometry is None else _wkb(table, self.geometry, first_row, tally)
        attributes = table.select(list(self.chosen)).replace_schema_metadata(None)
        check_text(attributes, first_row)
        for name, column in self.beside.items():
            place = attributes.schema.get_field_index(name)
            attributes = attributes.set_column(place, name, _wkb(table, column, first_row, tally))
        return Batch(attributes=plain_table(attributes), geometry=geometry, tally=tally, first_row=first_row)


def columns_of(
    schema: pa.Schema,
    natives: Mapping[str, Native],
    texts: Mapping[bytes, bytes],
    choose: Choice,
    reading: Reading,
    first_rows: FirstRows,
    *,
    plain: bool,
) -> Columns:
    """Those of a file that are read; `texts` are its metadata, `natives` Parquet's own types of geometry columns.

    Raises `StepFailed` and `pa.ArrowInvalid`.
    """
    check_unique(schema.names)
    primary, described = geometry_columns(schema, natives, texts)
    if plain:
        chosen = choose(schema.names)
        lossy = [_without_crs(column) for name, column in described.items() if name in chosen]
        attributes = pa.schema([plain_field(schema.field(name)) for name in chosen])
        told = [*lost_index(texts), *(one for one in lossy if one)]
        return Columns(chosen=chosen, attributes=attributes, lossy=told)
    geometry = _geometry(schema, primary, described, reading, first_rows)
    boxes = frozenset[str]() if geometry is None else geometry.covering
    name = None if geometry is None else geometry.name
    chosen = [one for one in choose([one for one in schema.names if one not in boxes]) if one != name]
    beside = {one: described[one] for one in chosen if one in described}
    attributes = [pa.field(one, WKB) if one in beside else plain_field(schema.field(one)) for one in chosen]
    return Columns(
        chosen=chosen,
        attributes=pa.schema(attributes),
        geometry=geometry,
        beside=beside,
        lossy=lost_index(texts),
    )


def _geometry(
    schema: pa.Schema,
    primary: str | None,
    described: Mapping[str, GeometryColumn],
    reading: Reading,
    first_rows: FirstRows,
) -> GeometryColumn | None:
    if reading.geometry is not None:
        check_columns([reading.geometry], schema.names, "read.geometry")
        found: GeometryColumn | None = described.get(reading.geometry) or named(schema.field(reading.geometry))
    elif primary is not None:
        found = described[primary]
    else:
        found = guessed(schema, first_rows)
    if found is None or found.crs is not None or found.encoding not in ("WKB", "WKT"):
        return found
    return _with_own_crs(found, first_rows)


def _with_own_crs(found: GeometryColumn, first_rows: FirstRows) -> GeometryColumn:
    """With what the first geometry says of its coordinate system, as those from PostGIS do."""
    known = first_rows([found.name]).column(0).drop_null().slice(0, 1)
    if not len(known):
        return found
    try:
        srid = first_srid(_wkb(pa.table([known], names=[found.name]), found, 0, Tally()))
    except StepFailed:  # it is no geometry, which is told when it is read
        return found
    return replace(found, crs=f"EPSG:{srid}", crs_from=ITS_GEOMETRIES) if srid > 0 else found


def _wkb(table: pa.Table, column: GeometryColumn, first_row: int, tally: Tally) -> pa.ChunkedArray:
    values = table[column.name]
    if isinstance(values.type, pa.BaseExtensionType):
        values = pa.chunked_array([chunk.storage for chunk in values.chunks], type=values.type.storage_type)
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if column.encoding == "WKT":
        return wkb_of_text(values, column.name, first_row)
    if column.encoding == "WKB":
        return values.cast(WKB)
    return wkb_of_native(values, column.encoding, first_row, tally)


def _without_crs(column: GeometryColumn) -> str | None:
    if column.crs is None:
        return None
    return (
        f"the coordinate system of column {column.name} is not kept, which is bytes in the table; partition_geospatial "
        "without lonlat_cols makes geometry of it"
    )


def layer_of(
    columns: Columns,
    *,
    rows: int | None,
    parts: Sequence[int],
    batches: Callable[[range], Iterator[Batch]],
    lossy: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
) -> Layer:
    """The layer of a file of these columns; `lossy` and `kinds` are as in `Origin`."""
    geometry = columns.geometry
    origin = Origin(
        rows=rows,
        crs_from=None if geometry is None else geometry.crs_from,
        zones=_zones(columns.attributes),
        kinds=kinds or {},
        lossy=[*columns.lossy, *lossy],
    )
    return Layer(
        attributes=columns.attributes,
        parts=parts,
        batches=batches,
        has_geometry=geometry is not None,
        crs=None if geometry is None else geometry.crs,
        claims={} if geometry is None else geometry.claims,
        beside=columns.beside,
        origin=origin,
    )


def _zones(schema: pa.Schema) -> dict[str, str]:
    return {field.name: field.type.tz or "none" for field in schema if pa.types.is_timestamp(field.type)}
