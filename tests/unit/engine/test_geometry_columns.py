"""Which columns of a columnar file hold geometry, and what is kept of what the file says of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import (
    geo_step,
    ingested,
    partition_geospatial,
    partition_nongeospatial,
    points,
    saved,
)
from tests.unit.engine.test_geoparquet import problems

PARQUET_TESTING = Path(__file__).parent / "data/parquet-testing"
POINT = shapely.Point(7, 51)
UTM = shapely.Point(500_000, 5_500_000)  # of zone 32: 9 degrees east, about 49.6 north
ARC = "CIRCULARSTRING (0 0, 1 1, 2 0)"


def parquet(path: Path, *, geo: Mapping[str, Any] | None = None, **columns: Any) -> str:
    table = pa.table(columns)
    if geo is not None:
        table = table.replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    pq.write_table(table, path)
    return str(path)


def geo_key(primary: str = "geometry", **columns: Mapping[str, Any]) -> dict[str, Any]:
    """GeoParquet's metadata, by default of points without more."""
    plain = {"encoding": "WKB", "geometry_types": []}
    return {
        "version": "1.1.0",
        "primary_column": primary,
        "columns": {name: {**plain, **said} for name, said in (columns or {primary: {}}).items()},
    }


def wkb(*shapes: Any, **options: Any) -> pa.Array:
    return pa.array(shapely.to_wkb(np.array(shapes, object), **options), pa.binary(), from_pandas=True)


def projjson(code: int) -> Any:
    return gpd.GeoSeries([], crs=code).crs.to_json_dict()


def said(storage: Path) -> dict[str, Any]:
    """What the table's metadata say of its geometry columns, coordinate systems by their names."""
    geo = json.loads(pq.read_schema(storage / "table/0.parquet").metadata[b"geo"])
    return {name: {**one, "crs": one["crs"] and one["crs"]["name"]} for name, one in geo["columns"].items()}


@pytest.mark.parametrize("name", ["crs-default", "crs-srid", "crs-projjson", "crs-arbitrary-value", "crs-geography"])
@pytest.mark.filterwarnings("ignore:The geo metadata indicate:UserWarning")
def test_parquets_own_geometry_is_reprojected_wherever_its_coordinate_system_is_said(name: str, storage: Path) -> None:
    table = ingested(str(PARQUET_TESTING / f"{name}.parquet"), storage)
    assert table.total_bounds == pytest.approx([-111, 41, -104, 45], abs=1e-9)


def test_every_type_of_geometry_is_as_the_wkt_beside_it(storage: Path) -> None:
    table = ingested(str(PARQUET_TESTING / "geospatial.parquet"), storage)
    assert len(table) == 196
    for text, found in zip(table["wkt"], table.geometry, strict=True):
        assert found == (_without_m(shapely.from_wkt(text)) if isinstance(text, str) else None)


def _without_m(shape: Any) -> Any:
    return shapely.from_wkb(shapely.to_wkb(shape, output_dimension=2 + bool(shapely.has_z(shape))))


@pytest.mark.filterwarnings("ignore:The geo metadata indicate:UserWarning")
def test_all_row_groups_of_a_geography_come_with_its_edges(storage: Path) -> None:
    assert len(ingested(str(PARQUET_TESTING / "geography-lines.parquet"), storage)) == 499
    assert said(storage)["geometry"]["edges"] == "spherical"


def test_a_box_round_corners_is_not_said_of_edges_that_are_arcs(tmp_path: Path, storage: Path) -> None:
    geo = geo_key(geometry={"edges": "spherical"})
    step = geo_step(parquet(tmp_path / "a.parquet", geo=geo, geometry=wkb(shapely.box(0, 50, 100, 60))))
    partition_geospatial(step, storage, "job-1")
    assert "bbox" not in said(storage)["geometry"]
    assert problems(storage / "table") == ""


@pytest.mark.parametrize(
    ("claim", "value", "kept", "reprojected"),
    [
        ("edges", "spherical", True, False),
        ("edges", "vincenty", False, False),
        ("orientation", "counterclockwise", True, False),
        ("epoch", 2021.5, True, False),
        ("orientation", "counterclockwise", False, True),
        ("epoch", 2021.5, False, True),
        ("edges", "spherical", False, True),
    ],
)
def test_what_is_said_of_geometry_is_kept_where_it_is_still_true_and_its_loss_is_told(
    claim: str, value: Any, kept: bool, reprojected: bool, tmp_path: Path, storage: Path
) -> None:
    geo = geo_key(geometry={claim: value, **({"crs": projjson(32632)} if reprojected else {})})
    step = geo_step(parquet(tmp_path / "a.parquet", geo=geo, geometry=wkb(UTM if reprojected else POINT)))
    account = partition_geospatial(step, storage, "job-1")
    assert said(storage)["geometry"].get(claim) == (value if kept else None)
    told = [one["what"] for one in account["inputs"][0]["lossy"]]
    assert any(str(value) in one for one in told) == (not kept or claim == "edges")


