"""Some of what outputs hold: rows, distributions, pictures; of large ones only parts are read."""

import base64
import math
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio.transform import from_bounds

from fused_spec.cli.outputs.looking import heads, schemas, summaries
from fused_spec.cli.outputs.mapping import map_of, map_of_both
from fused_spec.engine.outputs import tables
from fused_spec.engine.outputs.facts import facts_of
from fused_spec.engine.outputs.facts import told as told_of
from fused_spec.engine.outputs.model import File, Kind, Output, Told, UnreadableOutput
from fused_spec.engine.outputs.rasters import picture
from fused_spec.engine.outputs.sampling import chunk_boxes, some_places
from fused_spec.engine.outputs.summaries import Distribution, summarized
from fused_spec.engine.outputs.tables import evenly, opened
from fused_spec.errors import ServiceError
from fused_spec.maps.model import Boxes, Features, Rasters, Side
from tests.unit.engine.outputs.contents import Kept, output, parquet, places, told
from tests.unit.engine.outputs.test_facts import raster

MEGABYTE = 1 << 20


def large(rows: int = 400_000) -> Kept:
    """A table of some megabytes in forty groups of rows that no compression makes smaller."""
    values = np.random.default_rng(1).random(rows)
    points = [shapely.Point(number, 0) for number in range(1000)]
    wkb = pa.array([shapely.to_wkb(point) for point in points] * (rows // 1000))
    geo = pq.read_schema(BytesIO(places(1))).metadata[b"geo"]
    table = pa.table({"n": values, "geometry": wkb}).replace_schema_metadata({b"geo": geo})
    return Kept(parquet(table, row_group_size=rows // 40))


def test_first_rows_are_records_with_geometry_as_text() -> None:
    [rows] = heads([told("0.parquet", places(3))], 2)
    assert rows.records == [{"n": 0, "geometry": "POINT (0 0)"}, {"n": 1, "geometry": "POINT (1 1)"}]


def test_first_rows_go_over_all_results_until_there_are_enough() -> None:
    outputs = [told(f"{number}.parquet", places(2), number) for number in range(3)]
    assert [len(rows.records or ()) for rows in heads(outputs, 3)] == [2, 1]


def test_of_a_large_table_only_the_beginning_is_read() -> None:
    content = large()
    with opened(output("0.parquet", content)) as table:
        assert table.head(3).num_rows == 3
    assert sum(content.asked) < len(content.content) / 4
    assert len(content.asked) < 6


def test_json_and_text_are_shown_as_they_are() -> None:
    shown = heads([told("0.json", b'{"a": 1}', 0), told("1.html", b"<b>x</b>", 1)], 5)
    assert [rows.text for rows in shown] == ['{"a": 1}', "<b>x</b>"]


def test_rows_of_what_is_no_table_are_refused() -> None:
    with pytest.raises(UnreadableOutput, match=r"--head is for tables, and there is none among .* \(raster\)"):
        list(heads([told("0.tiff", raster())], 1))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2**62 + 1, 2**62 + 1),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (b"\x00\xff", "00ff"),
        (pd.Timestamp("2024-02-29T12:00:00.123456").to_pydatetime(), "2024-02-29T12:00:00.123456"),
        ([1, None], [1, None]),
        ({"a": [b"\x01"]}, {"a": ["01"]}),
        (None, None),
    ],
)
def test_a_value_is_shown_as_exactly_as_json_can(value: Any, shown: Any) -> None:
    [rows] = heads([told("0.parquet", parquet({"v": [value]}))], 1)
    assert rows.records == [{"v": shown}]


def test_geometry_that_is_none_is_shown_as_the_bytes_that_it_is() -> None:
    content = places(1)
    table = pq.read_table(BytesIO(content))
    broken = table.set_column(1, table.schema.field(1), pa.array([b"\x07\x07"]))
    [rows] = heads([told("0.parquet", parquet(broken))], 1)
    assert rows.records is not None
    assert rows.records[0]["geometry"] == "0707"


def test_a_schema_has_columns_and_types() -> None:
    [(_, columns)] = schemas([told("0.parquet", places(1))])
    assert [(column.name, column.type) for column in columns] == [("n", "int64"), ("geometry", "geometry")]


def described(values: Any, kind: pa.DataType | None = None) -> Distribution:
    with opened(output("0.parquet", parquet({"v": pa.array(values, kind)}))) as table:
        return summarized(table).columns[0]


def test_numbers_have_mean_deviation_and_median() -> None:
    found = described([1, 2, 3, 10, None])
    assert (found.nulls, found.min, found.max, found.mean, found.median) == (1, 1, 10, 4.0, 2.5)
    assert found.std == pytest.approx(float(np.std([1, 2, 3, 10])))


def test_numbers_that_are_none_count_as_missing_and_spoil_nothing() -> None:
    found = described([1.0, math.nan, math.inf])
    assert (found.mean, found.max) == (1.0, math.inf)


def test_whole_numbers_stay_whole() -> None:
    assert described([2**62 + 1]).max == 2**62 + 1


def test_texts_have_how_many_there_are_and_the_most_frequent() -> None:
    found = described(["b", "a", "b"])
    assert (found.distinct, found.top, found.min) == (2, "b", "a")


def test_very_many_texts_are_not_kept() -> None:
    found = described([str(number) for number in range(2_000)])
    assert (found.distinct, found.top, found.max) == (None, None, "999")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], pa.int64()),
        ([None], pa.null()),
        ([None], pa.float64()),
        ([[1]], pa.list_(pa.int64())),
        ([b"x"], pa.binary()),
        ([1], pa.duration("ns")),
        ([1], pa.time64("ns")),
        ([True], pa.bool_()),
        ([1], pa.decimal128(5, 2)),
        ([1.0], pa.float16()),
        (["x"], pa.large_string()),
        (["x"], pa.dictionary(pa.int32(), pa.string())),
        ([1], pa.dictionary(pa.int32(), pa.int64())),
    ],
)
def test_every_type_is_told_something_of(values: list[Any], kind: pa.DataType) -> None:
    if kind == pa.float16():
        values = [np.float16(1.0)]
    assert described(values, kind).nulls == values.count(None)


