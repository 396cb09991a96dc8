"""What a UDF returned, read back from where it was stored."""

import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import dask.array
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests
import shapely
import xarray as xr
from PIL import Image
from pydantic import BaseModel
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from fused_spec.engine.results.rasters.images import FORMATS as RASTER_FORMATS
from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form
from fused_spec.engine.results.tables.formats import FORMATS as TABLE_FORMATS
from tests.unit.engine.building import points
from tests.unit.engine.storing import write_result


@pytest.mark.parametrize(
    ("value", "name", "content_type"),
    [
        (pd.DataFrame({"a": [1]}), "3.parquet", "application/octet-stream"),
        (None, "3.none", "text/plain"),
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


def test_labels_of_a_series_that_are_numbers_without_a_name_are_told_of() -> None:
    assert "the labels of the series" in str(stored_form(pd.Series({2020: 1, 2021: 2})).lossy)
    assert stored_form(pd.Series([1, 2])).lossy == stored_form(pd.Series({"a": 1})).lossy == ()


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
    [object(), {"a": object()}, 1j, np.array([object()]), pd.DataFrame({"a": [1, "x"]}), iter([1]), {(1, 2): 3}],
    ids=["object", "object within", "complex", "array of objects", "mixed column", "iterator", "key of several"],
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


def test_infinity_is_not_taken_for_a_missing_number(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="the returned dict cannot be stored as JSON: it holds infinity"):
        write_result({"mean": float("inf")}, tmp_path, 0)


def test_what_holds_itself_is_refused(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Unstorable, match="it holds itself, or is nested very deeply"):
        write_result(endless, tmp_path, 0)


class _Place(BaseModel):
    name: str
    at: float


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (float("nan"), "null"),
        (pd.NaT, "null"),
        ({"mean": np.float64("nan"), "n": np.int64(2)}, '{"mean": null, "n": 2}'),
        ({np.int64(3): 1, date(2024, 2, 29): 2}, '{"3": 1, "2024-02-29": 2}'),
        ({3, 1, 2}, "[1, 2, 3]"),
        (Decimal("1.5"), "1.5"),
        (timedelta(hours=1), '"P0DT1H0M0S"'),
        (Path("a/b"), '"a/b"'),
        ([shapely.Point(1, 2)], '[{"type": "Point", "coordinates": [1.0, 2.0]}]'),
        (_Place(name="x", at=1.5), '{"name": "x", "at": 1.5}'),
        ({"days": np.array(["2024-02-29"], "datetime64[D]")}, '{"days": ["2024-02-29"]}'),
        (xr.DataArray(5), "5"),
        ({"a": 1}.items(), '[["a", 1]]'),
    ],
)
def test_what_json_has_another_form_for_is_stored_in_it(value: Any, stored: str, tmp_path: Path) -> None:
    assert write_result(value, tmp_path, 0).name == "0.json"
    assert (tmp_path / "0.json").read_text() == stored


def test_tables_in_a_dict_are_a_zip_archive_with_a_list_of_its_parts(tmp_path: Path) -> None:
    parts = {"places": points(2), "note": "text", "sums": {"a": 1}}
    write_result(parts, tmp_path, 0, ["npy", "tiff", "parquet", "json"])
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        kinds = {name: one["content_type"] for name, one in json.loads(archive.read("meta.json"))["files"].items()}
        assert len(gpd.read_parquet(io.BytesIO(archive.read("places")))) == 2
    assert kinds == {"places": "application/octet-stream", "note": "text/html", "sums": "application/json"}


def test_a_part_that_cannot_be_stored_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match=r"under 'bad': a builtins.object cannot be stored"):
        write_result({"places": points(2), "bad": object()}, tmp_path, 0)


def test_a_picture_stays_a_picture_when_only_arrays_and_tables_are_asked_for(tmp_path: Path) -> None:
    stored = write_result(Image.new("RGB", (2, 2)), tmp_path, 0, ["npy", "tiff", "parquet", "json"])
    assert stored.content_type == "image/png"


