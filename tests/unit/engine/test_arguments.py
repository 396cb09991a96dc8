"""How an element of the input, or the words of a URL, become arguments."""

import json
import uuid
from datetime import UTC, date, datetime
from typing import Any

import geopandas as gpd
import mercantile
import pytest
import shapely

from fused_spec.engine.calling.arguments import BadArgument, bind
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.udfs.runner import load_udf
from fused_spec.wire import Udf


def loaded(signature: str, **stored: Any) -> Binding:
    code = (
        f"from typing import Iterable, Literal, Optional\nimport datetime, shapely, uuid\ndef udf({signature}): pass\n"
    )
    return load_udf(Udf(entrypoint="udf", code=code, parameters=stored))


def test_a_plain_value_goes_to_the_first_parameter() -> None:
    assert bind(loaded("state, year=2020"), "07") == {"state": "07"}


def test_an_object_of_parameters_gives_keyword_arguments() -> None:
    assert bind(loaded("state, year=2020"), {"year": 2021, "state": "07"}) == {"year": 2021, "state": "07"}


def test_any_other_object_goes_to_the_first_parameter() -> None:
    assert bind(loaded("row, year=2020"), {"fips": "07", "year": 2021}) == {"row": {"fips": "07", "year": 2021}}


def test_a_udf_of_any_keywords_takes_any_object() -> None:
    assert bind(loaded("**anything"), {"a": 1}) == {"a": 1}


def test_without_an_element_the_stored_parameters_are_used() -> None:
    assert bind(loaded("state", state="07")) == {"state": "07"}


def test_what_is_given_overrides_what_is_stored() -> None:
    assert bind(loaded("state, year", state="07", year=2020), {"year": 2021}) == {"state": "07", "year": 2021}


def test_stored_names_that_are_no_parameters_are_dropped() -> None:
    assert bind(loaded("state", state="07", colour="red")) == {"state": "07"}


def test_stored_names_reach_a_udf_of_any_keywords() -> None:
    assert bind(loaded("state, **others", state="07", colour="red")) == {"state": "07", "colour": "red"}


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(BadArgument, match="no value for year; the UDF takes state, year"):
        bind(loaded("state, year"), "07")


def test_an_element_needs_a_parameter() -> None:
    with pytest.raises(BadArgument, match="takes no parameter"):
        bind(loaded(""), 1)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("int", "7", 7),
        ("float", "7", 7.0),
        ("str", "7", "7"),
        ("bool", "False", False),
        ("bool", "yes", True),
        ("list", "[1, 2]", [1, 2]),
        ("list[int]", "[1, 2]", [1, 2]),
        ("dict", '{"a": 1}', {"a": 1}),
        ("tuple", "[1, 2]", (1, 2)),
        ("int | None", "7", 7),
        ("None | int", "7", 7),
        ("Optional[int]", "7", 7),
        ("int | str", "7", "7"),
        ("'Optional[int]'", "7", 7),
        ("'None | int'", "7", 7),
        ("'dict[str, int] | None'", '{"a": 1}', {"a": 1}),
        ("uuid.UUID", "12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
        ("datetime.date", "2026-05-04", date(2026, 5, 4)),
        ("'fused.types.Bounds'", "[1, 2, 3, 4]", [1.0, 2.0, 3.0, 4.0]),
        ("'fused.types.Bbox'", "[1, 2, 3, 4]", shapely.box(1, 2, 3, 4)),
        ("'shapely.Polygon'", "POINT (1 2)", shapely.Point(1, 2)),
        ("shapely.Geometry", "POINT (1 2)", shapely.Point(1, 2)),
        ("Literal[5, 6]", "6", 6),
        ("Literal['a', 'b']", "b", "b"),
        ("Iterable", "[1]", [1]),
        ("datetime.datetime", "86400", datetime(1970, 1, 2, tzinfo=UTC)),
        ("datetime.date", "86400", date(1970, 1, 2)),
        ("'fused.types.TileXYZ'", "[-180, -85, -1, -1]", mercantile.Tile(0, 1, 1)),
        ("list", "null", None),
        ("'gpd.GeoDataFrame'", "null", None),
        ("str", "null", "null"),
        ("", "7", "7"),
    ],
)
def test_text_becomes_what_the_annotation_says(annotation: str, text: str, value: Any) -> None:
    udf = loaded(f"x: {annotation}" if annotation else "x")
    assert bind(udf, text) == {"x": value}


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("int", "7.5"),
        ("bool", "perhaps"),
        ("list", '{"a": 1}'),
        ("dict", "{"),
        ("'Bounds'", "[1, 2]"),
        ("'Polygon'", "POLYGON"),
    ],
)
def test_text_of_another_kind_is_refused(annotation: str, text: str) -> None:
    with pytest.raises(BadArgument, match="cannot be read as"):
        bind(loaded(f"x: {annotation}"), text)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", 7),
        ("int", 7.0),
        ("float", 7),
        ("bool", True),
        ("bool", 1),
        ("list", [1]),
        ("str | int", 7),
        ("int | str", 7),
    ],
)
def test_json_of_the_right_kind_is_taken(annotation: str, value: Any) -> None:
    assert bind(loaded(f"x: {annotation}"), value) == {"x": value}


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("int", 1.5),
        ("bool", 2),
        ("int", [1]),
        ("float", {"a": 1}),
        ("str", {"a": 1}),
        ("Optional[int]", 1.5),
        ("'Bounds'", [1, 2]),
    ],
)
def test_json_of_another_kind_is_refused_where_python_would_bend_it(annotation: str, value: Any) -> None:
    with pytest.raises(BadArgument, match="cannot be read as"):
        bind(loaded(f"x: {annotation}"), value)


