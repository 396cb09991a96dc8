"""Rows as frames in which every value is the one that the file has."""

from io import BytesIO

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.outputs.geometry import geo_of, primary
from fused_spec.engine.results.tables.frames import exact


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
    names = [name for name in table.column_names if name in located or name in others.columns]  # not those of the index
    columns = {name: geometry[name].array if name in located else others[name] for name in names}
    frame: pd.DataFrame = gpd.GeoDataFrame(columns, index=others.index, geometry=primary(geo), crs=geometry.crs)
    return frame
