"""What a UDF returned before its last step: lazy frames, groups, readers. Each is told the step that is missing."""

import inspect
from functools import partial
from types import ModuleType
from typing import Any

# The package where a kind is defined, the beginning of its name, and what makes a result of it.
_STEPS = (
    ("polars", "LazyFrame", "return its collect()"),
    ("polars", "LazyGroupBy", "return its agg(…).collect()"),
    ("polars", ("GroupBy", "DynamicGroupBy", "RollingGroupBy"), "return its agg(…)"),
    ("polars", "Expr", "return a frame that it is selected from: df.select(…)"),
    ("pandas", ("DataFrameGroupBy", "SeriesGroupBy"), "return what it is for: its sum(), agg(…) or size()"),
    ("pandas", ("Rolling", "Expanding", "ExponentialMoving", "Window"), "return what it is for: its mean() or agg(…)"),
    (
        "pandas",
        ("DatetimeIndexResampler", "PeriodIndexResampler", "TimedeltaIndexResampler"),
        "return its mean() or agg(…)",
    ),
    ("xarray", ("DataArrayGroupBy", "DatasetGroupBy"), "return what it is for: its mean() or reduce(…)"),
    ("xarray", ("DataArrayResample", "DatasetResample"), "return what it is for: its mean() or reduce(…)"),
    (
        "xarray",
        ("DataArrayRolling", "DatasetRolling", "DataArrayCoarsen", "DatasetCoarsen"),
        "return its mean() or reduce(…)",
    ),
    ("xarray", ("DataArrayWeighted", "DatasetWeighted"), "return its mean() or sum()"),
    ("xarray", ("DataTree",), "return one of its datasets, or a dict of them: tree.to_dict()"),
    ("xarray", ("Variable", "IndexVariable"), "return xarray.DataArray(variable)"),
    (
        "pyarrow",
        ("FileSystemDataset", "InMemoryDataset", "UnionDataset", "Dataset", "Scanner"),
        "return its to_table()",
    ),
    ("pyarrow", ("ParquetFile", "ParquetDataset"), "return its read()"),
    ("pyarrow", ("TableGroupBy",), "return its aggregate(…)"),
    ("pyarrow", ("Schema", "DataType", "Field"), "return str() of it"),
    ("duckdb", "DuckDBPyConnection", "return its df(), after execute(…)"),
    ("_duckdb", "DuckDBPyConnection", "return its df(), after execute(…)"),
    ("duckdb", "DuckDBPyRelation", "return its df() or arrow()"),
    ("_duckdb", "DuckDBPyRelation", "return its df() or arrow()"),
    ("ibis", "", "return its execute() or to_pyarrow()"),
    ("pyspark", "DataFrame", "return its toPandas()"),
    ("dask", "", "return its compute()"),
    ("dask_expr", "", "return its compute()"),
    ("dask_geopandas", "", "return its compute()"),
    ("distributed", "Future", "return its result()"),
    ("concurrent", "Future", "return its result()"),
    ("modin", ("DataFrame", "Series"), "return its modin.to_pandas()"),
    ("cudf", ("DataFrame", "Series"), "return its to_pandas()"),
    ("vaex", "DataFrame", "return its to_pandas_df()"),
    ("sqlalchemy", ("CursorResult", "Result", "ScalarResult"), "return pandas.DataFrame(result)"),
    ("sqlalchemy", ("Select", "Query"), "return pandas.read_sql(query, connection)"),
    ("sqlite3", ("Cursor", "Connection"), "return its fetchall(), or pandas.read_sql(query, connection)"),
    (
        "rasterio",
        ("DatasetReader", "WarpedVRT", "DatasetWriter"),
        "return its read(), with its bounds: (src.read(), src.bounds)",
    ),
    ("fiona", "Collection", "return geopandas.GeoDataFrame.from_features(collection)"),
    ("h5py", ("Dataset",), "return its values: dataset[()]"),
    ("h5py", ("File", "Group"), "return the values of a dataset in it: file['name'][()]"),
    ("netCDF4", ("Dataset", "Variable"), "return xarray.open_dataset(path).load()"),
    ("zarr", ("Array",), "return its values: array[:]"),
    ("zarr", ("Group",), "return the values of an array in it: group['name'][:]"),
    (
        "scipy",
        ("csr_", "csc_", "coo_", "bsr_", "dia_", "dok_", "lil_"),
        "return its toarray(), or a table of its row, col and data",
    ),
    ("torch", "Tensor", "return its detach().cpu().numpy()"),
    ("tensorflow", ("EagerTensor", "Tensor"), "return its numpy()"),
    ("jaxlib", "ArrayImpl", "return numpy.asarray(array)"),
    ("jax", "", "return numpy.asarray(array)"),
    ("cupy", "ndarray", "return its get()"),
    ("folium", "Map", "return its get_root().render()"),
    ("bokeh", "", "return bokeh.embed.file_html(figure)"),
    ("networkx", ("Graph", "DiGraph", "MultiGraph", "MultiDiGraph"), "return networkx.to_pandas_edgelist(graph)"),
    ("zipfile", "ZipFile", "return the bytes of the archive"),
    ("fused_spec", "Submitted", "return its collect(), or its results()"),
    ("fused_spec", "Call", "return its result()"),
    ("fused", ("JobPool", "BaseJobPool"), "return its collect(), or its results()"),
)


def known_step(value: Any) -> str | None:
    """What to return instead of a value of a known kind that is no result yet; None for any other."""
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]
        for known, names, step in _STEPS:
            if package == known and kind.__name__.startswith(names):
                return step
    return "return its compute()" if hasattr(value, "__dask_graph__") else None


def missing_step(value: Any) -> str | None:
    """The same, also by what a value can do; None when nothing is known of it."""
    if (step := known_step(value)) is not None:
        return step
    if inspect.isasyncgen(value):
        return "return a list of what it gives: [one async for one in it]"
    if hasattr(value, "read") and hasattr(value, "close"):
        return "return what it holds: its read()"
    if hasattr(value, "__next__"):
        return "it is read only once, so return a list of what it gives"
    if isinstance(value, ModuleType):
        return "return something of it"
    if inspect.isroutine(value) or isinstance(value, type | partial):
        return "return what it gives, not itself"
    if isinstance(value, BaseException):
        return "raise it, so that the result counts as failed"
    return None
