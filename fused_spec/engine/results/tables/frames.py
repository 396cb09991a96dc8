"""Tables among what a UDF returned: frames, series, geometries, Arrow tables, and cells of an xarray."""

from collections.abc import Hashable
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from geopandas.array import GeometryArray, GeometryDtype
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.results.rasters import arrays as labelled
from fused_spec.engine.results.stored import Tell

_EXTENSION = b"ARROW:extension:name"


def as_table(value: Any) -> pd.DataFrame | None:
    """A frame, a series, a geometry, what Arrow can take over, or an xarray that is no image, as a frame; else None.

    A frame with a column of geometries is a GeoDataFrame, whether or not it was made one.
    """
    match value:
        case gpd.GeoSeries():
            return _geo_frame(value)
        case pd.DataFrame():
            return _with_active_geometry(value)
        case pd.Series():
            return value.to_frame(name=value.name if value.name is not None else "value")
        case GeometryArray():
            return _geo_frame(gpd.GeoSeries(value))
        case pd.api.extensions.ExtensionArray():
            return pd.Series(value, name="value").to_frame()
        case BaseGeometry():
            return _geo_frame(gpd.GeoSeries([value], crs=4326))
    if labelled.is_labelled(value):
        return None if labelled.is_image(value) or labelled.is_scalar(value) else labelled.cells(value)
    table = as_arrow(value)
    return None if table is None else _of_arrow(table)


def as_arrow(value: Any) -> pa.Table | None:
    """What Arrow can take over (polars, DuckDB and others hand over their rows), as its table; else None.

    What can be read only once is used up.
    """
    match value:
        case pa.Table():
            return value
        case pa.RecordBatch():
            return pa.Table.from_batches([value])
        case pa.Array() | pa.ChunkedArray():
            return pa.table({"value": value})
        case pd.DataFrame() | pd.Series():
            return None
    if labelled.is_labelled(value) or not hasattr(value, "__arrow_c_stream__"):
        return None
    try:
        return pa.table(value)
    except pa.ArrowInvalid:  # a single column
        return pa.table({getattr(value, "name", None) or "value": pa.chunked_array(value)})


def handed_over_as_floats(value: Any) -> list[str]:
    """The columns of 128 bits of a DuckDB relation, as `sum` makes them, of which DuckDB gives Arrow floats."""
    if type(value).__name__ != "DuckDBPyRelation":
        return []
    return [name for name, kind in zip(value.columns, value.types, strict=True) if str(kind) in ("HUGEINT", "UHUGEINT")]


def is_geoarrow(table: pa.Table) -> bool:
    """Whether a column says that it holds geometries."""
    return any(map(_is_geometry, table.schema))


def _is_geometry(field: pa.Field) -> bool:
    return bool((field.metadata or {}).get(_EXTENSION, b"").startswith(b"geoarrow."))


def with_index(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its index as columns, where that says more than the numbers of the rows."""
    if not has_telling_index(table):
        return table
    taken = {str(name) for name in table.columns}
    names = [_free(name, number, taken) for number, name in enumerate(table.index.names)]
    flat: pd.DataFrame = table.reset_index(names=names)
    return flat


def has_telling_index(table: pd.DataFrame) -> bool:
    """Whether the index has a name, or labels that are no whole numbers."""
    index = table.index
    if any(name is not None for name in index.names):
        return True
    return len(index) > 0 and (isinstance(index, pd.MultiIndex) or not pd.api.types.is_integer_dtype(index.dtype))


def has_numbered_labels(value: Any) -> bool:
    """Whether whole numbers label a series, and not those of its rows; frames have such after any filter."""
    if not isinstance(value, pd.Series) or isinstance(value, gpd.GeoSeries) or has_telling_index(value.to_frame()):
        return False
    return not value.index.equals(pd.RangeIndex(len(value)))


def named(table: pd.DataFrame, tell: Tell) -> pd.DataFrame:
    """The table with one text name for each column, as files have them."""
    if all(type(name) is str for name in table.columns):
        return table
    tell("the names of columns that are no text are kept as text")
    if not isinstance(table.columns, pd.MultiIndex):
        return table.rename(columns=str)
    flat = table.copy(deep=False)
    flat.columns = pd.Index([str(name) for name in table.columns])
    return _with_active_geometry(pd.DataFrame(flat))


def _free(name: Hashable, number: int, taken: set[str]) -> str:
    """A name for a level of the index that no column has."""
    wanted = str(name) if name is not None else f"index_{number}" if number else "index"
    while wanted in taken:
        wanted += "_"
    taken.add(wanted)
    return wanted


def _with_active_geometry(table: pd.DataFrame) -> pd.DataFrame:
    name = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    if name is not None and name in table.columns:
        return table
    located = [number for number, kind in enumerate(table.dtypes) if isinstance(kind, GeometryDtype)]
    if not located:
        return pd.DataFrame(table)
    frame: pd.DataFrame = gpd.GeoDataFrame(table, geometry=table.columns[located[0]])
    return frame


def _of_arrow(table: pa.Table) -> pd.DataFrame:
    if not is_geoarrow(table):
        return exact(table)
    located = [field.name for field in table.schema if _is_geometry(field)]
    geometry: pd.DataFrame = gpd.GeoDataFrame.from_arrow(table.select(located))
    others = exact(table.drop_columns(located)).reset_index(drop=True)
    for name in others:
        geometry[name] = others[name].array
    return _with_active_geometry(geometry[table.column_names])


def exact(table: pa.Table) -> pd.DataFrame:
    """As pandas has it, but for whole numbers beside nulls, and such in lists, of which it would make floats."""
    beside_nulls = {one.type for one in table.columns if one.null_count and pa.types.is_integer(one.type)}

    def kind_of(kind: Any) -> Any:
        if kind in beside_nulls:
            return pd.api.types.pandas_dtype(str(kind).title().replace("Uint", "UInt"))
        return pd.ArrowDtype(kind) if pa.types.is_nested(kind) else None

    return pd.DataFrame(table.to_pandas(types_mapper=kind_of))


def _geo_frame(geometry: gpd.GeoSeries) -> pd.DataFrame:
    frame: pd.DataFrame = gpd.GeoDataFrame(geometry=geometry)
    return frame
