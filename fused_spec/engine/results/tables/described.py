"""What is known of a table that a task returned, as a part of the line that tells of the task (`jobs.tasks`)."""

import json
import math
from functools import lru_cache

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from pyproj import CRS


def facts_of(table: pd.DataFrame) -> str:
    """Rows and columns, and where the rows are, in the coordinates of the table."""
    counted = f', "rows": {len(table)}, "columns": {len(table.columns)}'
    if not isinstance(table, gpd.GeoDataFrame) or table._geometry_column_name not in table.columns:
        return counted
    bounds = [float(number) for number in table.total_bounds]
    placed = f', "bounds": {json.dumps(bounds)}' if all(map(math.isfinite, bounds)) else ""
    return counted + placed + ("" if table.crs is None else f', "crs": {json.dumps(_name_of(table.crs))}')


def facts_of_arrow(table: pa.Table) -> str:
    """Rows and columns."""
    return f', "rows": {table.num_rows}, "columns": {table.num_columns}'


@lru_cache(maxsize=64)
def _name_of(crs: CRS) -> str:
    """EPSG:4326 and the like, and for a system without such a name its own."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)