def test_a_picture_of_sixteen_bits_keeps_them(tmp_path: Path) -> None:
    write_result(Image.fromarray(np.full((2, 2), 40_000, "uint16")), tmp_path, 0)
    with Image.open(tmp_path / "0.tiff") as picture:
        assert np.asarray(picture).tolist() == [[40_000, 40_000], [40_000, 40_000]]


def test_a_styled_frame_is_its_page(tmp_path: Path) -> None:
    write_result(Styled("<table></table>"), tmp_path, 0)
    assert (tmp_path / "0.html").read_text() == "<table></table>"


class Styled:
    def __init__(self, page: str) -> None:
        self._page = page

    def to_html(self) -> str:
        return self._page


def test_labels_of_rows_are_kept(tmp_path: Path) -> None:
    described = pd.DataFrame({"a": [1, 2]}).describe()
    write_result(described, tmp_path, 0)
    assert pd.read_parquet(tmp_path / "0.parquet").equals(described)


@pytest.mark.parametrize("output_format", ["csv", "json", "xml", "geojson", "feather", "html"])
def test_a_key_that_rows_were_grouped_by_is_in_every_format(output_format: str, tmp_path: Path) -> None:
    grouped = points(4).dissolve("word")
    write_result(grouped, tmp_path, 0, [output_format])
    assert b"word2" in (tmp_path / f"0.{output_format}").read_bytes()


def test_an_index_named_like_a_column_takes_another_name_in_csv(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1]}, index=pd.Index([7], name="a")), tmp_path, 0, ["csv"])
    assert (tmp_path / "0.csv").read_text() == "a_,a\n7,1\n"


def test_a_frame_with_a_column_of_geometries_is_a_geo_table(tmp_path: Path) -> None:
    write_result(pd.DataFrame(points(2)).rename(columns={"geometry": "where"}), tmp_path, 0)
    assert gpd.read_parquet(tmp_path / "0.parquet").active_geometry_name == "where"


def test_geometries_in_a_plain_frame_are_told_what_to_become(tmp_path: Path) -> None:
    plain = pd.DataFrame({"where": pd.Series([shapely.Point(1, 2)], dtype=object)})
    with pytest.raises(Unstorable, match="where holds geometries, so return a GeoDataFrame"):
        write_result(plain, tmp_path, 0)


def test_two_columns_of_one_name_are_refused_in_every_format(tmp_path: Path) -> None:
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(Unstorable, match="two columns of the returned table are named a; rename one of them"):
        write_result(twice, tmp_path, 0, ["csv"])


def test_geojson_has_dates_and_a_second_geometry_as_text(tmp_path: Path) -> None:
    frame = points(1).assign(day=pd.Timestamp("2024-02-29"), other=points(1).buffer(0).set_crs(4326))
    write_result(frame, tmp_path, 0, ["geojson"])
    [feature] = json.loads((tmp_path / "0.geojson").read_text())["features"]
    assert feature["properties"]["day"] == "2024-02-29T00:00:00"
    assert feature["properties"]["other"] == "POLYGON EMPTY"


def test_json_keeps_all_digits(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1 / 3]}), tmp_path, 0, ["json"])
    assert json.loads((tmp_path / "0.json").read_text()) == [{"a": pytest.approx(1 / 3, rel=1e-14)}]


