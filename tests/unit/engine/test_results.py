"""What a UDF returned, read back from where it was stored."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import requests
import shapely
import xarray as xr
from PIL import Image
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

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
        (io.StringIO("<i>x</i>"), "3.html", "text/html"),
        (HTMLResponse("<p>x</p>"), "3.html", "text/html; charset=utf-8"),
        (JSONResponse({"a": 1}), "3.json", "application/json"),
        (Response(b"\x89PNG", media_type="image/png"), "3.png", "image/png"),
        (StreamingResponse(iter(["a", "b"]), media_type="text/csv"), "3.csv", "text/csv; charset=utf-8"),
        (Image.new("RGB", (2, 2)), "3.png", "image/png"),
        (Image.new("LA", (2, 2)), "3.png", "image/png"),
        (np.zeros((3, 2, 2), "uint8"), "3.tiff", "image/tiff"),
        (np.zeros((2, 2), bool), "3.npy", "application/x-numpy-data"),
        (xr.DataArray(np.zeros((2, 2)), dims=("y", "x")), "3.tiff", "image/tiff"),
        (xr.Dataset({"a": (("y", "x"), np.zeros((2, 2)))}), "3.tiff", "image/tiff"),
        (pa.table({"a": [1]}), "3.parquet", "application/octet-stream"),
        (date(2024, 2, 29), "3.json", "application/json"),
        (True, "3.json", "application/json"),
        ([1, np.int64(2), np.array([3])], "3.json", "application/json"),
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


def test_an_xarray_that_is_no_image_is_a_row_for_each_cell(tmp_path: Path) -> None:
    cube = xr.Dataset({"a": ("time", [1, 2]), "b": ("time", [3, 4])}, coords={"time": [2020, 2021]})
    write_result(cube, tmp_path, 0)
    write_result(xr.DataArray([5, 6], dims="time"), tmp_path, 1)
    assert pd.read_parquet(tmp_path / "0.parquet").to_dict("list") == {"time": [2020, 2021], "a": [1, 2], "b": [3, 4]}
    assert pd.read_parquet(tmp_path / "1.parquet")["value"].tolist() == [5, 6]


def test_a_figure_is_an_image(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    stored = write_result(figure, tmp_path, 0)
    assert (stored.name, stored.content_type) == ("0.png", "image/png")
    assert (tmp_path / "0.png").read_bytes().startswith(b"\x89PNG")


def test_a_response_keeps_its_status_and_body(tmp_path: Path) -> None:
    stored = write_result(JSONResponse({"a": 1}, status_code=404), tmp_path, 0)
    assert (stored.status, (tmp_path / "0.json").read_text()) == (404, '{"a":1}')


def test_a_response_of_requests_is_its_content(tmp_path: Path) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 200, b"a,b\n"
    answer.headers["Content-Type"] = "text/csv"
    assert write_result(answer, tmp_path, 0).name == "0.csv"
    assert (tmp_path / "0.csv").read_bytes() == b"a,b\n"


def test_a_response_that_streams_is_read_to_its_end(tmp_path: Path) -> None:
    write_result(StreamingResponse(iter(["a", b"b"]), media_type="text/csv"), tmp_path, 0)
    assert (tmp_path / "0.csv").read_bytes() == b"ab"


def test_what_cannot_be_stored_names_its_type_and_what_to_return(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match=r"a builtins.object cannot be stored; return a table, a geometry, an array"):
        write_result(object(), tmp_path, 0)


def test_a_number_that_json_has_not_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="it holds NaN or infinity"):
        write_result({"mean": float("nan")}, tmp_path, 0)


def test_a_table_as_xml(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1]}), tmp_path, 0, ["xml"])
    assert "<a>1</a>" in (tmp_path / "0.xml").read_text()
