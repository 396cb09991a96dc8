"""The account of an ingestion: every row and column of every input, and that none is missing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest import geospatial
from fused_spec.engine.ingest.account import Account, lines
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.passes import gather
from fused_spec.engine.ingest.reading import formats
from fused_spec.engine.ingest.reading.layer import Batch, Origin
from fused_spec.wire import PartitionNongeospatialStep
from tests.schemas import schema_of
from tests.unit.engine.building import geo_step, grid, partition_geospatial, partition_nongeospatial, points, saved


def account(source: str | list[str], storage: Path, **options: Any) -> Account:
    return partition_geospatial(geo_step(source, **options), storage, "job-1")


def plain_account(source: str | list[str], storage: Path) -> Account:
    step = PartitionNongeospatialStep(input=source, output="fd://table")
    return partition_nongeospatial(step, storage, "job-1")


def rows(one: dict[str, Any]) -> tuple[int, int]:
    return one["rows_read"], one["rows_written"]


def test_every_row_of_every_input_is_in_the_table(tmp_path: Path, storage: Path) -> None:
    inputs = [saved(points(count), tmp_path / f"{count}.parquet") for count in (3, 5)]
    found = account(inputs, storage)
    assert ([rows(one) for one in found["inputs"]], rows(found)) == ([(3, 3), (5, 5)], (8, 8))


def test_rows_out_of_bounds_are_counted_with_their_reason(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), shapely.Point(500, 1), shapely.Point(2, 2)], crs=4326)
    [one] = account(saved(frame, tmp_path / "a.parquet"), storage, drop_out_of_bounds=True)["inputs"]
    assert (rows(one), one["left_out"]) == ((3, 2), {"out of bounds": 1})


def test_rows_that_are_taken_apart_are_counted(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 1), (2, 2), (3, 3)]), shapely.Point(0, 0)], crs=4326)
    [one] = account(saved(frame, tmp_path / "a.parquet"), storage, explode_geometries=True)["inputs"]
    assert (rows(one), one["taken_apart"]["exploded"]) == ((2, 4), [2, 4])


def test_rows_that_are_cut_are_counted(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2, 2), shapely.box(5, 5, 5.5, 5.5)], crs=4326)
    source = saved(frame, tmp_path / "a.parquet")
    [one] = account(source, storage, subdivide_start=1, subdivide_stop=1)["inputs"]
    assert (rows(one), one["taken_apart"]["subdivided"]) == ((2, 5), [1, 4])


def test_the_log_tells_why_other_rows_were_written_than_read(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), shapely.Point(500, 1)], crs=4326)
    account(saved(frame, tmp_path / "a.parquet"), storage, drop_out_of_bounds=True)
    assert "a.parquet: 2 rows read, 1 written: 1 out of bounds" in capsys.readouterr().out.splitlines()


def test_the_types_of_columns_are_told_as_they_were_and_as_they_are(tmp_path: Path, storage: Path) -> None:
    frames = [pd.DataFrame({"n": pd.Series([1], dtype=kind)}) for kind in ("int16", "float32")]
    inputs = [saved(frame, tmp_path / f"{number}.parquet") for number, frame in enumerate(frames)]
    found = plain_account(inputs, storage)
    types = [found["columns_in"][one["columns"]][0] for one in found["inputs"]]
    assert [(one["type_in"], one["type_out"]) for one in types] == [("int16", "float"), ("float", "float")]
    assert "0.parquet: column n is int16, float in the table" in list(lines({"output": "fd://table", **found}))


def test_a_column_that_is_left_out_has_no_type_in_the_table(tmp_path: Path, storage: Path) -> None:
    found = account(saved(points(2), tmp_path / "a.parquet"), storage, remove_cols=["word"])
    assert {one["name"]: one["type_out"] for one in found["columns_in"][0]} == {"row": "int64", "word": None}


def test_inputs_of_the_same_columns_share_one_list(tmp_path: Path, storage: Path) -> None:
    inputs = [saved(points(2), tmp_path / f"{number}.parquet") for number in range(5)]
    assert len(account(inputs, storage)["columns_in"]) == 1


def test_the_coordinate_system_is_told_as_it_was_and_as_it_is(tmp_path: Path, storage: Path) -> None:
    [one] = account(saved(grid().to_crs(32631), tmp_path / "a.parquet"), storage)["inputs"]
    assert (one["crs"]["in"], one["crs"]["out"]) == ("EPSG:32631", "EPSG:4326")


def test_odd_geometries_are_counted(tmp_path: Path, storage: Path) -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    shapes = [None, shapely.Point(), bow_tie, shapely.box(0, 0, 1, 1)]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=4326)
    [one] = account(saved(frame, tmp_path / "a.parquet"), storage)["inputs"]
    found = one["geometry"]
    assert (found["null"], found["empty"], found["invalid"], found["looked_at"]) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("shape", "crs"),
    [
        pytest.param(shapely.box(-1e6, -1e6, 1e6, 1e6), 3413, id="a pole"),
        pytest.param(shapely.box(-1e6, -1e6, 1e6, 1e6), 3832, id="nowhere near"),
        pytest.param(shapely.box(2.5e6, 0, 4.5e6, 1e6), 3832, id="the antimeridian"),
        pytest.param(shapely.LineString([(2.5e6, 0), (4.5e6, 1e6)]), 3832, id="a line over it"),
        pytest.param(shapely.box(-2e7, -1e7, 2e7, 1e7), 3857, id="the whole map"),
    ],
)
def test_shapes_that_go_across_the_whole_map_are_counted(
    shape: Any, crs: int, tmp_path: Path, storage: Path, request: pytest.FixtureRequest
) -> None:
    frame = gpd.GeoDataFrame(geometry=[shape], crs=crs)
    [one] = account(saved(frame, tmp_path / "a.parquet"), storage)["inputs"]
    over = request.node.callspec.id in ("a pole", "the antimeridian", "a line over it")
    assert one["geometry"]["turned_over"] == int(over)


def test_what_a_reader_loses_is_told(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = formats.open_layer

    def losing(*given: Any, **options: Any) -> Any:
        layer = read(*given, **options)
        tally = Tally()
        tally.lossy["column p: a digit"] = 2

        def batches(parts: range) -> Any:
            for batch in layer.batches(parts):
                yield Batch(attributes=batch.attributes, geometry=batch.geometry, tally=tally)

        return replace(layer, batches=batches, origin=replace(layer.origin, lossy=["its styles are left out"]))

    monkeypatch.setattr("fused_spec.engine.ingest.reading.source.open_layer", losing)
    [one] = plain_account(saved(pd.DataFrame({"p": [1.5, 2.5]}), tmp_path / "a.parquet"), storage)["inputs"]
    assert one["lossy"] == [
        {"what": "its styles are left out", "rows": None},
        {"what": "column p: a digit", "rows": 2},
    ]
    told = capsys.readouterr().out.splitlines()
    assert "a.parquet: lossy: its styles are left out" in told
    assert "a.parquet: lossy: column p: a digit (2 rows)" in told


def test_an_input_with_other_rows_than_it_says_fails(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = formats.open_layer
    monkeypatch.setattr(
        "fused_spec.engine.ingest.reading.source.open_layer",
        lambda *given, **options: replace(read(*given, **options), origin=Origin(rows=7)),
    )
    with pytest.raises(StepFailed, match=r"a\.parquet says that it has 7 rows, and 2 can be read"):
        plain_account(saved(pd.DataFrame({"p": [1, 2]}), tmp_path / "a.parquet"), storage)
    assert not (storage / "table").exists()


def test_a_row_that_the_engine_loses_on_the_way_fails_the_step(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geospatial, "reshape", lambda table, step, tally: table.slice(1))
    with pytest.raises(StepFailed, match=r"a\.parquet: of 4 rows read 3 are left, 4 should be"):
        account(saved(points(4), tmp_path / "a.parquet"), storage)


def test_a_row_that_is_not_written_fails_the_step(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = gather._columns
    monkeypatch.setattr(
        gather, "_columns", lambda rows, places, schema: columns(rows.slice(0, max(len(rows) - 1, 0)), places, schema)
    )
    with pytest.raises(StepFailed, match="file 0 of the table has 3 rows, 4 should be"):
        account(saved(points(4), tmp_path / "a.parquet"), storage)
    assert not (storage / "table").exists()


def test_an_account_is_as_its_schema_says(tmp_path: Path, storage: Path) -> None:
    found = account(saved(grid().to_crs(32631), tmp_path / "a.gpkg"), storage)
    plain = plain_account(saved(pd.DataFrame({"p": [1]}), tmp_path / "b.csv"), storage / "more")
    steps = [
        {"step": 1, "type": "partition_geospatial", **found},
        {"step": 2, "type": "partition_nongeospatial", **plain},
        {"step": 3, "type": "udf", "tasks": 3, "failed": 1, "lossy": [{"what": "x", "results": 2}]},
    ]
    jsonschema.validate({"format_version": "1", "steps": steps}, schema_of("facts"))


def test_only_so_many_lines_are_told(tmp_path: Path, storage: Path) -> None:
    table = pa.table({f"c{number}": pa.array([1], pa.int16()) for number in range(150)})
    wide = pa.table({f"c{number}": pa.array([1], pa.int32()) for number in range(150)})
    inputs = []
    for name, one in (("a", table), ("b", wide)):
        pa.parquet.write_table(one, tmp_path / f"{name}.parquet")
        inputs.append(str(tmp_path / f"{name}.parquet"))
    told = list(lines({"output": "fd://table", **plain_account(inputs, storage)}))
    assert (len(told), told[100]) == (102, "50 more such lines are in the facts of the run")


def test_tallies_of_several_batches_add_up() -> None:
    whole = Tally()
    for _ in range(2):
        part = Tally()
        part.seen.update({Seen.EXPLODED: 2, Seen.PARTS: 5, Seen.OUT_OF_BOUNDS: 1})
        whole.add(part)
    assert whole.grown == 4
