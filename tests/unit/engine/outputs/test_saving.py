"""Outputs in files of this machine: as exact as what was returned, whole or not there, in forms that can hold them."""

import datetime as dt
import json
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import rasterio
import shapely
from msgspec.structs import replace
from PIL import Image

from fused_spec.engine.outputs.model import Told, UnreadableOutput
from fused_spec.engine.outputs.writing.forms import Form
from fused_spec.engine.outputs.writing.saving import save_each, save_together
from tests.unit.engine.outputs.contents import Kept, parquet, places, told
from tests.unit.engine.outputs.test_facts import raster

TABLES = (Form.PARQUET, Form.GEOJSON, Form.CSV, Form.FLATGEOBUF, Form.GEOPACKAGE)


def each(outputs: list[Told], folder: Path, form: Form | None = None) -> tuple[list[str], list[str]]:
    """The names of the files, and what was lost."""
    lost: list[str] = []
    return [path.name for path in save_each(outputs, folder, form, lost.append)], lost


def together(outputs: list[Told], file: Path, form: Form | None = None) -> list[str]:
    lost: list[str] = []
    save_together(outputs, file, form, lost.append)
    return lost


def test_as_it_is_means_to_the_byte(tmp_path: Path) -> None:
    content = places(3)
    each([told("0.parquet", content, 0), told("1.bin", b"\0\1", 1)], tmp_path)
    assert (tmp_path / "0.parquet").read_bytes() == content
    assert (tmp_path / "1.bin").read_bytes() == b"\0\1"


def test_one_alone_in_its_own_form_is_copied_to_the_byte(tmp_path: Path) -> None:
    content = places(3)
    together([told("0.parquet", content)], tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == content


def test_elements_without_a_result_leave_no_file(tmp_path: Path) -> None:
    assert each([told("0.none", b"", 0), told("1.json", b"1", 1)], tmp_path) == (["1.json"], [])


@pytest.mark.parametrize("form", TABLES)
def test_several_tables_are_one_file_of_all_rows(form: Form, tmp_path: Path) -> None:
    file = tmp_path / f"all.{form.suffix}"
    together([told("0.parquet", places(2), 0), told("1.parquet", places(3), 1)], file)
    frame = {Form.PARQUET: gpd.read_parquet, Form.CSV: pd.read_csv}.get(form, gpd.read_file)(file)
    assert sorted(frame["n"].tolist()) == [0, 0, 1, 1, 2]
    if form is not Form.CSV:
        assert sorted(frame.geometry.x.tolist()) == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("form", [Form.PARQUET, Form.FLATGEOBUF, Form.GEOPACKAGE])
def test_a_file_is_in_the_system_in_which_the_result_was(form: Form, tmp_path: Path) -> None:
    file = tmp_path / f"all.{form.suffix}"
    together([told("0.parquet", places(2, crs="EPSG:32631"))], file, form)
    frame = (gpd.read_parquet if form is Form.PARQUET else gpd.read_file)(file)
    assert frame.crs.to_epsg() == 32631
    assert sorted(frame.geometry.x.tolist()) == [0, 1]


def test_geojson_is_in_degrees_as_it_has_to_be(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(500_000, 0)], crs="EPSG:32631")
    buffer = BytesIO()
    frame.to_parquet(buffer)
    together([told("0.parquet", buffer.getvalue())], tmp_path / "a.geojson")
    [feature] = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx([3, 0], abs=1e-9)


