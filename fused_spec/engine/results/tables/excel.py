"""A table as the one sheet of an Excel file; it needs the package openpyxl.

Excel counts in floats and shows 15 digits, and its calendar begins in 1900: columns that it would bend are text.
"""

import importlib.util
import re
from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from fused_spec.engine.results.stored import Content, Tell, Unstorable
from fused_spec.engine.results.tables.cells import (
    tell_empty_texts,
    text_columns,
    with_line_ends,
    with_numbers,
    without_returns,
)

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST_TEXT = 32_767
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_LARGEST_WHOLE = 10**15
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ESCAPE = re.compile(r"_?x[0-9A-Fa-f]{4}_")
_FIRST_DAY = pd.Timestamp("1900-03-01")  # Excel has a 29 February before it


def write_excel(table: pd.DataFrame, tell: Tell) -> Content:
    """The table with a row of column names. Raises `Unstorable`."""
    if importlib.util.find_spec("openpyxl") is None:
        raise Unstorable("excel needs the package openpyxl: pip install 'fused-spec[excel]', or ask for csv")
    if len(table) >= _MOST_ROWS or len(table.columns) > _MOST_COLUMNS:
        raise Unstorable(
            f"an Excel sheet has {_MOST_ROWS:,} rows, one of them for the names, and {_MOST_COLUMNS:,} columns; the "
            f"returned table has {len(table):,} rows and {len(table.columns):,} columns; ask for csv or parquet"
        )
    texts = text_columns(with_numbers(table, tell), "Excel", tell).assign(**_dates(table))
    tell_empty_texts(texts, "Excel", tell)
    texts = _with_plain_names(without_returns(texts, "Excel", tell), tell)
    held = {str(name): _held(texts[name], str(name), tell) for name in texts}
    _check_texts(texts.columns, "the names")
    buffer = BytesIO()
    try:
        with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
            whole = pd.DataFrame(held, index=texts.index, columns=texts.columns)
            whole.to_excel(writer, index=False, sheet_name="udf")
            for row in writer.sheets["udf"].iter_rows():
                for cell in row:
                    _settle(cell)
    except (ValueError, NotImplementedError) as error:
        raise Unstorable(f"the returned table cannot be stored as Excel: {error}; ask for csv or parquet") from error
    return Content(suffix="xlsx", content_type=_TYPE, content=buffer.getvalue())


def _with_plain_names(table: pd.DataFrame, tell: Tell) -> pd.DataFrame:
    """The table with a line end for each carriage return in its names, which is what readers make of them."""
    names = {name: with_line_ends(name) for name in table.columns if "\r" in str(name)}
    if len({names.get(name, name) for name in table.columns}) < len(table.columns):
        raise Unstorable("names of columns that differ in their line ends are the same in Excel; rename one of them")
    for name, plain in names.items():
        tell(f"column {name}: it is called {plain} in Excel, whose files have no carriage returns")
    return table.rename(columns=names)


def _settle(cell: Any) -> None:
    """Keep the cell what it is: text that begins with = or is #N/A, and every digit of a float."""
    if cell.data_type in ("f", "e"):
        cell.data_type = "s"
    elif cell.data_type == "n" and isinstance(cell.value, float):
        cell.value = repr(float(cell.value))  # openpyxl would write 16 digits
        cell.data_type = "n"


def _dates(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns of days that Excel has."""
    objects = {str(name): column for name, column in table.items() if column.dtype == "object"}
    return {name: column for name, column in objects.items() if _has_days(column)}


def _has_days(column: pd.Series) -> bool:
    known = [one for one in column if not pd.api.types.is_scalar(one) or not pd.isna(one)]
    return bool(known) and all(type(one) is date and one >= _FIRST_DAY.date() for one in known)


def _held(column: pd.Series, name: str, tell: Tell) -> pd.Series:
    """The column with values that Excel keeps."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _as_text(column, name, "times with an offset", tell)
    if column.dtype.kind == "M":
        return column if _has_calendar(column.dropna()) else _as_text(column, name, "times that Excel has not", tell)
    if column.dtype.kind == "m":
        return _as_text(column, name, "durations", tell)
    if column.dtype.kind in "iu":
        beyond = len(column) and max(abs(int(column.max())), abs(int(column.min()))) >= _LARGEST_WHOLE
        return _as_text(column, name, "whole numbers of more than 15 digits", tell) if beyond else column
    if column.dtype.kind == "f":
        return _as_text(column, name, "infinite numbers", tell) if np.isinf(column).any() else column
    if column.dtype == "object":
        return _held_objects(column, name, tell)
    return column


def _has_calendar(known: pd.Series) -> bool:
    """Whether Excel has these moments: from March 1900 to 9999, in whole milliseconds."""
    if not len(known):
        return True
    if known.min() < _FIRST_DAY or known.max() >= pd.Timestamp("9999-12-31").as_unit("s") + pd.Timedelta(days=1):
        return False
    return bool((known.dt.microsecond % 1000 == 0).all() and (known.dt.nanosecond == 0).all())


def _held_objects(column: pd.Series, name: str, tell: Tell) -> pd.Series:
    _check_texts(column, f"column {name}")
    numbers = [one for one in column if isinstance(one, int) and not isinstance(one, bool)]
    if any(abs(one) >= _LARGEST_WHOLE for one in numbers):
        return _as_text(column, name, "whole numbers of more than 15 digits", tell)
    if any(isinstance(one, float) and np.isinf(one) for one in column):
        return _as_text(column, name, "infinite numbers", tell)
    return column


def _as_text(column: pd.Series, name: str, what: str, tell: Tell) -> pd.Series:
    tell(f"column {name}: {what} stand as text, since Excel would change or refuse them")
    return column.astype(object).map(lambda one: one if isinstance(one, str) else str(one), na_action="ignore")


def _check_texts(values: Iterable[Any], place: str) -> None:
    for value in values:
        if not isinstance(value, str):
            continue
        if len(value) > _LONGEST_TEXT or _CONTROL.search(value):
            raise Unstorable(
                f"{place} holds a text that Excel cannot: one of more than {_LONGEST_TEXT} characters, or "
                "with a control character; ask for csv or parquet"
            )
        if _ESCAPE.search(value):
            raise Unstorable(
                f"{place} holds a text like _x0041_, which Excel reads as a character; ask for csv or parquet"
            )
