"""Find the geometry column of a file that does not say which one it is, by what is in its columns."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.geometry.text import is_geometry_text
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY
from fused_spec.engine.ingest.reading.columnar.geometry_columns import GeometryColumn

_LOOKED_AT = 64


def guessed(schema: pa.Schema, first_rows: Callable[[Sequence[str]], pa.Table]) -> GeometryColumn | None:
    """The one column of which all the first values are geometries, or the one named geometry.

    Raises `StepFailed` where several are and none is named so.
    """
    if GEOMETRY in schema.names and _is_binary(schema.field(GEOMETRY).type):
        return GeometryColumn(name=GEOMETRY, encoding="WKB")
    if GEOMETRY in schema.names and _is_point(schema.field(GEOMETRY).type):
        return GeometryColumn(name=GEOMETRY, encoding="point")
    candidates = [field.name for field in schema if _is_binary(field.type) or _is_text(field.type)]
    if not candidates:
        return None
    rows = first_rows(candidates)
    found = [name for name in candidates if _holds_geometry(rows[name])]
    if len(found) > 1 and GEOMETRY not in found:
        raise StepFailed(
            f"columns {', '.join(found)} hold geometry, and nothing says which one counts; name it in read.geometry"
        )
    name = GEOMETRY if GEOMETRY in found else next(iter(found), None)
    return None if name is None else named(schema.field(name))


def named(field: pa.Field) -> GeometryColumn:
    """A column of which its user says that it is the geometry; raises `StepFailed` for a type that none has."""
    if _is_binary(field.type):
        return GeometryColumn(name=field.name, encoding="WKB")
    if _is_text(field.type):
        return GeometryColumn(name=field.name, encoding="WKT")
    if _is_point(field.type):
        return GeometryColumn(name=field.name, encoding="point")
    raise StepFailed(
        f"read.geometry: column {field.name} is {field.type}; geometry is read from text (WKT, EWKT, hex WKB), "
        "from bytes (WKB, EWKB), and from structs of x and y"
    )


def _holds_geometry(column: pa.ChunkedArray) -> bool:
    values = column.drop_null().slice(0, _LOOKED_AT).to_pylist()
    if not values:
        return False
    if isinstance(values[0], str):
        return all(map(is_geometry_text, values))
    try:
        return not shapely.is_missing(shapely.from_wkb(np.array(values, dtype=object), on_invalid="ignore")).any()
    except NotImplementedError:  # a curve
        return True


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_point(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind):
        return False
    names = {field.name for field in kind if pa.types.is_floating(field.type)}
    return len(names) == kind.num_fields and {"x", "y"} <= names <= set("xyzm")