def test_what_only_some_inputs_say_of_their_geometry_is_told_and_not_said_of_all(tmp_path: Path, storage: Path) -> None:
    sources = [
        parquet(tmp_path / "a.parquet", geo=geo_key(geometry={"epoch": 2020.0}), geometry=wkb(POINT)),
        parquet(tmp_path / "b.parquet", geo=geo_key(), geometry=wkb(POINT)),
    ]
    account = partition_geospatial(geo_step(sources), storage, "job-1")
    assert "epoch" not in said(storage)["geometry"]
    assert [len(one["lossy"]) for one in account["inputs"]] == [1, 0]


def test_a_second_geometry_column_keeps_its_own_coordinate_system(tmp_path: Path, storage: Path) -> None:
    frame = points(2)
    frame["site"] = gpd.GeoSeries([UTM, None], crs=32632)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage)
    assert (table["site"].crs.to_epsg(), table["site"].tolist()) == (32632, [UTM, None])
    assert said(storage)["site"] == {
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "crs": "WGS 84 / UTM zone 32N",
    }
    assert problems(storage / "table") == ""


@pytest.mark.parametrize(
    "site",
    [
        pytest.param((wkb(UTM), "geoarrow.wkb"), id="wkb"),
        pytest.param((pa.array([UTM.wkt]), "geoarrow.wkt"), id="wkt"),
        pytest.param((pa.array([{"x": UTM.x, "y": UTM.y}]), "geoarrow.point"), id="separated"),
        pytest.param((pa.array([[UTM.x, UTM.y]], pa.list_(pa.float64(), 2)), "geoarrow.point"), id="interleaved"),
    ],
)
def test_a_second_geometry_column_of_an_arrow_type_is_wkb_with_its_system(
    site: tuple[pa.Array, str], tmp_path: Path, storage: Path
) -> None:
    values, kind = site
    metadata = {"ARROW:extension:name": kind, "ARROW:extension:metadata": '{"crs": "EPSG:32632"}'}
    schema = pa.schema([pa.field("geometry", pa.binary()), pa.field("site", values.type, metadata=metadata)])
    table = pa.table([wkb(POINT), values], schema=schema)
    geo = {b"geo": json.dumps(geo_key()).encode()}
    pq.write_table(table.replace_schema_metadata(geo), tmp_path / "a.parquet")
    found = ingested(str(tmp_path / "a.parquet"), storage)
    assert (found["site"].crs.to_epsg(), found["site"].tolist()) == (32632, [UTM])


def test_a_second_geometry_column_in_two_coordinate_systems_is_refused(tmp_path: Path, storage: Path) -> None:
    sources = []
    for number, code in enumerate((32632, 32633)):
        frame = points(1)
        frame["site"] = gpd.GeoSeries([UTM], crs=code)
        sources.append(saved(frame, tmp_path / f"{number}.parquet"))
    with pytest.raises(StepFailed, match=r"column site is geometry in WGS 84 / UTM zone 32N in 0\.parquet, and"):
        ingested(sources, storage)
    ingested(sources, storage, remove_cols=["site"])
    assert list(said(storage)) == ["geometry"]


def test_a_table_without_geometry_says_that_coordinate_systems_are_lost(tmp_path: Path, storage: Path) -> None:
    step = PartitionNongeospatialStep(input=saved(points(1), tmp_path / "a.parquet"), output="fd://table")
    [lost] = partition_nongeospatial(step, storage, "job-1")["inputs"][0]["lossy"]
    assert lost["what"].startswith("the coordinate system of column geometry is not kept, which is bytes in the table")


@pytest.mark.parametrize(
    "kind",
    ["EWKT", "WKT", "hex", "WKB", "large", "dictionary"],
)
def test_the_one_column_that_holds_geometry_is_found_under_any_name(kind: str, tmp_path: Path, storage: Path) -> None:
    values = {
        "EWKT": pa.array([f"SRID=4326;{POINT.wkt}", None]),
        "WKT": pa.array([POINT.wkt, None]),
        "hex": pa.array([POINT.wkb_hex, None]),
        "WKB": wkb(POINT, None),
        "large": wkb(POINT, None).cast(pa.large_binary()),
        "dictionary": pa.array([POINT.wkt, None]).dictionary_encode(),
    }[kind]
    source = parquet(tmp_path / "a.parquet", name=["POINT", "x"], raw=[b"\x01\x02", None], where=values)
    table = ingested(source, storage)
    assert table.geometry.tolist() == [POINT, None]
    assert list(table.columns) == ["name", "raw", "geometry"]


def test_of_several_columns_of_geometry_one_is_to_be_named(tmp_path: Path, storage: Path) -> None:
    other = shapely.Point(1, 2)
    source = parquet(tmp_path / "a.parquet", a=[POINT.wkt], b=wkb(other))
    with pytest.raises(StepFailed, match=r"columns a, b hold geometry, and nothing .*; name it in read\.geometry"):
        ingested(source, storage)
    table = ingested(source, storage, metadata={"fused-spec": {"read": {"geometry": "b"}}})
    assert table.geometry.tolist() == [other]