def test_html_shows_long_text_whole(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": ["x" * 500]}), tmp_path, 0, ["html"])
    assert "x" * 500 in (tmp_path / "0.html").read_text()


def test_large_whole_numbers_of_arrow_stay_whole_beside_nulls(tmp_path: Path) -> None:
    write_result(pa.table({"a": [2**53 + 1, None]}), tmp_path, 0)
    assert pq.read_table(tmp_path / "0.parquet")["a"].to_pylist() == [2**53 + 1, None]


def test_large_whole_numbers_beside_geometry_of_arrow_stay_whole(tmp_path: Path) -> None:
    located = pa.table(points(2).to_arrow()).append_column("n", pa.array([2**53 + 1, None]))
    write_result(located, tmp_path, 0)
    assert pq.read_table(tmp_path / "0.parquet")["n"].to_pylist() == [2**53 + 1, None]
    assert gpd.read_parquet(tmp_path / "0.parquet").crs == "EPSG:4326"


def test_what_hands_over_arrow_is_a_table(tmp_path: Path) -> None:
    write_result(points(2).to_arrow(), tmp_path, 0)
    assert gpd.read_parquet(tmp_path / "0.parquet").crs == "EPSG:4326"


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"a": [1, "x"]}),
        pd.DataFrame({"a": [b"\xff"], "b": [object()]}),
        pd.DataFrame({"a": [2**70]}),
        pd.DataFrame({"a": [[1, 2], [3]], 0: [{"x": 1}, None]}),
        pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)}),
        pd.DataFrame(),
        pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
        points(2).iloc[:0],
        points(2).set_crs(None, allow_override=True),
        gpd.GeoSeries([]),
        np.zeros((0, 3)),
        np.zeros((2, 2), bool),
        np.zeros((2, 2), complex),
        xr.DataArray(np.zeros((0, 3)), dims=("y", "x")),
        xr.Dataset(),
        Image.new("RGB", (0, 0)),
        Image.new("F", (2, 2)),
    ],
    ids=map(str, count()),
)
@pytest.mark.filterwarnings("ignore")
def test_an_odd_value_is_stored_or_refused_with_a_reason_in_every_format(value: Any) -> None:
    for output_format in (*TABLE_FORMATS, *RASTER_FORMATS, "npy,tiff,parquet,json"):
        try:
            stored_form(value, output_format.split(","), tile=(0, 0, 0))
        except Unstorable as refused:
            assert len(str(refused)) > 20  # either end is right


def test_a_dict_of_tables_and_other_values_is_an_archive_of_them(tmp_path: Path) -> None:
    value = {"points": points(1), 2: pd.DataFrame({"a": [1]}), "n": 5, "nothing": None, "deep": {"t": points(1)}}
    stored = write_result(value, tmp_path, 0)
    assert (stored.name, stored.content_type) == ("0.zip", "application/zip")
    with ZipFile(tmp_path / "0.zip") as archive:
        types = {name: one["content_type"] for name, one in json.loads(archive.read("meta.json"))["files"].items()}
        assert gpd.read_parquet(io.BytesIO(archive.read("points")))["word"].tolist() == ["word0"]
        assert [archive.read(name) for name in ("n", "nothing")] == [b"5", b"null"]
    table = "application/octet-stream"
    assert types == {
        "points": table,
        "2": table,
        "n": "application/json",
        "nothing": "application/json",
        "deep": "application/zip",
    }


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": pd.DataFrame({"x": [1]}), "b": object()}, "under 'b': a builtins.object cannot be stored"),
        ({"meta.json": pd.DataFrame({"x": [1]})}, "none may be meta.json"),
        ({1: pd.DataFrame({"x": [1]}), "1": 5}, "must be different texts"),
        ({"a": object()}, "it holds a object"),
    ],
)
def test_a_dict_that_is_no_archive_says_why(value: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match=told):
        write_result(value, tmp_path, 0)


@pytest.mark.parametrize(
    "value", [{"map": Image.new("RGB", (2, 2))}, {"file": b"\xff"}, {"deep": {"deeper": pd.DataFrame({"a": [1]})}}]
)
def test_a_dict_of_what_json_cannot_hold_is_an_archive(value: Any, tmp_path: Path) -> None:
    assert write_result(value, tmp_path, 0).name == "0.zip"


