"""DuckDB with its spatial extension, as the two wheels on PyPI have them."""

from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_spatial


def connected() -> Any:
    """A connection that reads and writes geometry; nothing is fetched for it."""
    [extension] = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 1})
    connection.execute(f"load '{extension}'")
    return connection


def rows_lacking(source: Path, table: Path) -> list[Any]:
    """Rows of a Parquet file that a table's files have not, and rows that these have besides; geometry as bytes."""
    with connected() as connection:
        connection.execute("set enable_geoparquet_conversion = false")
        one, other = f"select * from read_parquet('{source}')", f"select * from read_parquet('{table}/*.parquet')"
        lacking = connection.execute(f"({one}) except all ({other})").fetchall()
        return lacking + connection.execute(f"({other}) except all ({one})").fetchall()


def write_geoparquet(source: Path, target: Path, *, crs: str | None, version: str) -> None:
    """Write Parquet whose column `geometry` holds WKB again, as a column of geometry in a coordinate system."""
    kind = "GEOMETRY" if crs is None else "GEOMETRY('" + crs.replace("'", "''") + "')"
    chosen = f"* exclude (geometry), st_geomfromwkb(geometry)::{kind} as geometry"
    with connected() as connection:
        connection.execute(
            f"copy (select {chosen} from read_parquet('{source}')) to '{target}' "
            f"(format parquet, geoparquet_version '{version}')"
        )
