"""Arrow's own files: IPC files, which Feather 2 is, IPC streams, and Feather 1."""

import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import (
    geo_step,
    grid,
    ingested,
    partition_geospatial,
    partition_nongeospatial,
    plain_ingested,
    points,
)

TABLE = pa.table({"n": range(100), "word": [f"w{number}" for number in range(100)]})


def stream_of(table: pa.Table, *, rows: int = 30, ended: bool = True) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue() if ended else sink.getvalue()[:-8]


def file_of(table: pa.Table, *, rows: int = 30, **options: Any) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def rows_of(source: str, storage: Path) -> Any:
    return plain_ingested(source, storage)["n"].tolist()


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.ipc", "part-0"])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_an_ipc_file_is_read_whole(name: str, compression: str | None, tmp_path: Path, storage: Path) -> None:
    assert rows_of(written(tmp_path / name, file_of(TABLE, compression=compression)), storage) == list(range(100))


@pytest.mark.parametrize("name", ["a.arrows", "a.arrow", "part-0"])
def test_an_ipc_stream_is_read_whole(name: str, tmp_path: Path, storage: Path) -> None:
    assert rows_of(written(tmp_path / name, stream_of(TABLE)), storage) == list(range(100))


@pytest.mark.filterwarnings("ignore:Feather V1:DeprecationWarning")
def test_feather_of_the_first_version_is_read_whole(tmp_path: Path, storage: Path) -> None:
    pyarrow.feather.write_feather(TABLE, str(tmp_path / "a.feather"), version=1)
    assert rows_of(str(tmp_path / "a.feather"), storage) == list(range(100))


def test_a_file_that_geopandas_writes_is_reprojected(tmp_path: Path, storage: Path) -> None:
    grid(4, 4).to_crs(3857).to_feather(tmp_path / "a.feather")
    table = ingested(str(tmp_path / "a.feather"), storage)
    assert table.total_bounds == pytest.approx([0, 0, 3.5, 3.5], abs=1e-9)


def test_a_file_says_how_many_rows_it_has_and_a_stream_does_not(tmp_path: Path, storage: Path) -> None:
    sources = [
        written(tmp_path / "a.arrow", file_of(TABLE)),
        written(tmp_path / "b.arrows", stream_of(TABLE)),
    ]
    step = PartitionNongeospatialStep(input=sources, output="fd://table")
    account = partition_nongeospatial(step, storage, "job-1")
    assert [one["rows_declared"] for one in account["inputs"]] == [100, None]


def test_a_stream_without_an_end_is_told(tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "a.arrows", stream_of(TABLE, ended=False))
    assert rows_of(source, storage) == list(range(100))
    assert "a.arrows: lossy: its stream does not end as streams do" in capsys.readouterr().out


def test_a_stream_behind_a_stream_is_not_left_out(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.arrows", stream_of(TABLE) * 2)
    with pytest.raises(StepFailed, match=r"a\.arrows cannot be read: .* bytes stand behind the end of its stream"):
        plain_ingested(source, storage)


@pytest.mark.parametrize("content", [stream_of(TABLE), file_of(TABLE)])
@pytest.mark.parametrize("cut", [20, 700, 1500])
def test_a_file_that_is_cut_off_is_refused(content: bytes, cut: int, tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"a\.arrow cannot be read"):
        plain_ingested(written(tmp_path / "a.arrow", content[:-cut]), storage)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"a\.arrow cannot be read: Not an Arrow file"):
        plain_ingested(written(tmp_path / "a.arrow", b"hello, I am no file of Arrow"), storage)


def test_text_that_is_no_utf_8_is_refused(tmp_path: Path, storage: Path) -> None:
    content = file_of(TABLE).replace(b"w42", b"w\xff2")
    with pytest.raises(StepFailed, match=r"a\.arrow cannot be read: .*UTF8"):
        plain_ingested(written(tmp_path / "a.arrow", content), storage)


def test_dictionaries_that_change_within_a_stream_come_as_their_values(tmp_path: Path, storage: Path) -> None:
    sink = io.BytesIO()
    kind = pa.dictionary(pa.int8(), pa.string())
    with pa.ipc.new_stream(sink, pa.schema([("word", kind)])) as writer:
        for words in (["a", "b"], ["c", None, "a"]):
            writer.write_table(pa.table({"word": pa.array(words).dictionary_encode().cast(kind)}))
    source = written(tmp_path / "a.arrows", sink.getvalue())
    plain_ingested(source, storage)
    assert pq.read_table(storage / "table")["word"].to_pylist() == ["a", "b", "c", None, "a"]


