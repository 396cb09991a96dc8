"""Where things lie on a map: over the antimeridian, over poles, in any system, and in any number."""

import io
import json
import tracemalloc
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fused_spec.maps.drawing import draw
from fused_spec.maps.model import Box, Boxes, Features, Form, Layer, Limits, MapData, Raster, Rasters
from fused_spec.maps.projecting.projections import Around, Plane, Rectangle
from fused_spec.maps.scenes.arranging import arranged
from fused_spec.maps.scenes.building import scene
from tests.depth import examples
from tests.unit.maps.examples import ALL

Shape = Any


def of(*layers: Layer) -> MapData:
    return MapData("map", layers)


def shapes_of(data: MapData) -> list[Shape]:
    read = json.loads(draw(data, Form.GEOJSON))
    return [shapely.from_geojson(json.dumps(one["geometry"])) for one in read["features"]]


def projection_of(data: MapData) -> object:
    return arranged(data, Limits()).frame.projection


def test_what_crosses_the_antimeridian_is_one_piece_in_the_picture_and_two_in_geojson() -> None:
    data = of(Boxes([Box((170, -10, -170, 10), "over it")]))
    [shown] = scene(arranged(data, Limits())).shapes
    assert shown.path.count("M") == 1
    [written] = shapes_of(data)
    assert written.geom_type == "MultiPolygon"
    assert written.area == pytest.approx(20 * 20, rel=0.01)
    assert sorted(part.bounds[0] for part in written.geoms) == [-180, 170]


def test_a_line_over_the_antimeridian_takes_the_short_way() -> None:
    data = of(Features([shapely.LineString([(179, 0), (-179, 1)])], "EPSG:4326"))
    [written] = shapes_of(data)
    assert written.length == pytest.approx(np.hypot(2, 1), rel=0.01)


def test_a_ring_around_a_pole_has_the_pole_in_it() -> None:
    ring = shapely.Polygon([((x + 180) % 360 - 180, 70) for x in range(-180, 180, 10)])
    data = of(Features([ring], "EPSG:4326"))
    assert projection_of(data) == Around(0.0, 90.0)
    [written] = shapes_of(data)
    assert written.buffer(1e-6).contains(shapely.Point(33, 89.9))
    assert not written.contains(shapely.Point(33, 60))


def test_the_whole_earth_is_a_rectangle() -> None:
    assert isinstance(projection_of(ALL["world"]()), Rectangle)


def test_what_has_no_system_stays_in_its_plane() -> None:
    assert isinstance(projection_of(ALL["plane"]()), Plane)


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32632", "EPSG:3035", "EPSG:2056"])
def test_a_place_is_the_same_in_every_system(crs: str) -> None:
    import pyproj

    here = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform(8.0, 47.0)
    [written] = shapes_of(of(Features([shapely.Point(*here)], crs)))
    assert (written.x, written.y) == pytest.approx((8, 47), abs=1e-3)


def test_an_axis_order_of_north_first_makes_no_difference() -> None:
    [written] = shapes_of(of(Features([shapely.Point(8, 47)], "EPSG:4326")))
    assert (written.x, written.y) == pytest.approx((8, 47), abs=1e-3)


@pytest.mark.thorough
def test_ten_million_points_are_drawn_within_bounds() -> None:
    turn = np.linspace(0, 2 * np.pi, 10_000_001)
    size = 5 + 0.5 * np.sin(turn * 5_000)
    ring = shapely.Polygon(np.column_stack([size * np.cos(turn) + 10, size * np.sin(turn) + 45]))
    data = of(Features([ring], "EPSG:4326", title="coast"))
    tracemalloc.start()
    made = {form: draw(data, form) for form in (Form.HTML, Form.GEOJSON)}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(len(one) <= Limits().size for one in made.values())
    assert b"coast: 1 with very many points" in made[Form.HTML]
    assert peak < 1_500_000_000


def test_a_picture_is_laid_where_its_values_are() -> None:
    values = np.zeros((10, 10))
    values[0] = 1  # the northernmost row
    drawn = scene(arranged(of(Rasters([Raster(values, (0, 0, 10, 10))], "EPSG:4326")), Limits()))
    [image] = drawn.images
    cells = np.array(Image.open(io.BytesIO(image.png)).convert("RGBA").convert("L"), dtype=float)
    assert np.isclose(image.width, image.height, rtol=0.05)
    assert cells[2].mean() > cells[len(cells) // 2].mean() + 50


def test_a_raster_over_the_antimeridian_is_one_picture() -> None:
    drawn = scene(arranged(of(Rasters([Raster(np.ones((20, 40)), (170, -10, -170, 10))], "EPSG:4326")), Limits()))
    [image] = drawn.images
    assert np.isclose(image.width, image.height, rtol=0.05)


degrees = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
anything = st.floats(width=64)
points = st.lists(degrees, min_size=4, max_size=12)


@np.errstate(all="ignore")
def line_of_anything(xy: list[tuple[float, float]]) -> Shape:
    return shapely.LineString(xy)


shapes = st.one_of(
    degrees.map(shapely.Point),
    points.map(shapely.LineString),
    points.map(shapely.Polygon),
    points.map(shapely.MultiPoint),
    st.lists(st.tuples(anything, anything), min_size=4, max_size=6).map(line_of_anything),
    st.none(),
    st.binary(max_size=30),
    st.just(shapely.GeometryCollection()),
)


@examples(200)
@given(st.lists(shapes, max_size=6), st.sampled_from(["EPSG:4326", "EPSG:3857", "EPSG:3413", None, "junk"]))
def test_no_geometry_in_any_system_makes_a_map_fail(geometries: list[Shape], crs: str | None) -> None:
    data = of(Features(geometries, crs))
    for form in (Form.HTML, Form.GEOJSON):
        made = draw(data, form)
        assert b"NaN" not in made.partition(b"<script>")[0]
    json.loads(draw(data, Form.GEOJSON))


@examples(100)
@given(st.lists(st.tuples(anything, anything, anything, anything), max_size=5))
def test_no_bounds_make_a_map_fail(many: list[tuple[float, float, float, float]]) -> None:
    boxes = [Box(bounds, "box") for bounds in many]
    for crs in ("OGC:CRS84", "EPSG:3857", None):
        assert draw(of(Boxes(boxes, crs)), Form.HTML)


@examples(100)
@given(st.floats(-180, 180), st.floats(-89, 85), st.floats(0.01, 60), st.floats(0.01, 20))
def test_a_box_is_written_where_it_was_given(west: float, south: float, width: float, height: float) -> None:
    east, north = (west + width + 180) % 360 - 180, min(south + height, 90.0)
    [written] = shapes_of(of(Boxes([Box((west, south, east, north), "box")])))
    assert written.area == pytest.approx(((east - west) % 360) * (north - south), rel=0.05, abs=0.01)