def test_parquet_keeps_every_value_and_type(tmp_path: Path) -> None:
    table = pa.table(
        {
            "whole": pa.array([2**62 + 1, None]),
            "moment": pa.array([1, 2], pa.timestamp("ns", "Europe/Berlin")),
            "list": [[1], None],
            "nested": [{"a": 1}, {"a": None}],
            "bytes": [b"\0", None],
        }
    )
    halves = [told(f"{n}.parquet", parquet(table.slice(n, 1)), n) for n in range(2)]
    together(halves, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(table)


def test_csv_keeps_whole_numbers_beside_missing_ones(tmp_path: Path) -> None:
    together([told("0.parquet", parquet({"n": [2**53 + 1, None]}))], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().split()[1] == "9007199254740993"


@pytest.mark.parametrize("form", [Form.FLATGEOBUF, Form.GEOPACKAGE])
def test_what_a_form_has_no_type_for_is_text_and_said(form: Form, tmp_path: Path) -> None:
    lost = together([told("0.parquet", places(1, tags=[["a", "b"]]))], tmp_path / f"a.{form.suffix}")
    assert "has no type for list" in lost[0]
    assert json.loads(pyogrio.read_dataframe(tmp_path / f"a.{form.suffix}")["tags"][0]) == ["a", "b"]


def test_times_finer_than_milliseconds_are_cut_and_said(tmp_path: Path) -> None:
    moment = pd.Timestamp("2024-01-01T00:00:00.123456789")
    assert together([told("0.parquet", places(1, at=[moment]))], tmp_path / "a.gpkg") == [
        "times are kept to the millisecond"
    ]


def test_columns_of_some_are_columns_of_all(tmp_path: Path) -> None:
    together(
        [told("0.parquet", parquet({"a": [1]}), 0), told("1.parquet", parquet({"b": ["x"]}), 1)], tmp_path / "a.parquet"
    )
    assert pq.read_table(tmp_path / "a.parquet").to_pydict() == {"a": [1, None], "b": [None, "x"]}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (parquet({"n": ["x"]}), "column n is int64 in 0.parquet and string in 1.parquet"),
        (places(1, crs="EPSG:3857"), "0.parquet is in EPSG:4326 and 1.parquet in EPSG:3857"),
    ],
)
def test_tables_that_no_file_can_hold_together_are_refused_and_a_folder_named(
    other: bytes, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableOutput, match=said) as caught:
        together([told("0.parquet", places(1), 0), told("1.parquet", other, 1)], tmp_path / "a.parquet")
    assert caught.value.hint == "name a folder (-o DIR/) for a file of each"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "form", "said", "can"),
    [
        (told("0.tiff", raster()), Form.PARQUET, "parquet holds tables", "raster can be tiff"),
        (told("0.parquet", places(1)), Form.TIFF, "tiff holds rasters", "table can be parquet, geojson, csv"),
        (told("0.json", b"1"), Form.CSV, "csv holds tables", "json only as it is"),
        (
            told("0.parquet", parquet({"n": [1]})),
            Form.GEOJSON,
            "without geometry is no geojson",
            "parquet, csv, geopackage",
        ),
    ],
)
def test_what_a_form_cannot_hold_is_said_with_those_that_can(
    one: Told, form: Form, said: str, can: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableOutput, match=said) as caught:
        together([one], tmp_path / f"a.{form.suffix}", form)
    assert can in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_cannot_hold_one_writes_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableOutput, match="1 of 2 results are json"):
        each([told("0.parquet", places(1), 0), told("1.json", b"1", 1)], tmp_path / "out", Form.CSV)
    assert not (tmp_path / "out").exists()


def test_a_picture_is_a_tiff_of_the_same_cells(tmp_path: Path) -> None:
    cells = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    buffer = BytesIO()
    Image.fromarray(cells).save(buffer, "PNG")
    together([told("0.png", buffer.getvalue())], tmp_path / "a.tiff")
    with Image.open(tmp_path / "a.tiff") as read:
        assert np.array_equal(np.asarray(read), cells)


def test_several_rasters_are_no_one_tiff(tmp_path: Path) -> None:
    with pytest.raises(UnreadableOutput, match="a TIFF holds one raster, and these are 2"):
        together([told("0.tiff", raster(), 0), told("1.tiff", raster(), 1)], tmp_path / "a.tiff")


def test_a_name_that_says_no_form_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableOutput, match="says no form") as caught:
        together([told("0.parquet", places(1))], tmp_path / "a.shp")
    assert ".parquet, .geojson, .csv, .fgb, .gpkg, .tiff" in str(caught.value.hint)


