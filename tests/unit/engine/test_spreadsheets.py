"""Excel and OpenDocument tables, as other programs write them."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, plain_ingested
from tests.unit.engine.gdal_files import lossy, plain_facts

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678000)


def book(path: Path, *rows: list[Any], sheet: str = "First") -> str:
    made = openpyxl.Workbook()
    made.active.title = sheet
    for row in rows:
        made.active.append(row)
    made.save(path)
    return str(path)


def test_values_keep_their_kinds(tmp_path: Path, storage: Path) -> None:
    row = [1, "Köln", MOMENT, date(2024, 1, 2), time(12, 30), 1.5, True, "007"]
    names = ["id", "name", "when", "day", "hour", "height", "open", "code"]
    table = plain_ingested(book(tmp_path / "a.xlsx", names, row, [2, *[None] * 7]), storage)
    assert table.iloc[0].tolist() == [1, "Köln", pd.Timestamp(MOMENT), date(2024, 1, 2), time(12, 30), 1.5, True, "007"]
    assert table.iloc[1].isna().tolist() == [False, *[True] * 7]


@pytest.mark.parametrize(
    "form", ["yyyy-mm-dd h:mm:ss", "d/m/yyyy h:mm;@", "[$-409]d-mmm-yy h:mm AM/PM", "m/d/yy h:mm", "yyyy-mm-dd hh:mm"]
)
def test_dates_keep_their_time_however_they_are_shown(form: str, tmp_path: Path, storage: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["id", "when"])
    made.active.append([1, MOMENT])
    made.active["B2"].number_format = form
    made.save(tmp_path / "a.xlsx")
    before = (tmp_path / "a.xlsx").read_bytes()
    assert plain_ingested(str(tmp_path / "a.xlsx"), storage)["when"].tolist() == [pd.Timestamp(MOMENT)]
    assert (tmp_path / "a.xlsx").read_bytes() == before


@pytest.mark.parametrize("form", ["d.m.yyyy", "mmm-yy", 'dd" h "mmm'])
def test_dates_without_a_time_are_dates(form: str, tmp_path: Path, storage: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["id", "when"])
    made.active.append([1, date(2024, 1, 2)])
    made.active["B2"].number_format = form
    made.save(tmp_path / "a.xlsx")
    assert plain_ingested(str(tmp_path / "a.xlsx"), storage)["when"].tolist() == [date(2024, 1, 2)]


def test_what_pandas_writes_is_read(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "when": pd.to_datetime([MOMENT, None])})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert plain_ingested(str(tmp_path / "a.xlsx"), storage)["when"].tolist() == [pd.Timestamp(MOMENT), pd.NaT]


def test_a_table_of_nothing_but_text_has_its_names_in_the_first_row(tmp_path: Path, storage: Path) -> None:
    source = book(tmp_path / "a.xlsx", ["code", "name"], ["a", "b"], ["c", "d"])
    assert plain_ingested(source, storage).to_dict("list") == {"code": ["a", "c"], "name": ["b", "d"]}
    [sentence] = lossy(plain_facts(source, storage, overwrite=True))
    assert sentence.startswith("its first row is taken for the names of its columns; open option HEADERS: DISABLE")


def test_an_option_says_that_the_first_row_is_one_of_values(tmp_path: Path, storage: Path) -> None:
    source = book(tmp_path / "a.xlsx", ["code", "name"], ["a", "b"])
    read = {"fused-spec": {"read": {"open_options": {"HEADERS": "DISABLE"}}}}
    assert plain_ingested(source, storage, metadata=read)["Field1"].tolist() == ["code", "a"]


def test_a_gap_among_the_names_does_not_make_values_of_them(tmp_path: Path, storage: Path) -> None:
    source = book(tmp_path / "a.xlsx", ["a", None, "c"], [1, "x", 2.5], [2, "y", 3.5])
    assert plain_ingested(source, storage).to_dict("list") == {"a": [1, 2], "Field2": ["x", "y"], "c": [2.5, 3.5]}


def test_numbers_in_the_first_row_are_values(tmp_path: Path, storage: Path) -> None:
    assert len(plain_ingested(book(tmp_path / "a.xlsx", [1, 2], [3, 4]), storage)) == 2


def test_names_that_are_there_twice_are_refused_with_the_file(tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"^a\.xlsx: two columns are named id"):
        plain_ingested(book(tmp_path / "a.xlsx", ["id", "id"], [1, 2]), storage)


def test_formulas_whose_value_nobody_stored_are_told(tmp_path: Path, storage: Path) -> None:
    found = plain_facts(book(tmp_path / "a.xlsx", ["a", "b"], [1, "=A2*2"], [2, "=A3*2"]), storage)
    assert lossy(found)[0].startswith("2 formulas without a stored value")


def test_other_sheets_are_told_and_read_by_name(tmp_path: Path, storage: Path) -> None:
    made = openpyxl.Workbook()
    for number, name in enumerate(("First", "Second"), start=1):
        sheet = made.active if number == 1 else made.create_sheet()
        sheet.title = name
        sheet.append(["n"])
        sheet.append([number])
    made.save(tmp_path / "a.xlsx")
    found = plain_facts(str(tmp_path / "a.xlsx"), storage)
    assert lossy(found) == ["of its layers First, Second only First is read; read.layer names another"]
    read = {"fused-spec": {"read": {"layer": "Second"}}}
    assert plain_ingested(str(tmp_path / "a.xlsx"), storage, metadata=read, overwrite=True)["n"].tolist() == [2]


def test_points_are_made_of_a_spreadsheet(tmp_path: Path, storage: Path) -> None:
    source = book(tmp_path / "a.xlsx", ["lon", "lat"], [7.5, 51])
    assert ingested(source, storage, lonlat_cols=("lon", "lat")).total_bounds.tolist() == [7.5, 51, 7.5, 51]


def test_a_damaged_spreadsheet_is_refused(tmp_path: Path, storage: Path) -> None:
    source = Path(book(tmp_path / "a.xlsx", ["a"], [1]))
    content = bytearray(source.read_bytes())
    content[len(content) // 3] ^= 0xFF
    source.write_bytes(content)
    with pytest.raises(StepFailed, match=r"^a\.xlsx cannot be read: .* in it is damaged"):
        plain_ingested(str(source), storage)


def test_opendocument_tables_are_read(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "name": ["Köln", None], "when": pd.to_datetime(["2024-01-02 03:04", None])})
    pyogrio.write_dataframe(frame, tmp_path / "a.ods", driver="ODS")
    table = plain_ingested(str(tmp_path / "a.ods"), storage)
    assert table.iloc[0].tolist() == [1, "Köln", pd.Timestamp("2024-01-02 03:04")]
