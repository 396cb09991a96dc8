"""The cells of a table as values of other forms: those that JSON has, or text.

A column that cannot be told exactly is refused by its name; what a form loses of one is told with it.
"""

from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import PurePath
from typing import Any, Literal
from uuid import UUID

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.results.geometry_forms import as_wkt
from fused_spec.engine.results.jsonable import ENCODER, HALF_CHARACTER, jsonable, plain_of
from fused_spec.engine.results.stored import Tell, Unstorable

_WIDEST = np.dtype(float).itemsize  # a longdouble has more digits than Python can write
_SHORT = 15  # digits of which every float keeps each
_HOLDING = (list, tuple, set, frozenset, dict, np.ndarray)
_AS_PYTHON_WRITES = (date, time, Decimal, pd.Period, pd.Interval, UUID, PurePath)


def json_cells(column: pd.Series, name: str, tell: Tell) -> list[Any]:
    """The values of a column as JSON has them, None for what is missing."""
    tell = partial(_tell_of, name, tell)
    tell_zone(column, tell)
    if column.dtype.kind == "f" and isinstance(column.dtype, np.dtype) and column.dtype.itemsize <= _WIDEST:
        if np.isinf(column.to_numpy()).any():
            raise Unstorable(f"column {name} holds infinity, for which JSON has no word; None can stand in its place")
        return [None if number != number else number for number in column.tolist()]
    if column.dtype.kind in "iub" and isinstance(column.dtype, np.dtype):
        return list(column.tolist())
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return _moments(column.to_numpy())
    return _converted(column, name, "JSON", lambda value: jsonable(value, tell))


def _moments(values: np.ndarray) -> list[str | None]:
    """Moments without a zone as ISO 8601, with as many digits as the finest of them needs."""
    missing = np.isnat(values)
    known = values[~missing]
    units: tuple[Literal["s", "ms", "us", "ns"], ...] = ("s", "ms", "us", "ns")
    unit = next(unit for unit in units if (known == known.astype(f"datetime64[{unit}]")).all())
    texts = np.datetime_as_string(values, unit=unit)
    return [None if is_missing else str(text) for text, is_missing in zip(texts, missing, strict=True)]


def text_columns(table: pd.DataFrame, form: str, tell: Tell) -> pd.DataFrame:
    """The table with values that are text, numbers, truth values and moments, None for what is missing.

    What holds other values is text in JSON; a decimal has its digits, an enumeration its value.
    """
    texts = {str(name): _texts(table[name], str(name), form, partial(_tell_of, str(name), tell)) for name in table}
    return pd.DataFrame(texts, index=table.index, columns=table.columns)


def tell_zone(column: pd.Series, tell: Tell) -> None:
    """Say that the name of a time zone is lost, where a text has an offset alone."""
    zone = getattr(column.dtype, "tz", None) or getattr(getattr(column.dtype, "pyarrow_dtype", None), "tz", None)
    if zone is None:
        return
    named = zone if isinstance(zone, str) else str(zone) if zone.utcoffset(None) is None else "UTC"
    if named != "UTC" and not named.startswith(("+", "-")):
        tell(f"each time has its offset, and the name of the zone ({named}) is not kept")


def tell_empty_texts(table: pd.DataFrame, form: str, tell: Tell) -> None:
    """Say where an empty text and a missing value become the same."""
    for name, column in table.items():
        if column.dtype == "object" and any(isinstance(value, str) and not value for value in column):
            tell(f"column {name}: an empty text and a missing value are the same in {form}")


def with_numbers(table: pd.DataFrame, tell: Tell) -> pd.DataFrame:
    """The table with decimals as numbers, for a form that has numbers; a column of longer ones stays, and is text."""
    changed = {}
    for name, column in table.items():
        if column.dtype != "object" or not any(isinstance(value, Decimal) for value in column):
            continue
        if all(_is_short(value) for value in column):
            changed[str(name)] = column.map(lambda value: float(value) if isinstance(value, Decimal) else value)
        else:
            tell(f"column {name}: decimals of more than {_SHORT} digits stand as text")
    return table.assign(**changed) if changed else table


def _is_short(value: Any) -> bool:
    return not isinstance(value, Decimal) or value.is_nan() or Decimal(f"{float(value):.{_SHORT}g}") == value


def without_returns(table: pd.DataFrame, form: str, tell: Tell) -> pd.DataFrame:
    """The table with a line end for each carriage return, which is what readers of XML make of them."""
    changed = {}
    for name, column in table.items():
        if column.dtype == "object" and any(isinstance(value, str) and "\r" in value for value in column):
            tell(f"column {name}: carriage returns become line ends, as in every file of {form}")
            changed[str(name)] = column.map(with_line_ends)
    return table.assign(**changed) if changed else table


def with_line_ends(value: Any) -> Any:
    """A text with a line end for each carriage return; any other value as it is."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _texts(column: pd.Series, name: str, form: str, tell: Tell) -> pd.Series:
    tell_zone(column, tell)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufbmM" and column.dtype.itemsize <= _WIDEST:
        return column.astype(float) if column.dtype.kind == "f" else column  # a short float has too few digits as text
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    values = _converted(column, name, form, partial(_text, tell))
    return pd.Series(values, index=column.index, dtype=object)


def _text(tell: Tell, value: Any) -> Any:
    """A cell as text, a number or a truth value; raises `TypeError` and `ValueError`."""
    match value:
        case Enum():
            return _text(tell, value.value)
        case np.generic() if not isinstance(value, np.datetime64 | np.timedelta64):
            return _text(tell, plain_of(value))
        case str():
            return jsonable(value, tell)
        case bool() | int() | float():
            return value
        case timedelta():
            return str(pd.Timedelta(value))
        case BaseGeometry():
            return as_wkt([value])[0]
        case bytes() | bytearray():
            tell("bytes stand as Python writes them (b'…')")
            return str(bytes(value))
    if isinstance(value, _AS_PYTHON_WRITES):
        return str(value)
    if isinstance(value, _HOLDING):
        return ENCODER.encode(jsonable(value, tell))
    plain = jsonable(value, tell)
    return plain if isinstance(plain, str | int | float) else ENCODER.encode(plain)


def _converted(column: pd.Series, name: str, form: str, convert: Callable[[Any], Any]) -> list[Any]:
    values: Sequence[Any] = list(column)
    if _are_texts(values):
        return [value if isinstance(value, str) else None for value in values]
    try:
        return [None if _is_missing(value) else convert(value) for value in values]
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unstorable(f"column {name} cannot be stored as {form}: {_why(error)}") from error


def _are_texts(values: Sequence[Any]) -> bool:
    """Whether all are plain texts of whole characters, or missing: most columns are, and they are long."""
    if not all(type(value) is str or _is_missing(value) for value in values):
        return False
    try:
        "".join(value for value in values if type(value) is str).encode()
    except UnicodeEncodeError:
        return False
    return True


def _why(error: Exception) -> str:
    said = str(error) or type(error).__name__
    if said == HALF_CHARACTER:
        return f"{said}; text.encode('utf-8', 'replace').decode() has a question mark in its place"
    if isinstance(error, RecursionError):
        return "it holds itself, or is nested very deeply"
    return (
        f"{said}; ask for parquet, or give the column values of another kind" if said.startswith("it holds a") else said
    )


def _is_missing(value: Any) -> bool:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _tell_of(name: str, tell: Tell, sentence: str) -> None:
    tell(f"column {name}: {sentence}")
