"""What Parquet's own schema and footer say that Arrow's schema does not."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.ingest.common.notes import count
from fused_spec.engine.ingest.reading.columnar.geometry_columns import Native

_GEOMETRY_TYPES = ("GEOMETRY", "GEOGRAPHY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A column of values; `name` is that of the table's column that it is, or is a part of."""

    name: str
    whole: bool
    column: Any


def leaves(parquet: pq.ParquetFile) -> Iterator[Leaf]:
    """All of a file, in the order in which it has them."""
    number = 0
    for field in parquet.schema_arrow:
        parts = _num_leaves(field.type)
        for _ in range(parts):
            column = parquet.schema.column(number)
            yield Leaf(name=field.name, whole=column.path == field.name, column=column)
            number += 1


def natives(parquet: pq.ParquetFile) -> dict[str, Native]:
    """The columns of Parquet's own types of geometry."""
    return {leaf.name: said for leaf in leaves(parquet) if leaf.whole and (said := _geometry(leaf)) is not None}


def nested_geometry(parquet: pq.ParquetFile) -> list[str]:
    """Where geometry lies within a column, and stays the bytes that it is."""
    return [leaf.column.path for leaf in leaves(parquet) if not leaf.whole and _geometry(leaf) is not None]


def check_counts(parquet: pq.ParquetFile) -> None:
    """Raise `pa.ArrowInvalid` where a footer contradicts itself about the number of rows, or about a column's name."""
    meta = parquet.metadata
    paths = [parquet.schema.column(place).path for place in range(meta.num_columns)]
    flat = [number for number, leaf in enumerate(leaves(parquet)) if leaf.column.max_repetition_level == 0]
    total = 0
    for number in range(meta.num_row_groups):
        group = meta.row_group(number)
        total += group.num_rows
        for place in flat:
            column = group.column(place)
            if column.path_in_schema != paths[place]:
                raise pa.ArrowInvalid(
                    f"its footer names a column {paths[place]}, and {column.path_in_schema} in row group {number + 1}; "
                    "it is damaged: make the file again"
                )
            if column.num_values != group.num_rows:
                raise pa.ArrowInvalid(
                    f"its footer says that row group {number + 1} has {count(group.num_rows, 'row')}, and "
                    f"{count(column.num_values, 'value')} of column {column.path_in_schema}; make the file again"
                )
    if total != meta.num_rows:
        raise pa.ArrowInvalid(
            f"its footer says that it has {count(meta.num_rows, 'row')}, and {total:,} in its row groups; it was "
            "written by a program with a fault, or is damaged: make it again (pyarrow.parquet.read_table reads it)"
        )


def _geometry(leaf: Leaf) -> Native | None:
    kind = leaf.column.logical_type
    if kind.type not in _GEOMETRY_TYPES:
        return None
    said: Native = json.loads(kind.to_json())
    return said


def _num_leaves(kind: pa.DataType) -> int:
    if isinstance(kind, pa.BaseExtensionType):
        return _num_leaves(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return 1
    if pa.types.is_map(kind):
        return _num_leaves(kind.key_type) + _num_leaves(kind.item_type)
    if pa.types.is_nested(kind):
        return sum(_num_leaves(kind.field(number).type) for number in range(kind.num_fields))
    return 1
