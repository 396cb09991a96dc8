"""What is said of a result that is not what the spec expects."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fused_spec.engine.results.expecting import Unexpected, check_result, expectation
from tests.unit.engine.building import points

PLACES = points(3)  # at 0 0, 1 1 and 2 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PLACES, {}),
        (object(), {}),
        (PLACES, {"rows": 3}),
        (PLACES, {"rows": {"min": 1, "max": 3}}),
        (PLACES, {"columns": ["word", "geometry"], "not_null": ["word"]}),
        (PLACES, {"crs": "EPSG:4326", "bounds": [0, 0, 2, 2]}),
        (PLACES, {"crs": "OGC:CRS84"}),
        (PLACES.to_crs(3857), {"bounds": [0, 0, 2, 2]}),
        (shapely.Point(1, 1), {"rows": 1, "bounds": [0, 0, 2, 2]}),
        (pd.DataFrame(), {"rows": 0}),
        ([1, 2], {"rows": 2}),
        ((np.zeros((2, 2)), [0, 0, 1, 1]), {"bounds": [0, 0, 1, 1]}),
    ],
)
def test_what_is_as_expected_passes(value: Any, expected: dict[str, Any]) -> None:
    check_result(value, expected)


@pytest.mark.parametrize(
    ("value", "expected", "said"),
    [
        (pd.DataFrame(), {"rows": {"min": 1}}, "0 rows, expected at least 1"),
        (PLACES, {"rows": {"max": 2}}, "3 rows, expected at most 2"),
        (PLACES, {"rows": {"min": 5, "max": 9}}, "3 rows, expected at least 5 and at most 9"),
        (PLACES, {"rows": 4}, "3 rows, expected 4"),
        (PLACES, {"columns": ["name", "word"]}, r"no column name \(it has row, word, geometry\)"),
        (pd.DataFrame({"a": [1, None]}), {"not_null": ["a"]}, "1 of 2 values of a are missing"),
        (PLACES, {"not_null": ["b"]}, "no column b to be not null"),
        (PLACES.to_crs(3857), {"crs": "EPSG:4326"}, "crs EPSG:3857, expected EPSG:4326"),
        (PLACES.set_crs(None, allow_override=True), {"crs": "EPSG:4326"}, "crs unknown, expected EPSG:4326"),
        (PLACES, {"crs": "EPSG:nothing"}, "crs EPSG:nothing of the expectation is no coordinate system"),
        (PLACES, {"bounds": [0, 0, 1, 1]}, r"bounds \[0, 0, 2, 2\], expected within \[0, 0, 1, 1\]"),
        (pd.DataFrame({"a": [1]}), {"crs": "EPSG:4326"}, "no geometry"),
        (None, {"rows": {"min": 1}}, "nothing was returned"),
        ("<html>error</html>", {"rows": 1}, "a str, expected a table with rows"),
        ((np.zeros((2, 2)), [0, 0, 3, 1]), {"bounds": [0, 0, 1, 1]}, r"bounds \[0, 0, 3, 1\]"),
    ],
)
def test_what_differs_is_said_with_what_was_expected(value: Any, expected: dict[str, Any], said: str) -> None:
    with pytest.raises(Unexpected, match=f"the result is not what the spec expects: .*{said}"):
        check_result(value, expected)


def test_everything_that_differs_is_said_at_once() -> None:
    with pytest.raises(Unexpected) as caught:
        check_result(gpd.GeoDataFrame(geometry=[]), {"rows": 1, "columns": ["a"], "crs": "EPSG:4326"})
    assert str(caught.value).count(";") == 2


@pytest.mark.parametrize("metadata", [None, {}, {"fused-spec": {}}, {"fused-spec": "x"}, {"expect": {"rows": 1}}])
def test_other_metadata_expects_nothing(metadata: dict[str, Any] | None) -> None:
    assert expectation(metadata) == {}