def test_a_file_that_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"before")
    broken = Kept(places(2))
    one = told("0.parquet", broken, 0)
    broken.content = broken.content[:-30]
    with pytest.raises(UnreadableOutput):
        together([one, told("1.parquet", places(1), 1)], file)
    assert file.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..", ".bashrc", "a\x1b[31m\n.json", "", "C:\\x.json", "x" * 999],
    ids=range(8),
)
def test_a_hostile_name_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    one = told("0.json", b"1")
    [made], _ = each([Told(replace(one.output, name=name), one.facts)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [made]
    assert not made.startswith(".")
    assert "\x1b" not in made


def test_names_that_differ_in_case_alone_have_files_of_their_own(tmp_path: Path) -> None:
    names, _ = each([told("A.json", b"1", 0), told("a.json", b"2", 1)], tmp_path)
    assert names == ["A.json", "a-2.json"]


def test_an_unreadable_result_ends_the_rest_before_anything_is_written(tmp_path: Path) -> None:
    gone = told("0.parquet", b"no parquet at all" * 3)
    with pytest.raises(UnreadableOutput, match=r"0\.parquet: it cannot be read as parquet"):
        each([gone, told("1.parquet", places(1), 1)], tmp_path / "out", Form.CSV)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_is_still_kept_as_it_is(tmp_path: Path) -> None:
    content = b"no parquet at all" * 3
    each([told("0.parquet", content)], tmp_path)
    assert (tmp_path / "0.parquet").read_bytes() == content


def test_dates_are_dates(tmp_path: Path) -> None:
    together([told("0.parquet", places(1, day=[dt.date(2024, 2, 29)]))], tmp_path / "a.gpkg")
    assert str(pyogrio.read_dataframe(tmp_path / "a.gpkg")["day"][0])[:10] == "2024-02-29"


@pytest.mark.parametrize("name", ["0.png", "0.npy", "0.jpg"])
def test_a_picture_that_is_broken_is_no_tiff(name: str, tmp_path: Path) -> None:
    buffer = BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 90, 3), "uint8")).save(buffer, "PNG")
    broken = buffer.getvalue()[:900] + bytes(3_000)
    one = told(name, broken)
    with pytest.raises(UnreadableOutput):
        together([Told(one.output, replace(one.facts, problem=None))], tmp_path / "a.tiff", Form.TIFF)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", TABLES)
def test_a_table_without_rows_is_a_file_without_rows(form: Form, tmp_path: Path) -> None:
    file = tmp_path / f"a.{form.suffix}"
    together([told("0.parquet", places(0), 0), told("1.parquet", places(0), 1)], file)
    frame = {Form.PARQUET: gpd.read_parquet, Form.CSV: pd.read_csv}.get(form, gpd.read_file)(file)
    assert len(frame) == 0


@pytest.mark.parametrize(
    "array", [np.arange(6, dtype="uint8").reshape(2, 3), np.arange(12, dtype="float32").reshape(2, 2, 3)]
)
def test_an_array_is_a_tiff_of_the_same_cells(array: Any, tmp_path: Path) -> None:
    buffer = BytesIO()
    np.save(buffer, array)
    together([told("0.npy", buffer.getvalue())], tmp_path / "a.tiff")
    with warnings.catch_warnings(action="ignore"), rasterio.open(tmp_path / "a.tiff") as dataset:
        assert np.array_equal(dataset.read(), array.reshape(-1, 2, 3))


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2), bool), np.zeros((1, 2, 3, 4)), np.array(["a"])])
def test_an_array_that_is_no_raster_is_no_tiff(array: Any, tmp_path: Path) -> None:
    buffer = BytesIO()
    np.save(buffer, array)
    with pytest.raises(UnreadableOutput, match="cannot be written as TIFF: it is an array of"):
        together([told("0.npy", buffer.getvalue())], tmp_path / "a.tiff")