@pytest.mark.parametrize(("value", "text"), [(94110, "94110"), ([1, "a"], "[1, 'a']"), (True, "True")])
def test_a_number_or_a_list_for_text_becomes_text(value: Any, text: str) -> None:
    assert bind(loaded("zip: str"), value) == {"zip": text}


def test_annotations_that_are_kept_as_text_count() -> None:
    code = "from __future__ import annotations\ndef udf(a: int, b: 'fused.types.Bounds'): pass\n"
    udf = load_udf(Udf(entrypoint="udf", code=code))
    assert bind(udf, {"a": "7", "b": "[1, 2, 3, 4]"}) == {"a": 7, "b": [1.0, 2.0, 3.0, 4.0]}


def test_text_that_should_be_json_says_how_to_write_it() -> None:
    with pytest.raises(BadArgument, match=r"x='0,0,1,1' cannot be read as Bounds: this is no JSON; write a list as"):
        bind(loaded("x: 'Bounds'"), "0,0,1,1")


POINT = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}


@pytest.mark.parametrize("given", [POINT, {"type": "FeatureCollection", "features": [POINT]}, json.dumps(POINT)])
def test_bounds_are_those_of_geojson(given: Any) -> None:
    assert bind(loaded("x: 'fused.types.Bounds'"), given) == {"x": [1.0, 2.0, 1.0, 2.0]}


@pytest.mark.parametrize("given", ["[-180, -85, -1, -1]", {"x": 0, "y": 1, "z": 1}])
def test_a_tile_frame_has_the_numbers_of_the_tile(given: Any) -> None:
    tile = bind(loaded("tile: 'fused.types.TileGDF'"), given)["tile"]
    assert tile[["x", "y", "z"]].to_numpy().tolist() == [[0, 1, 1]]
    assert list(tile.columns) == ["x", "y", "z", "geometry"]


def test_what_is_no_geojson_is_refused() -> None:
    with pytest.raises(BadArgument, match="give GeoJSON, or four numbers"):
        bind(loaded("x: 'gpd.GeoDataFrame'"), {"a": 1})


def test_a_parameter_by_place_alone_gets_its_value() -> None:
    udf = load_udf(Udf(entrypoint="udf", code="def udf(a, /, b=1): return [a, b]\n"))
    assert udf.call(bind(udf, {"a": 5, "b": 6})) == [5, 6]


def test_of_several_kinds_the_first_that_fits_is_taken() -> None:
    assert bind(loaded("x: int | float"), 1.5) == {"x": 1.5}
    assert bind(loaded("x: int | float"), "1.5") == {"x": 1.5}


def test_what_code_hands_over_is_left_as_it_is() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    assert bind(loaded("x: 'gpd.GeoDataFrame'"), frame)["x"] is frame


def test_bounds_are_those_of_a_frame_or_a_geometry() -> None:
    square = shapely.box(0, 0, 1, 1)
    for value in (square, gpd.GeoDataFrame(geometry=[square], crs=4326)):
        assert bind(loaded("x: 'fused.types.Bounds'"), value) == {"x": [0.0, 0.0, 1.0, 1.0]}


def test_further_keywords_come_along_when_one_is_a_parameter() -> None:
    udf = loaded("state, **others")
    assert bind(udf, {"state": "07", "colour": "red"}) == {"state": "07", "colour": "red"}
    assert bind(udf, {"colour": "red"}) == {"state": {"colour": "red"}}


def test_parameters_that_are_keywords_only_are_given_by_name() -> None:
    assert bind(loaded("*, path, n=1"), {"path": "a"}) == {"path": "a"}
    with pytest.raises(BadArgument, match="no value for path"):
        bind(loaded("*, path, n=1"))


def test_null_passes_whatever_the_annotation() -> None:
    assert bind(loaded("x: int"), None) == {"x": None}


@pytest.mark.parametrize(
    "given",
    [
        [1, 2, 3, 4],
        {"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 4], [1, 2]]]},
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        },
    ],
)
def test_a_frame_is_made_of_a_box_or_geojson(given: Any) -> None:
    frame = bind(loaded("area: 'gpd.GeoDataFrame'"), given)["area"]
    assert isinstance(frame, gpd.GeoDataFrame)
    assert (frame.crs, frame.total_bounds.tolist()) == ("EPSG:4326", [1, 2, 3, 4])


def test_a_plain_frame_is_made_of_records() -> None:
    assert bind(loaded("rows: 'pd.DataFrame'"), '[{"a": 1}]')["rows"]["a"].tolist() == [1]
