"""A map tile as an argument of a UDF."""

import inspect
from typing import Any

import mercantile
import pytest
from shapely.geometry import box

from fused_spec.engine.calling.arguments import bind
from fused_spec.engine.udfs.runner import load_udf
from fused_spec.wire import Udf

TILE = (1, 2, 2)
WEST, SOUTH, EAST, NORTH = mercantile.bounds(*TILE)


def bound(signature: str, **stored: Any) -> dict[str, Any]:
    code = f"@fused.udf\ndef udf({signature}):\n    return None\n"
    return bind(load_udf(Udf(entrypoint="udf", code=code, parameters=stored)), tile=TILE)


def test_bounds_are_four_numbers() -> None:
    assert bound("bounds, n=1") == {"bounds": [WEST, SOUTH, EAST, NORTH]}


def test_an_annotation_says_more_than_a_name() -> None:
    given = bound("area: fused.types.Bbox, bounds=None")
    assert given == {"area": box(WEST, SOUTH, EAST, NORTH)}


@pytest.mark.parametrize("kind", ["Tile", "TileGDF", "ViewportGDF"])
def test_a_tile_is_a_frame_with_its_numbers_and_its_box(kind: str) -> None:
    frame = bound(f"area: fused.types.{kind}")["area"]
    assert frame[["x", "y", "z"]].iloc[0].tolist() == list(TILE)
    assert tuple(frame.total_bounds) == (WEST, SOUTH, EAST, NORTH)
    assert frame.crs == "EPSG:4326"


def test_the_numbers_alone_are_a_tile_of_mercantile() -> None:
    assert bound("tile: fused.types.TileXYZ") == {"tile": mercantile.Tile(*TILE)}


def test_x_y_and_z_are_given_as_numbers() -> None:
    assert bound("z, x, y") == {"x": 1, "y": 2, "z": 2}


def test_the_first_parameter_takes_the_tile_when_none_is_meant_for_it() -> None:
    assert list(bound("where, n=1")) == ["where"]


def test_a_udf_without_parameters_gets_nothing() -> None:
    assert bound("") == {}


def test_what_is_stored_stays() -> None:
    assert bound("bounds, n=1", n=5)["n"] == 5


def test_a_frame_is_what_an_element_with_x_y_and_z_becomes() -> None:
    code = "@fused.udf\ndef udf(tile: fused.types.Tile):\n    return None\n"
    udf = load_udf(Udf(entrypoint="udf", code=code))
    assert inspect.signature(udf.function).parameters
    frame = bind(udf, {"tile": {"x": 1, "y": 2, "z": 2}})["tile"]
    assert tuple(frame.total_bounds) == (WEST, SOUTH, EAST, NORTH)
