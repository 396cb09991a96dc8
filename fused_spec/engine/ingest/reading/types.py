"""Fused's names of column types, as its schemas carry them, and the Arrow types they stand for."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from fused_spec.engine.failures import StepFailed

_PRIMITIVE = {
    "null": pa.null(),
    "Bool": pa.bool_(),
    "Int8": pa.int8(),
    "Int16": pa.int16(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Uint8": pa.uint8(),
    "Uint16": pa.uint16(),
    "Uint32": pa.uint32(),
    "Uint64": pa.uint64(),
    "Float16": pa.float16(),
    "Float32": pa.float32(),
    "Float64": pa.float64(),
    "Date32": pa.date32(),
    "Date64": pa.date64(),
    "String": pa.string(),
    "LargeString": pa.large_string(),
    "Binary": pa.binary(),
    "LargeBinary": pa.large_binary(),
    "Geometry": pa.binary(),
}


def arrow_type(described: Any, column: str, field: str = "table_schema") -> pa.DataType:
    """The type that a schema describes: a name, or an object for one with parts. Raises `StepFailed`.

    `field` is where the user wrote it.
    """
    if isinstance(described, str):
        if described in _PRIMITIVE:
            return _PRIMITIVE[described]
        raise StepFailed(
            f"{field}: column {column} has the unknown type {described}; there are {', '.join(_PRIMITIVE)}"
        )
    try:
        return _compound(described, column, field)
    except (KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise StepFailed(f"{field}: the type of column {column} cannot be read: {described}") from error


def _compound(described: Mapping[str, Any], column: str, field: str) -> pa.DataType:
    match described["type"]:
        case "Timestamp":
            return _timestamp(described["unit"], described.get("tz"), column, field)
        case "List":
            return pa.list_(arrow_type(described["element_type"], column, field))
        case "LargeList":
            return pa.large_list(arrow_type(described["element_type"], column, field))
        case "FixedSizeList":
            return pa.list_(arrow_type(described["element_type"], column, field), described["inner_size"])
        case "FixedSizeBinary":
            return pa.binary(described["byte_width"])
        case "Struct":
            parts = described["fields"]
            return pa.struct([(part["name"], arrow_type(part["type"], column, field)) for part in parts])
    raise ValueError(described["type"])


def _timestamp(unit: str, zone: str | None, column: str, field: str) -> pa.DataType:
    kind = pa.timestamp(unit, tz=zone)
    try:
        pa.scalar(0, kind).as_py()  # arrow takes any text for a zone, but nobody reads such a column
    except pa.ArrowException as error:
        raise StepFailed(
            f"{field}: column {column} has the unknown time zone {zone}; write one such as UTC, Europe/Berlin or +02:00"
        ) from error
    return kind
