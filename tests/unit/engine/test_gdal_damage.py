"""Files that are damaged or not whole, of formats that GDAL reads: never some of their rows, but a failure."""

import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, points, saved
from tests.unit.engine.gdal_files import DATA, cut

MANY = 3000  # more than a reader holds of a file before its first row
OSM = '<node id="{0}" lat="1.{0}" lon="1.{0}" version="1"><tag k="name" v="n{0}"/></node>\n'


def many() -> gpd.GeoDataFrame:
    located = [shapely.Point(number % 180, number % 90) for number in range(MANY)]
    return gpd.GeoDataFrame({"row": range(MANY), "word": "abc"}, geometry=located, crs=4326)


def osm(path: Path, middle: str = "") -> str:
    nodes = [OSM.format(number) for number in range(1, 200)]
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{"".join(nodes)}{middle}{"".join(nodes)}</osm>')
    return str(path)


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.gml", "GML"),
        ("a.mif", "MapInfo File"),
        ("a.fgb", "FlatGeobuf"),
        ("a.gpkg", "GPKG"),
        ("a.geojson", "GeoJSON"),
        ("a.geojsonl", "GeoJSONSeq"),
        ("a.kml", "LIBKML"),
        ("a.sqlite", "SQLite"),
        ("a.jml", "JML"),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.71])
def test_a_file_that_is_cut_off_fails_with_its_name(
    name: str, driver: str, share: float, tmp_path: Path, storage: Path
) -> None:
    source = cut(saved(many(), tmp_path / name, driver=driver), share)
    with pytest.raises(StepFailed, match=rf"^{name} (cannot be read|says that it has 3,000 rows)"):
        ingested(source, storage)


@pytest.mark.parametrize("part", [".map", ".dat", ".id"])
def test_a_part_of_a_mapinfo_table_that_is_cut_off_fails(part: str, tmp_path: Path, storage: Path) -> None:
    source = saved(many(), tmp_path / "a.tab", driver="MapInfo File")
    cut(tmp_path / f"a{part}")
    with pytest.raises(StepFailed, match=r"^a\.tab (cannot be read|says that it has)"):
        ingested(source, storage)


def test_a_part_of_a_file_geodatabase_that_is_cut_off_fails(tmp_path: Path, storage: Path) -> None:
    source = saved(many().assign(row=1.5), tmp_path / "a.gdb", driver="OpenFileGDB")
    cut(max((tmp_path / "a.gdb").glob("*.gdbtable"), key=lambda one: one.stat().st_size))
    with pytest.raises(
        StepFailed, match=r"^a\.gdb cannot be read: the reader stopped at line .* \(after [0-9,]+ of its"
    ):
        ingested(source, storage)


@pytest.mark.parametrize("middle", ["<node id=5 />", '<node id="5"', "</osm>"])
def test_openstreetmap_that_is_not_well_formed_fails_with_the_line(middle: str, tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"^a\.osm cannot be read: XML parsing of OSM file failed : .* at line 200"):
        ingested(osm(tmp_path / "a.osm", middle), storage)


def test_openstreetmap_that_is_whole_is_read(tmp_path: Path, storage: Path) -> None:
    assert len(ingested(osm(tmp_path / "a.osm"), storage)) == 398


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_packed_openstreetmap_that_is_cut_off_fails(share: float, tmp_path: Path, storage: Path) -> None:
    source = cut(shutil.copy(DATA / "sample.osm.pbf", tmp_path / "a.osm.pbf"), share)
    with pytest.raises(StepFailed, match=r"^a\.osm\.pbf cannot be read: An error occurred during the parsing"):
        ingested(source, storage)


def test_an_error_that_an_option_mends_names_it(storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"gdal_config\.open_options: \{USE_CUSTOM_INDEXING: 'NO'\}$"):
        ingested(str(DATA / "sample.osm.pbf"), storage, gdal_config={"layer": "lines"})


def test_a_file_without_a_layer_is_named(tmp_path: Path, storage: Path) -> None:
    source = Path(saved(points(10), tmp_path / "a.fgb"))
    source.write_bytes(source.read_bytes()[:300])
    with pytest.raises(StepFailed, match=r"^a\.fgb cannot be read"):
        ingested(str(source), storage)


def test_a_broken_template_of_gml_is_named_and_not_given_to_gdal(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.gml", driver="GML", XSISCHEMA="OFF")
    (tmp_path / "a.gfs").write_text("<GMLFeatureClassList><GMLFeatureClass></GMLFeatureClassList>")
    with pytest.raises(StepFailed, match=r"^a\.gml cannot be read: a\.gfs beside it is broken .*; remove it"):
        ingested(source, storage)


def test_nothing_is_left_beside_an_input(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "in/a.gml", driver="GML", XSISCHEMA="OFF")
    before = sorted((tmp_path / "in").iterdir())
    ingested(source, storage)
    assert sorted((tmp_path / "in").iterdir()) == before


def test_rows_without_geometry_in_flatgeobuf_are_read(tmp_path: Path, storage: Path) -> None:
    frame = points(6)
    frame.loc[[1, 4], "geometry"] = None
    table = ingested(saved(frame, tmp_path / "a.fgb", SPATIAL_INDEX="NO"), storage).sort_values("row")
    assert table.geometry.tolist() == frame.geometry.tolist()
    assert table["word"].tolist() == frame["word"].tolist()