def test_a_broken_table_is_said_to_be_one() -> None:
    with pytest.raises(UnreadableOutput, match=r"0\.parquet: it cannot be read as parquet"):
        list(summaries([told("0.parquet", b"nonsense" * 9)]))


def test_rows_from_all_over_a_table_have_a_few_values() -> None:
    found = some_places(output("0.parquet", places(100, names=[str(number) for number in range(100)])), 10)
    assert found is not None
    assert [found.attributes[name][-1] for name in ("n", "names")] == [90, "90"]
    assert (len(found.geometries), found.crs is not None) == (10, True)


def test_some_rows_of_a_large_table_cost_a_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_LOOKED_THROUGH", MEGABYTE)
    content = large()
    found = some_places(output("0.parquet", content), 10)
    assert found is not None
    assert 10 <= len(found.geometries) < 20
    assert sum(content.asked) < len(content.content) / 2


def test_a_table_without_geometry_has_no_places() -> None:
    assert some_places(output("0.parquet", parquet({"n": [1]})), 10) is None


def test_geometry_in_another_encoding_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    buffer = BytesIO()
    frame.to_parquet(buffer, geometry_encoding="geoarrow")
    found = some_places(output("0.parquet", buffer.getvalue()), 10)
    assert found is not None
    assert shapely.from_wkb(found.geometries[0]) == shapely.Point(1, 2)


@pytest.mark.parametrize(("length", "count", "places"), [(3, 10, [0, 1, 2]), (10, 2, [0, 5]), (0, 3, []), (4, 0, [])])
def test_places_are_at_even_distances(length: int, count: int, places: list[int]) -> None:
    assert evenly(length, count) == places


