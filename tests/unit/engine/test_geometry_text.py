"""Geometry that is written as text."""

import pyarrow as pa
import pytest
import shapely

from fused_spec.engine.ingest.geometry.text import is_geometry_text, wkb_of_text
from fused_spec.engine.ingest.geometry.wkb import NoGeometry

POINT = shapely.Point(1, 2)
MEASURED = shapely.from_wkt("POINT ZM (1 2 3 4)")
CURVE = "CIRCULARSTRING (0 0, 1 1, 2 0)"
CURVE_WKB = shapely.to_wkb(shapely.from_wkt(f"GEOMETRYCOLLECTION ({CURVE})"), hex=True)[18:]


def read(*values: str | None, first_row: int = 0) -> list[shapely.Geometry | None]:
    found = wkb_of_text(pa.array(values, pa.string()), "shape", first_row)
    return [None if one is None else shapely.from_wkb(one) for one in found.to_pylist()]


@pytest.mark.parametrize(
    "text",
    [
        "POINT (1 2)",
        " point(1 2)\n",
        "SRID=4326;POINT (1 2)",
        "srid = 4326 ; POINT (1 2)",
        shapely.to_wkb(POINT, hex=True),
        shapely.to_wkb(POINT, hex=True).lower(),
        shapely.to_wkb(POINT, hex=True, byte_order=0),
        "\\x" + shapely.to_wkb(POINT, hex=True),
        shapely.to_wkb(shapely.set_srid(POINT, 4326), hex=True, include_srid=True),
    ],
)
def test_a_geometry_is_read_however_it_is_written(text: str) -> None:
    assert is_geometry_text(text)
    assert read(text) == [POINT]


def test_every_value_of_a_column_is_read_in_its_own_form() -> None:
    found = read("POINT (1 2)", None, shapely.to_wkb(POINT, hex=True), "SRID=1;POINT (1 2)", " ")
    assert found == [POINT, None, POINT, POINT, None]


def test_a_geometry_keeps_the_number_of_its_coordinate_system() -> None:
    ewkb = shapely.to_wkb(shapely.set_srid(POINT, 25832), hex=True, include_srid=True)
    found = read("SRID=3857;POINT (1 2)", ewkb, "POINT (1 2)")
    assert [shapely.get_srid(one) for one in found] == [3857, 25832, 0]


@pytest.mark.parametrize("text", ["POINTZM(1 2 3 4)", "SRID=4326;POINT(1 2 3 4)", shapely.to_wkb(MEASURED, hex=True)])
def test_height_and_measures_are_kept(text: str) -> None:
    [found] = read(text)
    assert shapely.to_wkt(found, rounding_precision=1) == "POINT ZM (1 2 3 4)"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("POINT (1,2)", "Expected number but encountered ','"),
        ("POINT (1 2) and more", "Unexpected text after end of geometry"),
        ("LINESTRING (1 2)", "must contain 0 or >1 elements"),
        ("hello", "Unknown type: 'HELLO'"),
        ("SRID=4326;", "Expected word"),
        ("POINT (1e999 2)", "a number too large to be a coordinate"),
        ("0101000000", "smaller than requested"),
        ("01010000000", "Premature end of HEX string"),
        ("CIRCULARSTRING (0 0, 1 1", "it is a curve"),
        (f"{CURVE} and more", "it is a curve"),
        (CURVE_WKB[:-2], "it is a curve|smaller than requested"),
    ],
)
def test_what_is_no_geometry_is_named_with_its_row(text: str, why: str) -> None:
    with pytest.raises(NoGeometry, match=rf"row 1,003: '.*' in column shape is no geometry: .*({why})"):
        read("POINT (1 2)", "POINT (1 2)", text, first_row=1000)


@pytest.mark.parametrize("text", [CURVE, f"GEOMETRYCOLLECTION ({CURVE})", CURVE_WKB, CURVE_WKB.lower()])
def test_curves_come_as_they_are(text: str) -> None:
    [_, found] = wkb_of_text(pa.array(["POINT (1 2)", text]), "shape", 0).to_pylist()
    assert CURVE_WKB.lower() in found.hex()


def test_a_curve_keeps_the_number_of_its_coordinate_system() -> None:
    [found] = wkb_of_text(pa.array([f"SRID=25832;{CURVE}"]), "shape", 0).to_pylist()
    assert found.hex().startswith("0108000020" + (25832).to_bytes(4, "little").hex())


def test_of_a_long_value_only_the_beginning_is_told() -> None:
    with pytest.raises(NoGeometry, match=r"'LINESTRING \([^']{28}…'"):
        read("LINESTRING (" + "1 2, " * 1000)


def test_infinity_is_a_coordinate_where_it_is_written() -> None:
    assert shapely.get_x(read("POINT (inf 1)")) == [float("inf")]


@pytest.mark.parametrize("text", ["", "7", "01", "0101", "Pointe-Noire", "MULTI", "deadbeef", "0" * 42, "01" * 21])
def test_other_text_is_not_taken_for_geometry(text: str) -> None:
    assert not is_geometry_text(text)
