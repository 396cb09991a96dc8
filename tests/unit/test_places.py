"""Where elements of an input lie."""

from typing import Any

import mercantile
import pytest

from fused_spec.jobs.places import place_of


@pytest.mark.parametrize(
    ("element", "place"),
    [
        ({"bounds": [1, 2, 3, 4]}, (1.0, 2.0, 3.0, 4.0)),
        ({"bbox": [1.5, 2, 3, 4], "name": "a"}, (1.5, 2.0, 3.0, 4.0)),
        ({"minx": 1, "miny": 2, "maxx": 3, "maxy": 4}, (1.0, 2.0, 3.0, 4.0)),
        ({"west": 170, "south": -10, "east": -170, "north": 10}, (170.0, -10.0, -170.0, 10.0)),
        ({"lat": 48.1, "lon": 11.5}, (11.5, 48.1, 11.5, 48.1)),
        ({"tile": {"x": 0, "y": 0, "z": 0}}, tuple(mercantile.bounds(0, 0, 0))),
        ({"bounds": [500_000, 0, 600_000, 10]}, None),
        ({"bounds": [1, 4, 3, 2]}, None),
        ({"bounds": ["1", 2, 3, 4]}, None),
        ({"bounds": [1, 2, 3, float("nan")]}, None),
        ({"bounds": [1, 2, 3, 10**400]}, None),
        ({"x": 1, "y": 0, "z": 0}, None),
        ({"x": True, "y": 0, "z": 1}, None),
        ({"x": 1.5, "y": 2.5, "z": 3.5}, None),
        ({"from": {"lat": 1, "lon": 2}, "to": {"lat": 3, "lon": 4}}, None),
        ([1, 2, 3, 4], None),
        (7, None),
        (None, None),
        ({}, None),
    ],
)
def test_a_place_is_known_where_it_is_said_in_degrees_or_as_a_tile(element: Any, place: Any) -> None:
    assert place_of(element) == (None if place is None else pytest.approx(place, abs=1e-9))


def test_a_deep_tile_is_where_it_is() -> None:
    assert place_of({"x": 17_437, "y": 11_371, "z": 15}) == pytest.approx(tuple(mercantile.bounds(17_437, 11_371, 15)))
