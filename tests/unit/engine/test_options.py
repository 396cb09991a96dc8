"""Options that shape the table: a forced schema, the boxes of another table, UTM zones."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.geometry.utm import zones_of
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from tests.unit.engine.building import chunk_sizes, grid, ingested, points, saved


def failure(source: str, storage: Path, **options: Any) -> str:
    with pytest.raises(StepFailed) as caught:
        ingested(source, storage, **options)
    return str(caught.value)


# table_schema


def schema(**types: Any) -> dict[str, Any]:
    return {"fields": [{"name": name, "type": kind} for name, kind in types.items()], "metadata": {}}


def test_a_schema_forces_the_columns_their_order_and_types(tmp_path: Path, storage: Path) -> None:
    forced = schema(word="LargeString", row="Float32", missing="Int8", geometry="Geometry", fused_index="Int64")
    ingested(saved(points(3), tmp_path / "a.parquet"), storage, table_schema=forced)
    found = pq.read_schema(storage / "table/0.parquet")
    kinds = [pa.large_string(), pa.float32(), pa.int8(), pa.binary()]
    assert list(zip(found.names, found.types, strict=True)) == list(
        zip(["word", "row", "missing", "geometry"], kinds, strict=True)
    )


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ({"type": "Timestamp", "unit": "ms", "tz": "UTC"}, pa.timestamp("ms", "UTC")),
        ({"type": "List", "element_type": "Int32"}, pa.list_(pa.int32())),
        ({"type": "LargeList", "element_type": "String"}, pa.large_list(pa.string())),
        ({"type": "FixedSizeList", "element_type": "Float64", "inner_size": 2}, pa.list_(pa.float64(), 2)),
        ({"type": "FixedSizeBinary", "byte_width": 4}, pa.binary(4)),
        ({"type": "Struct", "fields": [{"name": "a", "type": "Bool"}]}, pa.struct([("a", pa.bool_())])),
        ("Date32", pa.date32()),
        ("Uint64", pa.uint64()),
    ],
)
def test_every_type_of_a_schema_is_known(described: Any, kind: pa.DataType, tmp_path: Path, storage: Path) -> None:
    source = saved(points(2), tmp_path / "a.parquet")
    ingested(source, storage, table_schema=schema(row="Int64", more=described))
    assert pq.ParquetFile(storage / "table/0.parquet").schema_arrow.field("more").type == kind


def test_inputs_that_differ_meet_in_the_forced_type(tmp_path: Path, storage: Path) -> None:
    frame = points(2)
    sources = [saved(frame, tmp_path / "a.parquet"), saved(frame.assign(row=["5", "6"]), tmp_path / "b.parquet")]
    assert "does not fit the inputs before it" in failure(sources, storage)  # type: ignore[arg-type]
    table = ingested(sources[1], storage, table_schema=schema(row="Int16"))
    assert sorted(table["row"]) == [5, 6]


@pytest.mark.parametrize(
    ("forced", "problem"),
    [
        (schema(row="Int128"), "table_schema: column row has the unknown type Int128; there are null, Bool"),
        (schema(row={"type": "Timestamp"}), "table_schema: the type of column row cannot be read"),
        (
            schema(row={"type": "Timestamp", "unit": "ms", "tz": "Nope/Zone"}),
            "table_schema: column row has the unknown time zone Nope/Zone; write one such as UTC",
        ),
        (schema(word="Int8"), "a.parquet: column word does not fit int8, its type in the table"),
        (schema(other="Int8"), "table_schema: no input has any of its columns; there are row, word"),
        ({}, "table_schema: fields is not a list"),
        ({"fields": [{"name": "row"}]}, "table_schema: field 1 needs a name and a type"),
        ({"fields": schema(row="Int8")["fields"] * 2}, "two columns are named row"),
    ],
)
def test_what_is_wrong_with_a_schema_is_said(forced: Any, problem: str, tmp_path: Path, storage: Path) -> None:
    assert failure(saved(points(3), tmp_path / "a.parquet"), storage, table_schema=forced).startswith(problem)


# partitioning_schema_input


@pytest.fixture
def other(tmp_path: Path, storage: Path) -> Path:
    """A table of 64 squares in four files of two chunks."""
    source = saved(grid(8, 8), tmp_path / "other.parquet")
    caps = {"partitioning_maximum_per_file": 16, "partitioning_maximum_per_chunk": 8}
    ingested(source, storage, **caps)
    return (storage / "table").rename(storage / "other")


@pytest.mark.parametrize("url", ["fd://other", "fd://other/", "fd://other/_sample"])
def test_another_table_gives_its_boxes(url: str, other: Path, tmp_path: Path, storage: Path) -> None:
    ingested(saved(grid(8, 8), tmp_path / "a.parquet"), storage, partitioning_schema_input=url)
    assert chunk_sizes(storage) == chunk_sizes(storage, "other")
    assert get_chunks_metadata("fd://table").equals(get_chunks_metadata("fd://other"))


def test_a_row_outside_all_boxes_goes_to_the_nearest(other: Path, tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"row": [0, 1, 2]}, geometry=[shapely.Point(-20, -9), shapely.Point(90, 60), None], crs=4326
    )
    ingested(saved(frame, tmp_path / "a.parquet"), storage, partitioning_schema_input="fd://other")
    assert [get_chunk_from_table("fd://table", number, 0)["row"].tolist() for number in range(3)] == [[0], [1], [2]]


def test_a_parquet_file_may_list_the_boxes(tmp_path: Path, storage: Path) -> None:
    boxes = {"file_id": ["10", "9"], "chunk_id": [0, 0], "bbox_minx": [0, 5], "bbox_miny": [0, 5]}
    frame = pd.DataFrame({**boxes, "bbox_maxx": [4.5, 20], "bbox_maxy": [4.5, 20]})
    boxed = saved(frame, tmp_path / "boxes.parquet")
    ingested(saved(points(10), tmp_path / "a.parquet"), storage, partitioning_schema_input=boxed)
    assert [get_chunk_from_table("fd://table", number, 0)["row"].tolist() for number in (0, 1)] == [
        [5, 6, 7, 8, 9],
        [0, 1, 2, 3, 4],
    ]


def test_a_table_without_boxes_gives_none(tmp_path: Path, storage: Path) -> None:
    boxed = saved(pd.DataFrame({"file_id": ["0"], "chunk_id": [0]}), tmp_path / "boxes.parquet")
    text = failure(saved(points(3), tmp_path / "a.parquet"), storage, partitioning_schema_input=boxed)
    assert text.endswith("boxes.parquet has no column bbox_minx; name an ingested table")


def test_a_missing_table_of_boxes_is_named(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(3), tmp_path / "a.parquet"), storage, partitioning_schema_input="fd://nothing")
    assert text == "partitioning_schema_input: fd://nothing is no ingested table, and no Parquet file of boxes"


# partitioning_force_utm


def zones_by_chunk(storage: Path) -> dict[tuple[str, int], set[int]]:
    found = {}
    for chunk in get_chunks_metadata("fd://table").itertuples():
        rows = get_chunk_from_table("fd://table", chunk.file_id, chunk.chunk_id)
        centroids = shapely.centroid(rows.geometry.to_numpy())
        found[chunk.file_id, chunk.chunk_id] = set(
            zones_of(shapely.get_x(centroids), shapely.get_y(centroids)).tolist()
        )
    return found


@pytest.fixture
def everywhere(tmp_path: Path) -> str:
    places = np.random.default_rng(3).uniform([-30, -20], [30, 20], (400, 2))
    return saved(
        gpd.GeoDataFrame({"row": range(400)}, geometry=shapely.points(places), crs=4326), tmp_path / "a.parquet"
    )


CAPS = {"partitioning_maximum_per_file": 200, "partitioning_maximum_per_chunk": 100}


def test_a_chunk_may_be_kept_in_one_utm_zone(everywhere: str, storage: Path) -> None:
    ingested(everywhere, storage, partitioning_force_utm="chunk", **CAPS)
    zones = zones_by_chunk(storage)
    assert {len(found) for found in zones.values()} == {1}
    assert len({file for file, _ in zones}) < len(set.union(*zones.values()))


def test_a_file_may_be_kept_in_one_utm_zone(everywhere: str, storage: Path) -> None:
    ingested(everywhere, storage, partitioning_force_utm="file", **CAPS)
    by_file: dict[str, set[int]] = {}
    for (file, _), found in zones_by_chunk(storage).items():
        by_file.setdefault(file, set()).update(found)
    assert {len(found) for found in by_file.values()} == {1}


def test_zones_mix_otherwise(everywhere: str, storage: Path) -> None:
    ingested(everywhere, storage, **CAPS)
    assert max(map(len, zones_by_chunk(storage).values())) > 1