TABLES = [pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (TABLES, "it holds a DataFrame; return one of them, or a dict with a name for each"),
        (
            (number for number in range(3)),
            "a builtins.generator cannot be stored as it is; it is read only once, so return a list",
        ),
        (dask.array.zeros(3), "a dask.array.core.Array cannot be stored as it is; return its compute"),
        (Decimal("inf"), "the returned Decimal cannot be stored as JSON: it holds infinity"),
        ([float("inf")], "it holds infinity, for which JSON has no word; None can stand in its place"),
    ],
)
def test_a_value_that_cannot_be_stored_says_what_can(value: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match=told):
        write_result(value, tmp_path, 0)


def test_a_dict_that_holds_itself_is_refused(tmp_path: Path) -> None:
    one: dict[str, Any] = {}
    one["other"] = {"one": one}
    with pytest.raises(Unstorable, match="it holds itself"):
        write_result(one, tmp_path, 0)


@pytest.mark.parametrize(
    "array",
    [
        xr.DataArray([5, 6], dims="value"),
        xr.DataArray([5, 6], dims="day", name="day"),
        xr.DataArray([5, 6], dims="day", name="mean", coords={"mean": ("day", [1, 2])}),
    ],
)
def test_the_values_of_an_xarray_have_a_column_beside_those_of_its_axes(array: xr.DataArray, tmp_path: Path) -> None:
    write_result(array, tmp_path, 0)
    table = pd.read_parquet(tmp_path / "0.parquet")
    assert table[f"{array.name or 'value'}_"].tolist() == [5, 6]


def test_a_caller_that_reads_no_archives_gets_none(tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="it holds a DataFrame"):
        write_result({"a": pd.DataFrame({"x": [1]})}, tmp_path, 0, ["parquet", "tiff"])


@pytest.mark.parametrize(
    ("formats", "name"), [(["npy", "tiff", "parquet"], "0.tiff"), (["npy"], "0.npy"), ([], "0.tiff")]
)
def test_an_array_keeps_its_bounds_where_the_caller_can_read_them(
    formats: list[str], name: str, tmp_path: Path
) -> None:
    assert write_result((np.zeros((2, 2)), [0, 0, 1, 1]), tmp_path, 0, formats).name == name


def test_a_table_as_excel_is_read_back(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"n": [1, 2], "text": ["=1+1", "ü"], "when": pd.to_datetime(["2031-05-01T10:00Z"] * 2), "list": [[1], None]}
    )
    stored = write_result(table, tmp_path, 0, ["excel"])
    assert (stored.name, "spreadsheet" in str(stored.content_type)) == ("0.xlsx", True)
    back = pd.read_excel(tmp_path / "0.xlsx")
    assert back["n"].tolist() == [1, 2]
    assert back["text"].tolist() == ["=1+1", "ü"]
    assert back["when"].tolist() == ["2031-05-01 10:00:00+00:00"] * 2
    assert back["list"].tolist()[0] == "[1]"


def test_excel_has_geometry_as_text(tmp_path: Path) -> None:
    write_result(points(1), tmp_path, 0, ["excel"])
    assert pd.read_excel(tmp_path / "0.xlsx")["geometry"].tolist() == ["POINT (0 0)"]


@pytest.mark.parametrize("text", ["x" * 32_768, "a\x01b"])
def test_excel_refuses_a_text_that_it_cannot_hold(text: str, tmp_path: Path) -> None:
    with pytest.raises(Unstorable, match="column a holds a text that Excel cannot"):
        write_result(pd.DataFrame({"a": [text]}), tmp_path, 0, ["excel"])


def test_excel_without_its_package_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unstorable, match=r"pip install 'fused-spec\[excel\]'"):
        write_result(pd.DataFrame({"a": [1]}), tmp_path, 0, ["excel"])


def test_a_table_as_xml(tmp_path: Path) -> None:
    write_result(pd.DataFrame({"a": [1]}), tmp_path, 0, ["xml"])
    assert "<a>1</a>" in (tmp_path / "0.xml").read_text()
