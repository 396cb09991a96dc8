"""All inputs of a step as streams of raw batches, and how each becomes rows of one schema."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import count, note, shown
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY, WKB
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.columnar.claims import Claims, united_claims
from fused_spec.engine.ingest.reading.columns import check_columns
from fused_spec.engine.ingest.reading.features import Opened, as_features, open_features
from fused_spec.engine.ingest.reading.formats import open_layer
from fused_spec.engine.ingest.reading.hive import folders_of
from fused_spec.engine.ingest.reading.layer import Batch, Layer
from fused_spec.engine.ingest.reading.options import Reading, reading_of
from fused_spec.engine.ingest.reading.schema import fitted, forced, united
from fused_spec.engine.ingest.reading.text.reconciling import reconciled
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep

Raw = tuple[int, Batch]
"""The number of an input, and some of its rows."""

Lot = Mapping[int, range]
"""Parts that are read one after the other: numbers of inputs, and which parts of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table of the source's schema, and what was seen and lost on the way to it."""

    table: pa.Table
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The inputs, opened; it may be sent to another machine.

    `rows` turns a raw batch into a table of `schema`; it is the costly part, and safe to call in several threads.
    `about` is what the user is told of each input beside its rows; `crs` has for each of them its coordinate system,
    that of the table, and where the first was found (None: without geometry); `claims` are what else the table says of
    geometry.
    """

    schema: pa.Schema
    paths: Sequence[PurePath]
    layers: Sequence[Layer]
    rows: Callable[[Raw], Rows]
    about: Sequence[str]
    crs: Sequence[Mapping[str, str | None] | None]
    claims: Claims = field(default_factory=Claims)

    @property
    def whole(self) -> Lot:
        """All parts of all inputs."""
        return {number: range(len(layer.parts)) for number, layer in enumerate(self.layers)}

    @property
    def size(self) -> int:
        """About how many bytes all rows are in memory."""
        return sum(part for layer in self.layers for part in layer.parts)

    def lots(self, size: int) -> list[Lot]:
        """All parts in lots of about `size` bytes in memory, or of a single part that is larger."""
        lots: list[dict[int, range]] = []
        room = 0
        for number, layer in enumerate(self.layers):
            for part, part_bytes in enumerate(layer.parts):
                if not lots or part_bytes > room:
                    lots.append({})
                    room = size
                room -= part_bytes
                lots[-1][number] = range(lots[-1].get(number, range(part, part)).start, part + 1)
        return list(lots)

    def raw(self, lot: Lot) -> Iterator[Raw]:
        """The batches of a lot, each time the same."""
        for number, parts in lot.items():
            for batch in self.layers[number].batches(parts):
                yield number, batch

    def tell(self, read: Mapping[int, int]) -> None:
        """Tell the user how many rows each input has."""
        for number, (path, about) in enumerate(zip(self.paths, self.about, strict=True)):
            note(f"{shown(path)}: {count(read.get(number, 0), 'row')}, {about}")


def plain_source(step: PartitionNongeospatialStep, inputs: Sequence[Input]) -> Source:
    """The attributes of the inputs; raises `StepFailed`, at once or while they are read."""
    paths = [one.name for one in inputs]
    reading = reading_of(step)
    pairs = zip(inputs, folders_of(inputs, reading), strict=True)
    layers = reconciled([open_layer(one, folders, list, reading, plain=True) for one, folders in pairs])
    _check_heeded(reading, layers)
    schema = united([layer.attributes for layer in layers], paths, reading.types)
    check_columns(list(reading.types), schema.names, "read.types")
    columns = [count(len(layer.attributes), "column") for layer in layers]
    return Source(
        schema=schema,
        paths=paths,
        layers=layers,
        rows=partial(_plain_rows, schema, paths),
        about=columns,
        crs=[None] * len(inputs),
    )


def feature_source(step: PartitionGeospatialStep, inputs: Sequence[Input]) -> Source:
    """The features of the inputs, `geometry` as WKB in EPSG:4326; raises `StepFailed`, at once or while read."""
    paths = [one.name for one in inputs]
    reading = reading_of(step)
    pairs = zip(inputs, folders_of(inputs, reading), strict=True)
    opened = [open_features(one, folders, step, reading) for one, folders in pairs]
    layers = reconciled([one.layer for one in opened])
    _check_heeded(reading, layers)
    opened = [one.of(layer) for one, layer in zip(opened, layers, strict=True)]
    attributes = _attributes(step, opened, reading)
    cut = step.subdivide_start is not None or step.subdivide_stop is not None
    claims, lost = united_claims(opened, attributes, cut=cut)
    return Source(
        schema=attributes.append(pa.field(GEOMETRY, WKB)),
        paths=paths,
        layers=[_losing(one.layer, sentences) for one, sentences in zip(opened, lost, strict=True)],
        rows=partial(_feature_rows, opened, attributes),
        about=[one.crs_words for one in opened],
        crs=[_crs_facts(one) for one in opened],
        claims=claims,
    )


def _check_heeded(reading: Reading, layers: Sequence[Layer]) -> None:
    """Raise `StepFailed` for what is said of delimited text where no input is read as such."""
    said = {"delimiter": reading.delimiter, "quote": reading.quote, "decimal": reading.decimal}
    given = [name for name, sign in said.items() if sign is not None]
    given += ["null_values"] if reading.null_values else []
    if given and all(layer.widened is None for layer in layers):
        instead = f"; with {reading.gdal_field}.open_options it is GDAL that reads them" if reading.open_options else ""
        raise StepFailed(f"read.{given[0]} is for delimited text, and no input is read as such{instead}; remove it")


def _losing(layer: Layer, sentences: Sequence[str]) -> Layer:
    return replace(layer, origin=replace(layer.origin, lossy=[*layer.origin.lossy, *sentences]))


def _plain_rows(schema: pa.Schema, paths: Sequence[PurePath], raw: Raw) -> Rows:
    number, batch = raw
    tally = Tally()
    tally.add(batch.tally)
    return Rows(table=fitted(batch.attributes, schema, paths[number], tally), tally=tally)


def _feature_rows(opened: Sequence[Opened], attributes: pa.Schema, raw: Raw) -> Rows:
    number, batch = raw
    tally = Tally()
    tally.add(batch.tally)
    return Rows(table=as_features(opened[number], batch, attributes, tally), tally=tally)


def _crs_facts(opened: Opened) -> dict[str, str | None]:
    known = opened.layer.crs is not None
    return {"in": opened.crs_words if known else None, "out": "EPSG:4326", "from": opened.layer.origin.crs_from}


def _attributes(step: PartitionGeospatialStep, opened: Sequence[Opened], reading: Reading) -> pa.Schema:
    """The columns beside the geometry: what the inputs have in all, or what `table_schema` forces."""
    if GEOMETRY in step.remove_cols:
        raise StepFailed("remove_cols: the geometry cannot be removed; use partition_nongeospatial for a plain table")
    schema = united([one.attributes for one in opened], [one.path for one in opened], reading.types)
    read = [name for name in reading.typed if step.load_columns is None or name in step.load_columns]
    check_columns([name for name in read if name != reading.geometry], schema.names, "read.types")
    if step.table_schema is not None:
        schema = forced(schema, step.table_schema)
    check_columns(step.remove_cols, schema.names, "remove_cols")
    return pa.schema([field for field in schema if field.name not in step.remove_cols])
