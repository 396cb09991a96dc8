"""Some of what an output holds, from all over it, for a picture of it: in bounded memory, however large it is."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from msgspec import Struct

from fused_spec.engine.outputs.chunks import boxes_in, chunks_in
from fused_spec.engine.outputs.geometry import crs_of, geo_of, primary, told_of
from fused_spec.engine.outputs.model import Bounds, Output
from fused_spec.engine.outputs.parquet import parquet_file
from fused_spec.engine.outputs.ranged import RangedFile
from fused_spec.engine.outputs.records import plain
from fused_spec.engine.outputs.tables import opened

_ATTRIBUTES = 8


class Places(Struct, frozen=True, kw_only=True):
    """Geometries of some rows as WKB, with a few values of each; `crs` is a text that tells all of it."""

    geometries: Sequence[bytes | None]
    attributes: Mapping[str, Sequence[Any]]
    crs: str | None


class ChunkBoxes(Struct, frozen=True, kw_only=True):
    """The boxes of a table's chunks, each with its rows."""

    boxes: Sequence[tuple[Bounds, int | None]]
    crs: str | None


def some_places(output: Output, count: int) -> Places | None:
    """About so many of its rows; None for a table without geometry."""
    with opened(output) as table:
        geo = geo_of(table.schema)
        if geo is None:
            return None
        rows = pa.Table.from_batches(table.some(count), table.schema)
    names = [field.name for field in rows.schema if field.name not in geo["columns"] and _is_shown(field.type)]
    return Places(
        geometries=_as_wkb(rows, geo),
        attributes={name: [plain(value) for value in rows[name].to_pylist()] for name in names[:_ATTRIBUTES]},
        crs=crs_of(geo),
    )


def chunk_boxes(output: Output) -> ChunkBoxes | None:
    """Where the chunks of an ingested table are; None for any other."""
    if output.sample is None:
        return None
    with RangedFile(output.sample.open()) as content, parquet_file(content) as sample:
        chunks, geo = chunks_in(sample.schema_arrow), geo_of(sample.schema_arrow)
    boxes = [] if chunks is None else boxes_in(chunks)
    return ChunkBoxes(boxes=boxes, crs=None if geo is None else crs_of(geo)) if boxes else None


def _as_wkb(rows: pa.Table, geo: dict[str, Any]) -> list[bytes | None]:
    name = primary(geo)
    if told_of(geo, name).get("encoding", "WKB") == "WKB":
        found: list[bytes | None] = rows[name].to_pylist()
        return found
    from fused_spec.engine.outputs.frames import as_frame

    geometries: list[bytes | None] = list(as_frame(rows.select([name]))[name].to_wkb())
    return geometries


def _is_shown(kind: pa.DataType) -> bool:
    """Whether values of this type say something in a few characters."""
    types = pa.types
    value = kind.value_type if types.is_dictionary(kind) else kind
    is_number = types.is_integer(value) or types.is_floating(value) or types.is_decimal(value)
    is_text = types.is_string(value) or types.is_large_string(value) or types.is_boolean(value)
    return bool(is_number or is_text or types.is_temporal(value))