def test_runs_and_views_come_as_their_values(tmp_path: Path, storage: Path) -> None:
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", None]))
    views = pa.array([["x"], None, ["y", None]], pa.list_view(pa.string_view()))
    deep = pa.array(
        [{"a": [[1], None]}, None, {"a": None}], pa.struct([("a", pa.large_list_view(pa.list_view(pa.int8())))])
    )
    table = pa.table({"runs": runs, "views": views, "deep": deep})
    source = written(tmp_path / "a.arrow", file_of(table))
    plain_ingested(source, storage)
    assert pq.read_table(storage / "table").to_pydict() == {
        "runs": ["a", "a", None],
        "views": [["x"], None, ["y", None]],
        "deep": [{"a": [[1], None]}, None, {"a": None}],
    }


@pytest.mark.parametrize(
    "column",
    [
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    ],
)
def test_what_parquet_has_no_type_for_is_refused(column: pa.Array, tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.arrow", file_of(pa.table({"odd": column})))
    with pytest.raises(StepFailed, match=r"column odd is .*, which Parquet has no type for"):
        plain_ingested(source, storage)


SHAPES = {
    "point": shapely.Point(1, 2),
    "linestring": shapely.LineString([(0, 0), (1, 2)]),
    "polygon": shapely.box(0, 0, 2, 2) - shapely.box(0.5, 0.5, 1, 1),
    "multipoint": shapely.MultiPoint([(0, 0), (1, 2)]),
    "multilinestring": shapely.MultiLineString([[(0, 0), (1, 2)], [(3, 3), (4, 4)]]),
    "multipolygon": shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3, 3)]),
}


def arrow_table(values: pa.Array, kind: str, parameters: str = '{"crs": "EPSG:4326"}') -> pa.Table:
    metadata = {"ARROW:extension:name": f"geoarrow.{kind}", "ARROW:extension:metadata": parameters}
    schema = pa.schema([("id", pa.int64()), pa.field("where", values.type, metadata=metadata)])
    return pa.table([range(len(values)), values], schema=schema)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize(
    ("interleaved", "height"),
    [
        (True, True),
        (False, False),
        pytest.param(True, False, marks=pytest.mark.thorough),
        pytest.param(False, True, marks=pytest.mark.thorough),
    ],
)
def test_geoarrow_is_read_in_each_of_its_forms(
    kind: str, interleaved: bool, height: bool, tmp_path: Path, storage: Path
) -> None:
    shape = shapely.force_3d(SHAPES[kind], 7) if height else SHAPES[kind]
    frame = gpd.GeoDataFrame({"id": range(40)}, geometry=[shape, None] * 20, crs=3857)
    table = pa.table(frame.to_arrow(geometry_encoding="geoarrow", interleaved=interleaved))
    found = ingested(written(tmp_path / "a.arrow", file_of(table, rows=7)), storage)
    [expected] = gpd.GeoSeries([shape], crs=3857).to_crs(4326)
    shapes = found.set_index("id").sort_index().geometry
    assert shapes.isna().tolist() == [False, True] * 20
    assert all(shapely.equals_exact(shapes.dropna().to_numpy(), expected, 1e-12))
    assert shapely.has_z(shapes.dropna().to_numpy()).all() == height


@pytest.mark.parametrize(
    "values",
    [
        pa.array([{"x": 1.0, "y": 2.0, "m": 3.0}, None]),
        pa.array([[1.0, 2.0, 3.0], None], pa.list_(pa.field("xym", pa.float64()), 3)),
        pa.array([[1.0, 2.0, 7.0, 3.0], None], pa.list_(pa.field("xyzm", pa.float64()), 4)),
        pa.array([{"x": 1.0, "y": 2.0, "z": 7.0, "m": 3.0}, None]),
    ],
)
def test_measures_of_geoarrow_are_left_out_and_told(values: pa.Array, tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.arrow", file_of(arrow_table(values, "point")))
    [told] = partition_geospatial(geo_step(source), storage, "job-1")["inputs"]
    assert (told["geometry"]["measured"], [one["rows"] for one in told["lossy"]]) == (1, [1])
    [found, _] = gpd.read_parquet(storage / "table").geometry
    height = values.type.num_fields == 4 or len(values[0].as_py()) == 4
    assert found == (shapely.Point(1, 2, 7) if height else shapely.Point(1, 2))


def test_parts_without_rings_are_empty(tmp_path: Path, storage: Path) -> None:
    square = shapely.box(1, 1, 2, 2)
    frame = gpd.GeoDataFrame({"id": range(3)}, geometry=[shapely.MultiPolygon([square]), shapely.Polygon(), None])
    frame.set_crs(4326).to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow")
    found = ingested(str(tmp_path / "a.parquet"), storage).set_index("id").sort_index().geometry
    assert (found[0].equals(square), found[1].is_empty, found[2]) == (True, True, None)


def test_coordinates_that_make_no_geometry_are_told_with_their_row(tmp_path: Path, storage: Path) -> None:
    place = {"x": 0.0, "y": 0.0}
    values = pa.array([[place, place]] * 10 + [[place]])
    source = written(tmp_path / "a.arrow", file_of(arrow_table(values, "linestring"), rows=4))
    with pytest.raises(StepFailed, match=r"a\.arrow: row 11: no linestring: .*must contain 0 or >1"):
        ingested(source, storage)


def test_boxes_are_polygons_and_those_over_the_antimeridian_have_two_parts(tmp_path: Path, storage: Path) -> None:
    corners = ("xmin", "ymin", "xmax", "ymax")
    boxes = [(0, 0, 1, 1), (170, 0, -170, 10), (np.inf, np.inf, -np.inf, -np.inf), None]
    values = pa.array([one and dict(zip(corners, map(float, one), strict=True)) for one in boxes])
    table = ingested(written(tmp_path / "a.arrow", file_of(arrow_table(values, "box"))), storage)
    found = table.set_index("id").sort_index().geometry.tolist()
    assert found[0].equals(shapely.box(0, 0, 1, 1))
    assert found[1].equals(shapely.MultiPolygon([shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10)]))
    assert (found[2].is_empty, found[3]) == (True, None)


