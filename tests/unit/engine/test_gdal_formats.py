"""One small file of each format that people have, written as other programs write it."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, plain_ingested, points, saved
from tests.unit.engine.gdal_files import DATA, facts, lossy

KML = """<?xml version="1.0" encoding="{0}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>
<Placemark><name>Köln</name><ExtendedData><Data name="n"><value>7</value></Data></ExtendedData>
<Point><coordinates>6.95,50.94,10</coordinates></Point></Placemark></Document></kml>"""
GPX = """<?xml version="1.0" encoding="{0}"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><wpt lat="50.94" lon="6.95"><ele>10</ele>
<name>Köln</name></wpt></gpx>"""
GML2 = """<?xml version="1.0" encoding="{0}"?><c xmlns:gml="http://www.opengis.net/gml"><gml:featureMember>
<town fid="t.1"><name>Köln</name><geom>
<gml:Point srsName="EPSG:4326"><gml:coordinates>6.95,50.94</gml:coordinates></gml:Point></geom>
</town></gml:featureMember></c>"""
GML3 = """<?xml version="1.0" encoding="{0}"?><c xmlns:gml="http://www.opengis.net/gml/3.2"><gml:featureMember>
<town gml:id="t.1"><name>Köln</name><geom><gml:Point srsName="urn:ogc:def:crs:EPSG::4326" gml:id="p.1">
<gml:pos>50.94 6.95</gml:pos></gml:Point></geom></town></gml:featureMember></c>"""
MIF = """Version 300
Charset "{0}"
Delimiter ","
CoordSys Earth Projection 1, 104
Columns 2
  name Char(20)
  n Integer
Data