@pytest.mark.parametrize("name", ["n", "pairs"])
def test_a_column_that_cannot_be_geometry_is_refused(name: str, tmp_path: Path, storage: Path) -> None:
    source = parquet(tmp_path / "a.parquet", n=[1], pairs=[[{"x": 1.0, "y": 2.0}]])
    with pytest.raises(StepFailed, match=rf"read\.geometry: column {name} is .*; geometry is read from text"):
        ingested(source, storage, metadata={"fused-spec": {"read": {"geometry": name}}})


@pytest.mark.parametrize(
    "text", ["CIRCULARSTRING (0 0, 1 1, 2 0)", "SRID=4326;COMPOUNDCURVE (CIRCULARSTRING (0 0, 1 1, 2 0))"]
)
def test_curves_that_are_written_as_text_become_straight_and_are_counted(
    text: str, tmp_path: Path, storage: Path
) -> None:
    step = geo_step(parquet(tmp_path / "a.parquet", shape=[text]))
    [told] = partition_geospatial(step, storage, "job-1")["inputs"]
    assert told["geometry"]["curved"] == 1
    [found] = gpd.read_parquet(storage / "table").geometry
    assert (found.geom_type, found.length) == ("LineString", pytest.approx(np.pi, rel=0.01))


def test_the_row_of_text_that_is_no_geometry_is_told(tmp_path: Path, storage: Path) -> None:
    source = parquet(tmp_path / "a.parquet", shape=[POINT.wkt] * 100 + ["POINT (7,51)"])
    with pytest.raises(StepFailed, match=r"a\.parquet: row 101: 'POINT \(7,51\)' in column shape is no geometry"):
        ingested(source, storage)


def test_the_row_of_bytes_that_are_no_geometry_is_told(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"geometry": [POINT.wkb] * 9 + [b"\x01\x01"]}), tmp_path / "a.parquet", row_group_size=4)
    with pytest.raises(StepFailed, match=r"a\.parquet: row 10: a geometry cannot be read"):
        ingested(str(tmp_path / "a.parquet"), storage)


@pytest.mark.parametrize(
    ("srids", "row", "named"), [([25832, 4326], 2, "EPSG:4326"), ([25832, 0], 2, "none"), ([0, 3857], 2, "EPSG:3857")]
)
@pytest.mark.parametrize("kind", ["EWKB", "EWKT"])
def test_geometries_in_several_coordinate_systems_are_refused(
    kind: str, srids: list[int], row: int, named: str, tmp_path: Path, storage: Path
) -> None:
    shapes = shapely.set_srid(np.array([UTM, UTM]), srids)
    if kind == "EWKB":
        values = pa.array(shapely.to_wkb(shapes, include_srid=True))
    else:
        values = pa.array([f"SRID={srid};{UTM.wkt}" if srid else UTM.wkt for srid in srids])
    with pytest.raises(StepFailed, match=rf"row {row}: its geometry names the coordinate system {named}, and"):
        ingested(parquet(tmp_path / "a.parquet", geometry=values), storage)


def test_a_geometry_may_name_the_coordinate_system_that_its_column_has(tmp_path: Path, storage: Path) -> None:
    shape = shapely.to_wkb(shapely.set_srid(POINT, 4326), include_srid=True)
    source = parquet(tmp_path / "a.parquet", geo=geo_key(), geometry=[shape, POINT.wkb])
    assert ingested(source, storage).geometry.tolist() == [POINT, POINT]


def test_what_says_another_coordinate_system_than_its_geometries_is_refused(tmp_path: Path, storage: Path) -> None:
    shape = shapely.to_wkb(shapely.set_srid(UTM, 32632), include_srid=True)
    source = parquet(tmp_path / "a.parquet", geo=geo_key(), geometry=[shape])
    with pytest.raises(StepFailed, match="row 1: its geometry names the coordinate system EPSG:32632, and the others"):
        ingested(source, storage)


def test_text_in_the_metadata_of_bigquery_is_geometry(tmp_path: Path, storage: Path) -> None:
    geo = geo_key("place", place={"encoding": "WKT", "edges": "planar"})
    assert ingested(parquet(tmp_path / "a.parquet", geo=geo, place=[POINT.wkt]), storage).geometry.tolist() == [POINT]


@pytest.mark.parametrize(
    ("geo", "why"),
    [
        ({"version": "1.0.0"}, "KeyError: 'primary_column'"),
        (geo_key("nope"), "KeyError"),
        (geo_key(geometry={"encoding": "TWKB"}), "the encoding TWKB of column geometry is unknown"),
        ([], "TypeError"),
    ],
)
def test_metadata_that_are_broken_are_refused(geo: Any, why: str, tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=f"its GeoParquet metadata is broken: .*{why}"):
        ingested(parquet(tmp_path / "a.parquet", geo=geo, geometry=wkb(POINT)), storage)
