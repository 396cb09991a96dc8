"""Rows as frames in which every value is the one that the file has, and as values for people to read."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.outputs.geometry import geo_of, primary
from fused_spec.engine.results.jsonable import jsonable
from fused_spec.engine.results.tables.flat import without_geometry
from fused_spec.engine.results.tables.frames import exact, with_index


def as_frame(table: pa.Table) -> pd.DataFrame:
    """A frame, with geometry a GeoDataFrame; whole numbers beside missing ones stay whole."""
    geo = geo_of(table.schema)
    if geo is None:
        return exact(table)
    located = [name for name in table.column_names if name in geo["columns"]]
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"pandas"}
    buffer = BytesIO()
    pq.write_table(table.select(located).replace_schema_metadata(metadata), buffer, compression="none")
    geometry = gpd.read_parquet(BytesIO(buffer.getvalue()))
    others = exact(table.drop_columns(located))
    columns = {name: geometry[name].array if name in located else others[name] for name in _names(table, others, located)}
    frame: pd.DataFrame = gpd.GeoDataFrame(columns, index=others.index, geometry=primary(geo), crs=geometry.crs)
    return frame


def _names(table: pa.Table, others: pd.DataFrame, located: list[str]) -> list[str]:
    """The columns in the order of the file, without those that are the index."""
    return [name for name in table.column_names if name in located or name in others.columns]


def records(table: pa.Table) -> list[Mapping[str, Any]]:
    """An object of JSON for each row, geometry as WKT; for people and programs that look at some rows."""
    frame = without_geometry(with_index(as_frame(table)), "a record", _untold)
    names = [str(name) for name in frame.columns]
    rows = zip(*([_plain(value) for value in frame.iloc[:, number]] for number in range(len(names))), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows] if names else [{} for _ in range(table.num_rows)]


def _plain(value: Any) -> Any:
    """A value as JSON has it, in text where JSON has none."""
    try:
        return jsonable(value, _untold)
    except (TypeError, ValueError):
        return str(value)


def _untold(_: str) -> None:
    """What a look at some rows loses is told nowhere: the rows stay as they are."""