Point 6.95 50.94
"""
TOPOJSON = """{"type": "Topology", "arcs": [[[0, 0], [1, 1]]], "objects": {"roads": {"type": "GeometryCollection",
"geometries": [{"type": "LineString", "arcs": [0], "properties": {"name": "Köln"}}]}}}"""
DXF = "0\nSECTION\n2\nENTITIES\n0\nPOINT\n8\nKoeln\n10\n6.95\n20\n50.94\n0\nENDSEC\n0\nEOF\n"
WRITTEN = {"a.kml": KML, "a.gpx": GPX, "a.gml": GML2, "b.gml": GML3}
COLOGNE = pytest.approx([6.95, 50.94, 6.95, 50.94])


def written(path: Path, text: str, encoding: str, said: str | None = None) -> str:
    path.write_bytes(text.replace("{0}", said or encoding).encode(encoding))
    return str(path)


def named(table: Any) -> list[Any]:
    """The values of the column of names, whatever the format calls it."""
    return list(table["Name" if "Name" in table.columns else "name"])


@pytest.mark.parametrize(
    ("name", "encoding"),
    [(name, encoding) for name in WRITTEN for encoding in ("UTF-8", "ISO-8859-1")]
    + [(name, "windows-1252") for name in WRITTEN if name != "a.kml"],
)
def test_markup_is_read_in_the_encoding_that_it_declares(
    name: str, encoding: str, tmp_path: Path, storage: Path
) -> None:
    table = ingested(written(tmp_path / name, WRITTEN[name], encoding), storage)
    assert (named(table), table.total_bounds.tolist()) == (["Köln"], COLOGNE)


def test_an_encoding_that_is_not_known_is_refused(tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"^a\.kml cannot be read: .*unknown encoding on line 1"):
        ingested(written(tmp_path / "a.kml", KML, "windows-1252"), storage)


@pytest.mark.parametrize("name", WRITTEN)
def test_markup_in_another_encoding_than_it_declares_is_refused(name: str, tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=rf"^{name} cannot be read: .*(invalid token|not well-formed)"):
        ingested(written(tmp_path / name, WRITTEN[name], "cp1252", "UTF-8"), storage)


@pytest.mark.parametrize(
    ("name", "where"),
    [("a.kml", "KML's own"), ("a.gpx", "GPX's own"), ("a.gml", "srsName in it"), ("b.gml", "srsName in it")],
)
def test_where_the_coordinate_system_stands_is_told(name: str, where: str, tmp_path: Path, storage: Path) -> None:
    found = facts(written(tmp_path / name, WRITTEN[name], "UTF-8"), storage)
    assert found["crs"] == {"in": "EPSG:4326", "out": "EPSG:4326", "from": where}


def test_heights_of_kml_are_kept(tmp_path: Path, storage: Path) -> None:
    [place] = ingested(written(tmp_path / "a.kml", KML, "UTF-8"), storage).geometry
    assert place == shapely.Point(6.95, 50.94, 10)


def test_zipped_kml_is_read(tmp_path: Path, storage: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML.replace("{0}", "UTF-8"))
    assert named(ingested(str(tmp_path / "a.kmz"), storage)) == ["Köln"]


def test_integers_of_gpx_that_gdal_changes_are_told(tmp_path: Path, storage: Path) -> None:
    text = GPX.replace("</name>", "</name><extensions><n>3000000007</n></extensions>")
    sentences = lossy(facts(written(tmp_path / "a.gpx", text, "UTF-8"), storage))
    assert any("Value '3000000007' of field waypoints.n parsed incompletely" in one for one in sentences)


@pytest.mark.parametrize(("charset", "encoding"), [("WindowsLatin1", "cp1252"), ("UTF-8", "utf-8")])
def test_text_of_mapinfo_is_read_in_its_charset(charset: str, encoding: str, tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.mif", MIF, "ascii", charset)
    (tmp_path / "a.mid").write_bytes('"Köln",7\n'.encode(encoding))
    table = ingested(source, storage)
    assert (named(table), table["n"].tolist(), table.total_bounds.tolist()) == (["Köln"], [7], COLOGNE)


def test_text_of_mapinfo_whose_charset_is_neutral_is_refused(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.mif", MIF, "ascii", "Neutral")
    (tmp_path / "a.mid").write_bytes('"Köln",7\n'.encode("cp1252"))
    with pytest.raises(StepFailed, match=r"^a\.mif cannot be read: column name is no UTF-8 text in row 1"):
        ingested(source, storage)


def test_rows_of_mapinfo_that_one_of_its_files_lacks_are_missed(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.mif", MIF, "ascii", "Neutral")
    (tmp_path / "a.mid").write_text('"a",7\n"b",8\n')
    with pytest.raises(StepFailed, match=r"^a\.mif says that it has 2 rows, and 1 can be read"):
        ingested(source, storage)


def test_a_row_of_mapinfo_without_a_value_is_a_row(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.mif", MIF.replace("Columns 2\n  name Char(20)", "Columns 1"), "ascii", "Neutral")
    (tmp_path / "a.mid").write_text("\n")
    assert len(ingested(source, storage)) == 1


def test_tables_of_mapinfo_are_read(tmp_path: Path, storage: Path) -> None:
    found = facts(saved(points(3), tmp_path / "a.tab", driver="MapInfo File"), storage)
    assert (found["rows_declared"], found["crs"]["from"]) == (3, "CoordSys in it")


def test_topojson_is_read(tmp_path: Path, storage: Path) -> None:
    table = ingested(written(tmp_path / "a.topojson", TOPOJSON, "utf-8"), storage)
    assert (named(table), table.geometry.tolist()) == (["Köln"], [shapely.LineString([(0, 0), (1, 1)])])


def test_drawings_are_read(tmp_path: Path, storage: Path) -> None:
    table = ingested(written(tmp_path / "a.dxf", DXF, "ascii"), storage)
    assert table["Layer"].tolist() == ["Koeln"]


def test_packed_openstreetmap_is_read_by_layer(storage: Path) -> None:
    found = facts(str(DATA / "sample.osm.pbf"), storage)
    assert (found["rows_read"], found["crs"]["from"]) == (8, "OpenStreetMap's own")
    assert lossy(found)[0].startswith("of its layers points, lines, multilinestrings, multipolygons")


@pytest.mark.parametrize("suffix", [".gdb", ".gdb.zip"])
def test_file_geodatabases_are_read(suffix: str, tmp_path: Path, storage: Path) -> None:
    saved(points(3).assign(row=1.5), tmp_path / "a.gdb", driver="OpenFileGDB")
    if suffix == ".gdb.zip":
        with zipfile.ZipFile(tmp_path / "a.gdb.zip", "w") as archive:
            for one in (tmp_path / "a.gdb").iterdir():
                archive.write(one, f"a.gdb/{one.name}")
    found = facts(str(tmp_path / f"a{suffix}"), storage)
    assert (found["rows_declared"], found["rows_read"], lossy(found)) == (3, 3, [])


def test_several_geometry_columns_are_told(tmp_path: Path, storage: Path) -> None:
    more = "<site><gml:Point srsName='EPSG:4326'><gml:coordinates>1,2</gml:coordinates></gml:Point></site></town>"
    [sentence] = lossy(facts(written(tmp_path / "a.gml", GML2.replace("</town>", more), "UTF-8"), storage))
    assert sentence.startswith("its features have geometries in geom, site, of which one is read")


def test_an_option_that_a_format_has_not_is_told(tmp_path: Path, storage: Path) -> None:
    source = saved(points(1), tmp_path / "a.geojson")
    [sentence] = lossy(facts(source, storage, gdal_config={"open_options": {"COLOUR": "RED"}}))
    assert sentence == "GDAL warns: driver GeoJSON does not support open option COLOUR"


def test_an_encoding_for_a_format_without_one_is_refused(tmp_path: Path, storage: Path) -> None:
    read = {"fused-spec": {"read": {"encoding": "cp1252"}}}
    with pytest.raises(StepFailed, match=r"^a\.geojson: read\.encoding is not for GDAL's GeoJSON.*iconv -f cp1252"):
        ingested(saved(points(1), tmp_path / "a.geojson"), storage, metadata=read)


def test_names_of_columns_that_are_no_text_are_refused(tmp_path: Path, storage: Path) -> None:
    source = written(tmp_path / "a.mif", MIF.replace("  n ", "  Größe "), "cp1252", "Neutral")
    (tmp_path / "a.mid").write_text('"a",7\n')
    with pytest.raises(StepFailed, match=r"^a\.mif cannot be read: the name of its column Gr.*Charset in a \.mif"):
        ingested(source, storage)


def test_a_file_without_rows_is_named(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.gmt").write_text("# @VGMT1.0 @GPOINT\n")
    with pytest.raises(StepFailed, match=r"no rows in a\.gmt"):
        ingested(str(tmp_path / "a.gmt"), storage)


def test_a_table_alone_is_read_without_its_geometry(tmp_path: Path, storage: Path) -> None:
    table = plain_ingested(saved(points(3), tmp_path / "a.fgb"), storage)
    assert sorted(table.columns) == ["row", "word"]
