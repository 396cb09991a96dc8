"""All inputs of a step as one stream of raw batches, and how each becomes rows of one schema."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_columns
from fused_spec.engine.ingest.features import Opened, as_features, open_features
from fused_spec.engine.ingest.formats import open_layer
from fused_spec.engine.ingest.layer import Batch, Layer
from fused_spec.engine.ingest.notes import count, note, shown
from fused_spec.engine.ingest.schema import fitted, forced, united
from fused_spec.engine.ingest.wkb import GEOMETRY, WKB
from fused_spec.wire import GdalConfig, PartitionGeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The inputs, opened. `raw` reads all of them from the beginning, each time in the same batches.

    `rows` turns a raw batch into a table of `schema`; it is the costly part, and safe to call in several threads.
    """

    schema: pa.Schema
    raw: Callable[[], Iterator[tuple[int, Batch]]]
    rows: Callable[[tuple[int, Batch]], pa.Table]
    tell: Callable[[Sequence[int]], None]


def plain_source(paths: Sequence[Path]) -> Source:
    """The attributes of the inputs; raises `StepFailed`, at once or while they are read."""
    layers = [open_layer(path, list, GdalConfig(), plain=True) for path in paths]
    schema = united([layer.attributes for layer in layers], paths)

    def tell(rows: Sequence[int]) -> None:
        for path, layer, number in zip(paths, layers, rows, strict=True):
            note(f"{shown(path)}: {count(number, 'row')}, {count(len(layer.attributes), 'column')}")

    return Source(
        schema=schema,
        raw=lambda: _numbered(layers),
        rows=lambda raw: fitted(raw[1].attributes, schema, paths[raw[0]]),
        tell=tell,
    )


def feature_source(step: PartitionGeospatialStep, paths: Sequence[Path]) -> Source:
    """The features of the inputs, `geometry` as WKB in EPSG:4326; raises `StepFailed`, at once or while read."""
    opened = [open_features(path, step) for path in paths]
    attributes = _attributes(step, opened)
    schema = attributes.append(pa.field(GEOMETRY, WKB))

    def tell(rows: Sequence[int]) -> None:
        for one, number in zip(opened, rows, strict=True):
            note(f"{shown(one.path)}: {count(number, 'row')}, {one.crs_words}")

    return Source(
        schema=schema,
        raw=lambda: _numbered([one.layer for one in opened]),
        rows=lambda raw: as_features(opened[raw[0]], raw[1], attributes),
        tell=tell,
    )


def _attributes(step: PartitionGeospatialStep, opened: Sequence[Opened]) -> pa.Schema:
    """The columns beside the geometry: what the inputs have in all, or what `table_schema` forces."""
    if GEOMETRY in step.remove_cols:
        raise StepFailed("remove_cols: the geometry cannot be removed; use partition_nongeospatial for a plain table")
    schema = united([one.attributes for one in opened], [one.path for one in opened])
    if step.table_schema is not None:
        schema = forced(schema, step.table_schema)
    check_columns(step.remove_cols, schema.names, "remove_cols")
    return pa.schema([field for field in schema if field.name not in step.remove_cols])


def _numbered(layers: Sequence[Layer]) -> Iterator[tuple[int, Batch]]:
    for number, layer in enumerate(layers):
        for batch in layer.batches():
            yield number, batch