def ingested(chunks: int = 3, rows: int = 30_000) -> Output:
    """A table as an ingestion writes it: files of places, and a `_sample` that lists its chunks."""
    sides = {f"bbox_{side}": [float(number) for number in range(chunks)] for side in ("minx", "miny", "maxx", "maxy")}
    listed = parquet({"file_id": ["0"] * chunks, "num_rows": [rows // chunks] * chunks, **sides})
    sample = pq.read_table(BytesIO(places(1)))
    metadata = {**sample.schema.metadata, b"fused:_metadata": base64.b64encode(listed)}
    kept = {
        name: Kept(content)
        for name, content in {
            "0.parquet": places(2),
            "1.parquet": places(3),
            "_sample": parquet(sample.replace_schema_metadata(metadata)),
        }.items()
    }
    files = {name: File(name=name, open=lambda one=one: one, size=len(one.content)) for name, one in kept.items()}
    return Output(name="main", files=(files["0.parquet"], files["1.parquet"]), sample=files["_sample"])


def test_an_ingested_table_is_one_table_in_several_files() -> None:
    facts = facts_of(ingested())
    assert (facts.kind, facts.rows, facts.crs, facts.bounds) == (Kind.TABLE, 30_000, "EPSG:4326", (0.0, 0.0, 2.0, 2.0))
    with opened(ingested()) as table:
        assert table.head(4)["n"].to_pylist() == [0, 1, 0, 1]
        assert sum(batch.num_rows for batch in table.some(100)) == 5


def test_a_large_ingested_table_is_drawn_as_its_chunks() -> None:
    one = ingested()
    boxes = chunk_boxes(one)
    assert boxes is not None
    assert boxes.boxes[1] == ((1.0, 1.0, 1.0, 1.0), 10_000)
    [layer] = map_of("main", [Told(one, facts_of(one))], ()).layers
    assert isinstance(layer, Boxes)
    assert (len(layer.boxes), layer.of) == (3, 3)


def test_a_small_ingested_table_is_drawn_as_its_features() -> None:
    one = ingested(rows=30)
    [layer] = map_of("main", [Told(one, facts_of(one))], ()).layers
    assert isinstance(layer, Features)


def test_results_of_several_systems_are_a_layer_each() -> None:
    outputs = [told("0.parquet", places(2), 0), told("1.parquet", places(1, crs="EPSG:3857"), 1)]
    assert [len(layer.geometries) for layer in map_of("x", outputs, ()).layers if isinstance(layer, Features)] == [2, 1]


def test_features_of_several_results_say_of_which_they_are() -> None:
    outputs = [told("0.parquet", places(1), 0), told("1.parquet", places(1, name=["north"]), 1)]
    [layer] = map_of("x", outputs, ()).layers
    assert isinstance(layer, Features)
    assert layer.attributes == {"result": ["0.parquet", "1.parquet"], "n": [0, 0], "name": [None, "north"]}
    assert layer.names == ["", "north"]


def test_what_cannot_be_read_is_said_on_the_map_and_the_rest_is_drawn() -> None:
    def gone() -> Kept:
        raise ServiceError("it is gone")

    missing = Told(
        Output(name="1.parquet", files=(File(name="1.parquet", open=gone),)), told("x.parquet", places(1)).facts
    )
    drawn = map_of("x", [told("0.parquet", places(1), 0), missing], (("rows", "2"),))
    assert list(drawn.facts) == [("rows", "2"), ("not drawn", "1 output; 1.parquet: it is gone")]


def test_of_very_many_results_some_are_drawn_and_that_is_said() -> None:
    outputs = [told("0.parquet", places(1), number) for number in range(300)]
    drawn = map_of("x", outputs, ())
    assert list(drawn.facts) == [("drawn", "200 of 300 outputs, at even distances")]


def test_two_runs_are_two_sides() -> None:
    drawn = map_of_both("x", [told("0.parquet", places(1))], [told("0.parquet", places(2))], ())
    assert [layer.side for layer in drawn.layers] == [Side.BEFORE, Side.AFTER]


def test_a_raster_is_a_picture_in_which_absent_cells_are_masked() -> None:
    [layer] = map_of("x", [told("0.tiff", raster(nodata=7))], ()).layers
    assert isinstance(layer, Rasters)
    [one] = layer.rasters
    assert np.ma.getmaskarray(one.values)[0, 1].tolist() == [False, False, True, False, False]
    assert one.bounds == (0.0, 0.0, 50.0, 40.0)


def test_a_large_picture_is_thinned() -> None:
    buffer = BytesIO()
    Image.fromarray(np.zeros((600, 900, 3), "uint8")).save(buffer, "PNG")
    found = picture(output("0.png", buffer.getvalue()).files[0], 300)
    assert found is not None
    assert (found.values.shape, found.bounds, found.crs) == ((3, 200, 300), (0.0, 0.0, 900.0, 600.0), None)


@pytest.mark.parametrize(
    ("array", "shape"),
    [(np.zeros((4, 5)), (1, 4, 5)), (np.zeros((2, 4, 5)), (2, 4, 5)), (np.zeros(3), None), (np.array([["a"]]), None)],
)
def test_an_array_is_a_picture_where_it_has_two_or_three_sides(array: Any, shape: tuple[int, ...] | None) -> None:
    buffer = BytesIO()
    np.save(buffer, array)
    found = picture(output("0.npy", buffer.getvalue()).files[0], 100)
    assert (None if found is None else found.values.shape) == shape


def test_code_in_an_array_never_runs() -> None:
    buffer = BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UnreadableOutput, match="allow_pickle"):
        map_of("x", [told("0.npy", buffer.getvalue())], ())


def test_results_that_lie_nowhere_are_no_map() -> None:
    with pytest.raises(UnreadableOutput, match="none of 1 output has a geometry"):
        map_of("x", [told("0.parquet", parquet({"n": [1]}))], ())
    with pytest.raises(UnreadableOutput, match=r"there is neither \(json\)"):
        map_of("x", [told("0.json", b"1")], ())


@pytest.mark.parametrize(("name", "content"), [("0.csv", b"n\n1\n"), ("0.geojson", b'{"type":"FeatureCollection"}')])
def test_a_form_that_is_read_at_once_is_not_looked_into_when_it_is_too_large(
    name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_READ_WHOLE", 3)
    with pytest.raises(UnreadableOutput, match="is too large to be looked into") as caught:
        list(heads([told(name, content)], 1))
    assert "-o DIR/ brings it as it is" in str(caught.value.hint)


def test_a_table_that_is_broken_behind_its_beginning_is_said_to_be() -> None:
    content = large().content
    middle = len(content) // 2
    broken = content[:middle] + bytes(200_000) + content[middle + 200_000 :]
    with pytest.raises(UnreadableOutput, match=r"0\.parquet cannot be read as parquet"):
        list(summaries([told("0.parquet", broken)]))


def test_text_in_csv_is_read_as_the_types_that_it_has() -> None:
    [rows] = heads([told("0.csv", b"n,s\n1,a\n,\n")], 5)
    assert rows.records == [{"n": 1, "s": "a"}, {"n": None, "s": None}]


def large_raster(value: int) -> bytes:
    cells = np.random.default_rng(value).integers(0, 5, (1, 700, 700)).astype("float64") + 10 * value
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=700,
            height=700,
            count=1,
            dtype="float64",
            crs="EPSG:4326",
            transform=from_bounds(value, 0, value + 1, 1, 700, 700),
            tiled=True,
            blockxsize=128,
            blockysize=128,
        ) as dataset:
            dataset.write(cells)
        content: bytes = memory.read()
        return content


def test_large_rasters_are_read_in_parts_and_side_by_side() -> None:
    contents = [Kept(large_raster(number)) for number in range(4)]
    found = list(told_of([output(f"{number}.tiff", content, number) for number, content in enumerate(contents)]))
    assert [one.facts.bounds for one in found] == [(float(n), 0.0, n + 1.0, 1.0) for n in range(4)]
    assert all(sum(content.asked) < len(content.content) / 4 for content in contents)
    [layer] = map_of("x", found, ()).layers
    assert isinstance(layer, Rasters)
    assert [int(one.values.min()) // 10 for one in layer.rasters] == [0, 1, 2, 3]
