"""What a UDF returned, read back from where it was stored."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fused_spec.engine.results import Unstorable
from tests.unit.engine.building import points
from tests.unit.engine.storing import write_result


@pytest.mark.parametrize(
    ("value", "name", "content_type"),
    [
        (pd.DataFrame({"a": [1]}), "3.parquet", "application/octet-stream"),
        (None, "3.none", "application/octet-stream"),
        ("<b>hi</b>", "3.html", "text/html"),
        ({"a": [1, 2.5, None]}, "3.json", "application/json"),
        (np.float32(1.5), "3.json", "application/json"),
        (np.zeros((2, 2)), "3.tiff", "image/tiff"),
        ((np.zeros((2, 2)), [0, 0, 1, 1]), "3.tiff", "image/tiff"),
        (np.zeros(2), "3.npy", "application/x-numpy-data"),
        (b"\x89PNG\r\n", "3.png", "image/png"),
        (b"II*\0", "3.tiff", "image/tiff"),
        (io.BytesIO(b"x"), "3.bin", "application/x-binary"),
        (SimpleNamespace(body=b"x", media_type="text/plain"), "3.html", "text/plain"),
    ],
)
def test_each_kind_has_its_format(value: Any, name: str, content_type: str, tmp_path: Path) -> None:
    stored = write_result(value, tmp_path, 3)
    assert (stored.name, stored.content_type) == (name, content_type)
    assert (tmp_path / name).is_file()


def test_a_table_is_read_back(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1, 2]}, index=[5, 6]), tmp_path, 0)
    assert pd.read_parquet(tmp_path / "0.parquet").equals(pd.DataFrame({"a": [1, 2]}))


def test_an_index_with_a_name_is_kept(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="key")), tmp_path, 0)
    assert pd.read_parquet(tmp_path / "0.parquet").index.name == "key"


def test_a_geo_table_is_read_back_with_its_coordinate_system(tmp_path: Path) -> None:
    write_result(points(3).to_crs(3857), tmp_path, 0)
    assert gpd.read_parquet(tmp_path / "0.parquet").crs == "EPSG:3857"


def test_a_geometry_is_a_table_of_one_row(tmp_path: Path) -> None:
    write_result(shapely.Point(1, 2), tmp_path, 0)
    assert gpd.read_parquet(tmp_path / "0.parquet").geometry.tolist() == [shapely.Point(1, 2)]


def test_a_series_is_a_table_of_one_column(tmp_path: Path) -> None:
    write_result(pd.Series([1, 2]), tmp_path, 0)
    assert list(pd.read_parquet(tmp_path / "0.parquet").columns) == ["value"]


def test_a_geo_table_that_lost_its_geometry_is_a_plain_one(tmp_path: Path) -> None:
    write_result(points(2).drop(columns="geometry"), tmp_path, 0)
    assert list(pd.read_parquet(tmp_path / "0.parquet").columns) == ["row", "word"]


def test_column_names_that_are_numbers_become_text(tmp_path: Path) -> None:
    write_result(pd.DataFrame({2020: [1]}), tmp_path, 0)
    assert list(pd.read_parquet(tmp_path / "0.parquet").columns) == ["2020"]


@pytest.mark.parametrize(
    ("output_format", "name"),
    [("parquet", "0.parquet"), ("geojson", "0.geojson"), ("json", "0.json"), ("csv", "0.csv"), ("html", "0.html")],
)
def test_the_format_of_a_table_can_be_chosen(output_format: str, name: str, tmp_path: Path) -> None:
    assert write_result(points(2), tmp_path, 0, [output_format]).name == name


def test_geojson_is_in_degrees(tmp_path: Path) -> None:
    write_result(points(2).to_crs(3857), tmp_path, 0, ["geojson"])
    last = json.loads((tmp_path / "0.geojson").read_text())["features"][1]
    assert last["geometry"]["coordinates"] == pytest.approx([1, 1])


def test_csv_has_geometry_as_text(tmp_path: Path) -> None:
    write_result(points(1), tmp_path, 0, ["csv"])
    assert (tmp_path / "0.csv").read_text() == "row,word,geometry\n0,word0,POINT (0 0)\n"


def test_json_of_a_table_is_its_records(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1, 2]}), tmp_path, 0, ["json"])
    assert json.loads((tmp_path / "0.json").read_text()) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "value",
    [object(), {"a": object()}, float("nan"), np.array([object()]), pd.DataFrame({"a": [1, "x"]}), {1, 2}],
    ids=["object", "object within", "not a number", "array of objects", "mixed column", "set"],
)
def test_what_no_format_holds_is_refused(value: Any, tmp_path: Path) -> None:
    with pytest.raises(Unstorable):
        write_result(value, tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="no output format xls"):
        write_result(points(1), tmp_path, 0, ["xls"])
