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
    connection.execute("set enable_geoparquet_conversion = false")
    return connection


def rows_lacking(source: Path, table: str) -> list[Any]:
    """Rows of a Parquet file that a table's files have not, and rows that these have besides."""
    with connected() as connection:
        one, other = f"select * from read_parquet('{source}')", f"select * from read_parquet('{table}')"
        lacking = connection.execute(f"({one}) except all ({other})").fetchall()
        return lacking + connection.execute(f"({other}) except all ({one})").fetchall()
