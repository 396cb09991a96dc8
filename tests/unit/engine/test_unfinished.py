"""What a UDF returned before its last step is told that step."""

import io
import sqlite3
import zipfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import dask
import dask.array
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import rasterio
import xarray as xr

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form

TABLE = pd.DataFrame({"a": [1, 2], "b": [1, 1]})
CUBE = xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), coords={"y": [1, 2]})


def like(module: str, name: str, **fields: Any) -> Any:
    """An object of a library that is not installed here, by where it says that its class is."""
    return type(name, (), {"__module__": module, **fields})()


async def endless() -> Any:
    yield 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            like("polars.lazyframe.frame", "LazyFrame"),
            "a polars.lazyframe.frame.LazyFrame cannot be stored as it is; return its collect()",
        ),
        (like("polars.dataframe.group_by", "GroupBy"), "return its agg(…)"),
        (TABLE.groupby("b"), "return what it is for: its sum(), agg(…) or size()"),
        (TABLE["a"].groupby(TABLE["b"]), "its sum(), agg(…) or size()"),
        (TABLE.rolling(2), "its mean() or agg(…)"),
        (TABLE.set_index(pd.to_datetime(["2024-01-01", "2024-01-02"])).resample("D"), "its mean() or agg(…)"),
        (CUBE.groupby("y"), "its mean() or reduce(…)"),
        (CUBE.rolling(y=2), "its mean() or reduce(…)"),
        (CUBE.variable, "return xarray.DataArray(variable)"),
        (ds.dataset(pa.table({"a": [1]})), "return its to_table()"),
        (dask.array.zeros(3), "return its compute()"),
        (dask.delayed(len)([]), "return its compute()"),
        (like("dask_expr._collection", "DataFrame"), "return its compute()"),
        (like("duckdb.duckdb", "DuckDBPyConnection"), "return its df(), after execute(…)"),
        (like("ibis.expr.types.relations", "Table"), "return its execute() or to_pyarrow()"),
        (like("pyspark.sql.dataframe", "DataFrame"), "return its toPandas()"),
        (like("torch", "Tensor"), "return its detach().cpu().numpy()"),
        (like("scipy.sparse._csr", "csr_matrix"), "return its toarray()"),
        (like("folium.folium", "Map"), "return its get_root().render()"),
        (sqlite3.connect(":memory:"), "pandas.read_sql(query, connection)"),
        (Future(), "return its result()"),
        (iter([1]), "it is read only once, so return a list of what it gives"),
        (endless(), "return a list of what it gives: [one async for one in it]"),
        (ValueError("no"), "raise it, so that the result counts as failed"),
        (len, "return what it gives, not itself"),
        (ValueError, "return what it gives, not itself"),
        (np, "return something of it"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_the_missing_step_is_told(value: Any, told: str) -> None:
    assert told in refused(value)


def test_the_missing_step_of_what_stands_in_a_list_is_told() -> None:
    with pytest.raises(Unstorable, match=r"it holds a LazyFrame; return its collect\(\)"):
        stored_form([like("polars.lazyframe.frame", "LazyFrame")])


RASTER = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "uint8", "crs": 4326}


def test_an_open_raster_is_told_to_be_read(tmp_path: Path) -> None:
    with rasterio.open(tmp_path / "a.tif", "w", **RASTER, transform=rasterio.Affine(2, 0, 0, 0, -2, 0)) as raster:
        assert "return its read(), with its bounds" in refused(raster)


def test_an_open_file_is_told_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    with (tmp_path / "a.zip").open("rb") as file, zipfile.ZipFile(file) as archive:
        assert "return what it holds: its read()" in refused(file)
        assert "return the bytes of the archive" in refused(archive)


def refused(value: Any) -> str:
    with pytest.raises(Unstorable) as problem:
        stored_form(value)
    return str(problem.value)


def test_an_array_that_is_computed_when_it_is_read_is_computed() -> None:
    lazy = CUBE.chunk(1) + 1
    assert stored_form(lazy).content == stored_form(CUBE + 1).content


@pytest.mark.parametrize("kind", [pa.string_view(), pa.list_(pa.string_view()), pa.dictionary(pa.int32(), pa.string())])
def test_types_that_libraries_use_within_are_laid_out_plainly(kind: Any) -> None:
    value: Any = ["x", None] if not pa.types.is_list(kind) else [["x"], None]
    stored = stored_form(pa.table({"a": pa.array(value, kind)}))
    read = pq.read_table(io.BytesIO(stored.content))
    assert (read["a"].to_pylist(), "view" in str(read.schema)) == (value, False)


def test_whole_numbers_of_which_duckdb_makes_floats_are_told_of() -> None:
    sums = pa.table({"n": [1], "total": [1.0]})
    export = {"__arrow_c_stream__": lambda self, schema=None: sums.__arrow_c_stream__(schema)}
    relation = like("_duckdb", "DuckDBPyRelation", columns=["n", "total"], types=["BIGINT", "HUGEINT"], **export)
    assert "column total: DuckDB hands over a HUGEINT as a float" in str(stored_form(relation).lossy)


def test_a_column_of_arrow_that_parquet_has_not_is_named() -> None:
    table = pa.table({"a": [1], "b": pa.array([pa.MonthDayNano([1, 2, 3])])})
    with pytest.raises(Unstorable, match="column b cannot be stored as parquet: Unhandled type"):
        stored_form(table)
