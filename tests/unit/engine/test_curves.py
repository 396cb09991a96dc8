"""Curves and surfaces of many faces, which GeoParquet has not."""

import ctypes
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from fused_spec.engine.ingest.common.gdal_library import library
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.curves import ARCS, SURFACES, straightened
from fused_spec.engine.ingest.geometry.wkb import NoGeometry
from tests.unit.engine.building import ingested
from tests.unit.engine.gdal_files import DATA, facts

ARC = "CIRCULARSTRING (0 0,1 1,2 0)"


def wkb(text: str) -> bytes:
    """What GDAL writes for a WKT; shapely knows some of these types, and can do nothing with them."""
    gdal = library()
    assert gdal is not None
    make = gdal.OGR_G_CreateFromWkt
    make.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)]
    geometry = ctypes.c_void_p()
    assert make(ctypes.byref(ctypes.c_char_p(text.encode())), None, ctypes.byref(geometry)) == 0
    buffer = ctypes.create_string_buffer(gdal.OGR_G_WkbSize(geometry))
    gdal.OGR_G_ExportToIsoWkb(geometry, 1, buffer)
    gdal.OGR_G_DestroyGeometry(geometry)
    return buffer.raw


def changed(*texts: str | None) -> tuple[list[shapely.Geometry | None], Tally]:
    tally = Tally()
    column = pa.chunked_array([pa.array([None if text is None else wkb(text) for text in texts], pa.binary())])
    return list(shapely.from_wkb(straightened(column, tally).to_pylist())), tally


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ARC, "LineString"),
        ("COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,2 0),(2 0,3 0))", "LineString"),
        ("CURVEPOLYGON (CIRCULARSTRING (0 0,1 1,2 0,1 -1,0 0))", "Polygon"),
        ("MULTICURVE (CIRCULARSTRING (0 0,1 1,2 0),(2 0,3 0))", "MultiLineString"),
        ("MULTISURFACE (CURVEPOLYGON (CIRCULARSTRING (0 0,1 1,2 0,1 -1,0 0)))", "MultiPolygon"),
        ("GEOMETRYCOLLECTION (POINT (5 5),CIRCULARSTRING (0 0,1 1,2 0))", "GeometryCollection"),
        ("CIRCULARSTRING Z (0 0 7,1 1 7,2 0 7)", "LineString"),
    ],
)
def test_arcs_become_straight_lines_and_are_counted(text: str, kind: str) -> None:
    [point, missing, found], tally = changed("POINT (1 2)", None, text)
    assert (point, missing) == (shapely.Point(1, 2), None)
    assert found is not None
    assert (found.geom_type, found.has_z) == (kind, " Z " in text)
    assert (tally.seen[Seen.CURVED], tally.lossy) == (1, {ARCS: 1})


def test_a_straightened_arc_stays_close_to_it() -> None:
    [found], _ = changed(ARC)
    assert np.hypot(*(shapely.get_coordinates(found) - [1, 0]).T) == pytest.approx(1)
    assert shapely.length(found) == pytest.approx(np.pi, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "straight"),
    [("COMPOUNDCURVE ((0 0,1 1))", "LINESTRING (0 0,1 1)"), ("MULTISURFACE (((0 0,0 1,1 1,0 0)))", None)],
)
def test_curves_without_an_arc_lose_nothing(text: str, straight: str | None) -> None:
    [found], tally = changed(text)
    assert found == shapely.from_wkt(straight or text.replace("SURFACE", "POLYGON"))
    assert (tally.seen[Seen.CURVED], tally.lossy) == (0, {})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("TIN Z (((0 0 1,0 1 2,1 1 3,0 0 1)))", "MULTIPOLYGON Z (((0 0 1,0 1 2,1 1 3,0 0 1)))"),
        ("POLYHEDRALSURFACE (((0 0,0 1,1 1,0 0)))", "MULTIPOLYGON (((0 0,0 1,1 1,0 0)))"),
        ("TRIANGLE ((0 0,0 1,1 1,0 0))", "POLYGON ((0 0,0 1,1 1,0 0))"),
    ],
)
def test_surfaces_of_faces_become_polygons_and_are_told(text: str, same: str) -> None:
    [found], tally = changed(text)
    assert (found, tally.lossy) == (shapely.from_wkt(same), {SURFACES: 1})


def test_what_has_no_curve_is_not_touched() -> None:
    column = pa.chunked_array([pa.array([wkb("GEOMETRYCOLLECTION (POINT (1 2))"), wkb("POINT Z (1 2 3)")])])
    assert straightened(column, Tally()) is column


def test_a_curve_whose_bytes_are_broken_is_refused() -> None:
    column = pa.chunked_array([pa.array([wkb(ARC)[:20]])])
    with pytest.raises(NoGeometry, match="its WKB is broken"):
        straightened(column, Tally())


def test_without_gdals_functions_the_command_that_helps_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    column = pa.chunked_array([pa.array([wkb(ARC)])])
    monkeypatch.setattr("fused_spec.engine.ingest.geometry.curves.library", lambda: None)
    with pytest.raises(NoGeometry, match=r"is a CIRCULARSTRING.*ogr2ogr -nlt CONVERT_TO_LINEAR"):
        straightened(column, Tally())


@pytest.mark.parametrize(
    ("name", "driver"), [("a.gpkg", "GPKG"), ("a.gml", "GML"), ("a.sqlite", "SQLite"), ("a.fgb", "FlatGeobuf")]
)
def test_a_layer_with_a_few_curves_is_read(name: str, driver: str, tmp_path: Path, storage: Path) -> None:
    table = pa.table({"n": [1, 2], "shape": pa.array([wkb("POINT (1 2)"), wkb(ARC)])})
    options = {"geometry_name": "shape", "geometry_type": "Unknown", "crs": "EPSG:4326"}
    pyogrio.write_arrow(table, tmp_path / name, driver=driver, **options)
    found = facts(str(tmp_path / name), storage)
    assert (found["geometry"]["curved"], found["lossy"]) == (1, [{"what": ARCS, "rows": 1}])


def test_a_published_layer_of_curves_is_read(storage: Path) -> None:
    assert ingested(str(DATA / "curve.gpkg"), storage).geom_type.tolist() == ["LineString"]


def test_measures_of_a_published_layer_are_told(storage: Path) -> None:
    assert facts(str(DATA / "line_zm.gpkg"), storage)["geometry"]["measured"] == 1