@pytest.mark.parametrize(
    ("parameters", "bounds"),
    [
        ('{"crs": "EPSG:32632", "crs_type": "authority_code"}', (9, 49.65)),
        ('{"crs": "32632", "crs_type": "srid"}', (9, 49.65)),
        ("{}", (500_000, 5_500_000)),
        ("", (500_000, 5_500_000)),
    ],
)
def test_the_coordinate_system_of_an_arrow_type_counts(
    parameters: str, bounds: tuple[float, float], tmp_path: Path, storage: Path
) -> None:
    values = pa.array([{"x": 500_000.0, "y": 5_500_000.0}])
    source = written(tmp_path / "a.arrow", file_of(arrow_table(values, "point", parameters)))
    assert ingested(source, storage).total_bounds[:2] == pytest.approx(bounds, abs=0.01)


def test_what_is_not_read_of_geoarrow_is_refused(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.arrow", file_of(arrow_table(pa.array([b""]), "geometrycollection")))
    with pytest.raises(StepFailed, match=r"column where is of the type geoarrow\.geometrycollection, which"):
        ingested(source, storage)


def test_an_encoding_that_a_column_has_not_is_refused(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.arrow", file_of(arrow_table(pa.array([{"x": 1.0, "y": 2.0}]), "linestring")))
    with pytest.raises(StepFailed, match="its geometry is said to be of the encoding linestring, and is struct"):
        ingested(source, storage)


class WkbType(pa.ExtensionType):
    """As geoarrow.pyarrow registers it."""

    def __init__(self, parameters: bytes = b"{}") -> None:
        self.parameters = parameters
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self) -> bytes:
        return self.parameters

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> "WkbType":
        return cls(serialized)


@pytest.mark.parametrize("suffix", [".arrow", ".parquet"])
def test_an_extension_type_counts_where_it_is_registered_too(suffix: str, tmp_path: Path, storage: Path) -> None:
    table = arrow_table(pa.array([shapely.Point(111_319.49, 0).wkb]), "wkb", '{"crs": "EPSG:3857"}')
    source = str(tmp_path / f"a{suffix}")
    if suffix == ".arrow":
        written(Path(source), file_of(table))
    else:
        pq.write_table(table, source)
    pa.register_extension_type(WkbType())
    try:
        assert ingested(source, storage).total_bounds[0] == pytest.approx(1, abs=1e-6)
    finally:
        pa.unregister_extension_type("geoarrow.wkb")


def test_an_empty_record_batch_is_no_end(tmp_path: Path, storage: Path) -> None:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, TABLE.schema) as writer:
        for rows in (TABLE.slice(0, 0), TABLE.slice(0, 10), TABLE.slice(0, 0), TABLE.slice(10)):
            for batch in rows.to_batches() or [pa.RecordBatch.from_pylist([], TABLE.schema)]:
                writer.write_batch(batch)
    assert rows_of(written(tmp_path / "a.arrows", sink.getvalue()), storage) == list(range(100))


def test_arrow_files_and_parquet_make_one_table(tmp_path: Path, storage: Path) -> None:
    points(3).to_feather(tmp_path / "a.feather")
    points(2).to_parquet(tmp_path / "b.parquet")
    sources = [str(tmp_path / "a.feather"), str(tmp_path / "b.parquet")]
    assert len(ingested(sources, storage)) == 5


def test_the_index_of_pandas_is_a_column(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=["x", "y"])
    frame.to_parquet(tmp_path / "a.parquet")
    assert plain_ingested(str(tmp_path / "a.parquet"), storage)["__index_level_0__"].tolist() == ["x", "y"]
