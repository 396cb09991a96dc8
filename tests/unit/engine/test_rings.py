"""Measures taken from the bytes are those of the geometry."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.ingest.geometry.rings import measure_rings, rings_of
from fused_spec.engine.ingest.geometry.wkb import WKB, encode


def column(*geometries: Any) -> pa.ChunkedArray:
    return pa.chunked_array([encode(np.array(geometries, dtype=object))], type=WKB)


def _rings() -> st.SearchStrategy[Any]:
    angles = st.lists(st.floats(0.2, 1), min_size=3, max_size=12)
    return st.builds(_star, st.floats(-170, 170), st.floats(-80, 80), st.floats(1e-4, 5), angles, st.booleans())


def _star(x: float, y: float, size: float, radii: list[float], reverse: bool) -> Any:
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    corners = np.column_stack([x + size * np.array(radii) * np.cos(angle), y + size * np.array(radii) * np.sin(angle)])
    return shapely.polygons(corners[::-1] if reverse else corners)


@given(st.lists(_rings(), min_size=1, max_size=20))
def test_rings_measure_what_their_geometries_measure(polygons: list[Any]) -> None:
    rings = rings_of(column(*polygons))
    assert rings is not None
    found = measure_rings(rings)
    assert found is not None
    assert (
        np.column_stack([found.minx, found.miny, found.maxx, found.maxy]).tolist() == shapely.bounds(polygons).tolist()
    )
    assert found.area == pytest.approx(shapely.area(polygons), rel=1e-9)
    assert found.length == pytest.approx(shapely.length(polygons), rel=1e-9)
    assert found.coords.tolist() == shapely.get_num_coordinates(polygons).tolist()
    centroids = shapely.centroid(polygons)
    assert found.x == pytest.approx(shapely.get_x(centroids), abs=1e-7)
    assert found.y == pytest.approx(shapely.get_y(centroids), abs=1e-7)


def test_a_slice_of_a_column_has_its_own_rings() -> None:
    whole = column(shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7, 6), shapely.box(8, 8, 9, 9))
    rings = rings_of(whole.slice(1, 1))
    assert rings is not None
    assert (rings.x.min(), rings.x.max(), rings.starts.tolist()) == (5, 7, [0])


SQUARE = shapely.box(0, 0, 4, 4)


@pytest.mark.parametrize(
    "other",
    [
        None,
        shapely.Polygon(),
        shapely.Point(1, 1),
        shapely.MultiPolygon([SQUARE]),
        SQUARE.difference(shapely.box(1, 1, 2, 2)),
        shapely.force_3d(SQUARE),
    ],
)
def test_any_other_geometry_among_them_is_left_to_geos(other: Any) -> None:
    assert rings_of(column(SQUARE, other)) is None


@pytest.mark.parametrize("far", [1.0, np.inf])
def test_a_ring_without_area_is_left_to_geos(far: float) -> None:
    flat = shapely.Polygon([(0, 0), (1, 1), (far, far), (0, 0)])
    rings = rings_of(column(SQUARE, flat))
    assert rings is not None
    with np.errstate(invalid="ignore"):
        assert measure_rings(rings) is None
