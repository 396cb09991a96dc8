"""Whatever the inputs and the options: every row of every input is in the table once, and where its chunk says."""

from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from fused_spec.wire import PartitionNongeospatialStep
from tests.depth import examples
from tests.unit.engine.building import geo_step, partition_geospatial, partition_nongeospatial

_SETTINGS = examples(12)


def geometries() -> st.SearchStrategy[Any]:
    """Geometries of all kinds and dimensions; many in one place, some nowhere."""
    lon, lat = st.integers(-179, 179), st.integers(-84, 84)
    point = st.builds(shapely.Point, lon, lat)
    same = st.just(shapely.Point(3, 3))
    high = st.builds(shapely.Point, lon, lat, st.just(5))
    box = st.builds(
        lambda x, y, size: shapely.box(x, y, x + size, y + size), lon, lat, st.sampled_from([0, 1e-9, 1, 6])
    )
    line = st.builds(lambda x, y: shapely.LineString([(x, y), (x + 1, y - 1), (x, y)]), lon, lat)
    bowtie = st.just(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    parts = st.lists(st.one_of(point, box, line), max_size=3).map(shapely.GeometryCollection)
    odd = st.sampled_from([None, shapely.Point(), shapely.MultiPolygon(), shapely.Point(np.nan, 1)])
    return st.one_of(point, same, high, box, line, bowtie, parts, odd)


def values() -> st.SearchStrategy[tuple[pa.DataType, st.SearchStrategy[Any]]]:
    """A type of column that several inputs may have, and values of it."""
    return st.sampled_from(
        [
            (pa.int64(), st.none() | st.integers(-(2**53), 2**53)),
            (pa.float64(), st.none() | st.floats(allow_nan=False)),
            (pa.string(), st.none() | st.text(max_size=5)),
            (pa.string_view(), st.none() | st.text(max_size=5)),
            (pa.dictionary(pa.int8(), pa.string()), st.none() | st.sampled_from(["a", "b", ""])),
            (pa.list_(pa.int64()), st.none() | st.lists(st.none() | st.integers(0, 9), max_size=3)),
            (pa.struct([("x", pa.int64())]), st.none() | st.fixed_dictionaries({"x": st.none() | st.integers(0, 9)})),
            (pa.timestamp("us", "Europe/Berlin"), st.none()),
            (pa.null(), st.none()),
        ]
    )


@st.composite
def inputs(draw: st.DrawFn) -> list[pa.Table]:
    """One to three tables with `id`, `value` and WKB; `value` is of one type, and one of them may lack it."""
    kind, content = draw(values())
    number, tables = 0, []
    for part in range(draw(st.integers(1, 3))):
        shapes = draw(st.lists(geometries(), max_size=25, min_size=0 if part else 1))
        columns = {"id": pa.array(range(number, number + len(shapes)), pa.int64())}
        if not part or draw(st.booleans()):
            filled = draw(st.lists(content, min_size=len(shapes), max_size=len(shapes)))
            columns["value"] = pa.array(filled, kind)
        flavor = draw(st.sampled_from(["iso", "extended"]))
        order = draw(st.sampled_from([0, 1]))
        wkb = shapely.to_wkb(np.array(shapes, object), flavor=flavor, byte_order=order, output_dimension=3)
        columns["geometry"] = pa.array(wkb, pa.binary(), from_pandas=True)
        tables.append(pa.table(columns))
        number += len(shapes)
    return tables


OPTIONS = st.fixed_dictionaries(
    {
        "partitioning_method": st.sampled_from(["rows", "area", "length", "coords"]),
        "partitioning_split_method": st.sampled_from(["mean", "median"]),
        "partitioning_maximum_per_file": st.none() | st.integers(1, 30),
        "partitioning_maximum_per_chunk": st.none() | st.integers(1, 30),
        "partitioning_force_utm": st.sampled_from([None, "file", "chunk"]),
        "partitioning_max_width_ratio": st.sampled_from([0.01, 1, 2, 100]),
        "partitioning_max_height_ratio": st.sampled_from([0.01, 1, 2, 100]),
        "split_identical_centroids": st.booleans(),
        "target_num_chunks": st.sampled_from([1, 7, 5000]),
        "write_covering_bbox": st.booleans(),
        "output_metadata": st.sampled_from([None, "fd://fused"]),
    }
)


def written(tables: list[pa.Table], folder: Path) -> list[str]:
    paths = [str(folder / f"{number}.parquet") for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(table, path)
    return paths


def rows_of(tables: list[pa.Table]) -> dict[int, tuple[Any, Any]]:
    """Value and geometry of each row, by its id."""
    found = {}
    for table in tables:
        shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
        held = table["value"].to_pylist() if "value" in table.column_names else [None] * len(table)
        for number, value, shape in zip(table["id"].to_pylist(), held, shapes, strict=True):
            found[number] = (value, None if shape is None else shapely.to_wkb(shape, flavor="iso"))
    return found


def table_files(folder: Path) -> list[pa.Table]:
    names = sorted(folder.glob("*.parquet"), key=lambda path: int(path.stem))
    return [pq.ParquetFile(path).read() for path in names]


@_SETTINGS
@given(tables=inputs(), options=OPTIONS, in_memory=st.booleans())
def test_every_row_of_every_input_is_in_the_table_once_with_all_it_had(
    tables: list[pa.Table], options: dict[str, Any], in_memory: bool, tmp_path: Path, storage: Path
) -> None:
    step = geo_step(written(tables, tmp_path), **options)
    partition_geospatial(step, storage, "job-1", None if in_memory else 1)
    files = table_files(storage / "table")
    ids = Counter(number for file in files for number in file["id"].to_pylist())
    assert set(ids.values()) <= {1}
    assert rows_of(files) == rows_of(tables)


@_SETTINGS
@given(tables=inputs(), options=OPTIONS)
def test_every_chunk_holds_what_the_list_of_chunks_says(
    tables: list[pa.Table], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    partition_geospatial(geo_step(written(tables, tmp_path), **options), storage, "job-1")
    listed = get_chunks_metadata("fd://table")
    assert listed["num_rows"].sum() == sum(map(len, tables))
    for place in listed.itertuples():
        chunk = get_chunk_from_table("fd://table", place.file_id, place.chunk_id)
        assert isinstance(chunk, gpd.GeoDataFrame)
        assert len(chunk) == place.num_rows > 0
        shapes = [shape for shape in chunk.geometry if shape is not None and np.isfinite(shapely.bounds(shape)).all()]
        box = (place.bbox_minx, place.bbox_miny, place.bbox_maxx, place.bbox_maxy)
        assert tuple(shapely.total_bounds(shapes)) == box if shapes else all(map(pd.isna, box))


@_SETTINGS
@given(tables=inputs(), options=OPTIONS)
def test_caps_on_rows_hold_whatever_else_is_asked(
    tables: list[pa.Table], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    whole = {**options, "partitioning_method": "rows", "split_identical_centroids": True}
    partition_geospatial(geo_step(written(tables, tmp_path), **whole), storage, "job-1")
    listed = get_chunks_metadata("fd://table")
    per_chunk, per_file = whole["partitioning_maximum_per_chunk"], whole["partitioning_maximum_per_file"]
    assert per_chunk is None or listed["num_rows"].max() <= per_chunk
    assert per_file is None or listed.groupby("file_id")["num_rows"].sum().max() <= per_file


@_SETTINGS
@given(tables=inputs(), options=OPTIONS)
def test_the_table_of_measures_has_the_same_rows_in_the_same_places(
    tables: list[pa.Table], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    partition_geospatial(
        geo_step(written(tables, tmp_path), **{**options, "output_metadata": "fd://fused"}), storage, "j"
    )
    numbers = [number for file in table_files(storage / "fused") for number in file["fused_index"].to_pylist()]
    ids = [number for file in table_files(storage / "table") for number in file["id"].to_pylist()]
    assert numbers == ids  # which number the rows as they were read


@_SETTINGS
@given(
    rows=st.lists(st.tuples(st.integers(0, 5) | st.none(), st.text(max_size=3)), min_size=1, max_size=40),
    column=st.sampled_from([None, "key", "word"]),
    caps=st.tuples(st.none() | st.integers(1, 20), st.none() | st.integers(1, 20)),
    in_memory=st.booleans(),
)
def test_every_row_of_a_plain_table_comes_out_once(
    rows: list[tuple[int | None, str]],
    column: str | None,
    caps: tuple[int | None, int | None],
    in_memory: bool,
    tmp_path: Path,
    storage: Path,
) -> None:
    table = pa.table({"id": range(len(rows)), "key": [key for key, _ in rows], "word": [word for _, word in rows]})
    pq.write_table(table, tmp_path / "a.parquet")
    step = PartitionNongeospatialStep(
        input=str(tmp_path / "a.parquet"),
        output="fd://table",
        partition_col=column,
        partitioning_maximum_per_file=caps[0],
        partitioning_maximum_per_chunk=caps[1],
    )
    partition_nongeospatial(step, storage, "job-1", None if in_memory else 1)
    whole = pa.concat_tables(table_files(storage / "table"))
    assert whole.sort_by("id").equals(table)


NONSENSE = st.fixed_dictionaries(
    {},
    optional={
        "partitioning_maximum_per_file": st.integers(-3, 0),
        "lonlat_cols": st.tuples(st.text(max_size=3), st.text(max_size=3)),
        "load_columns": st.lists(st.text(max_size=3), max_size=2),
        "remove_cols": st.lists(st.sampled_from(["id", "geometry", "nope", ""]), max_size=2),
        "subdivide_start": st.floats(allow_nan=False),
        "subdivide_stop": st.floats(allow_nan=False),
        "subdivide_method": st.none(),
        "table_schema": st.sampled_from([{}, {"fields": 3}, {"fields": [{"name": "id", "type": "Nope"}]}]),
        "partitioning_schema_input": st.sampled_from(["", "fd://", "fd://nope", "x", "s3://a/b"]),
        "output": st.sampled_from([None, "", "fd://", "fd://../x", "relative", "s3://a/b", "fd://a\0b"]),
        "output_metadata": st.sampled_from(["", "fd://table", "fd://table/in", "fd://"]),
        "file_suffix": st.sampled_from([".shp", ""]),
        "gdal_config": st.sampled_from([{"layer": "nope"}, {"open_options": {"A": "B"}}]),
    },
)


@_SETTINGS
@given(options=NONSENSE)
def test_nonsense_in_any_combination_is_refused_in_words_or_harmless(
    options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    table = pa.table({"id": [1, 2], "geometry": shapely.to_wkb([shapely.Point(0, 0), shapely.box(0, 0, 1, 1)])})
    [source] = written([table], tmp_path)
    try:
        partition_geospatial(geo_step(source, **options), storage, "job-1")
    except StepFailed as refused:
        assert len(str(refused)) > 20  # either end is right
    else:
        assert set(pq.read_table(storage / "table")["geometry"].is_null().to_pylist()) == {False}


@pytest.mark.parametrize("cap", [0, -5])
def test_a_cap_that_nothing_meets_is_refused(cap: int, tmp_path: Path, storage: Path) -> None:
    table = pa.table({"geometry": shapely.to_wkb([shapely.Point(0, 0)])})
    step = geo_step(written([table], tmp_path), partitioning_maximum_per_file=cap)
    with pytest.raises(StepFailed, match=f"partitioning_maximum_per_file {cap} must be at least 1"):
        partition_geospatial(step, storage, "job-1")
