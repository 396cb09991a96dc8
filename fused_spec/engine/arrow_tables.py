"""Tables as Parquet and Feather.

Both go through Arrow, which guesses a type for each column of objects; where the guess changes a value, the table is
refused.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as pf
import pyarrow.parquet as pq

from fused_spec.engine.stored import Tell, Unstorable
from fused_spec.engine.tables import has_telling_index, with_index

_SURE = (str, int, bool, float, bytes, Decimal, date)
_KEYS = "objects of which not all have the same keys get them all, null where one has none"
_ZONES = "times of several offsets are kept as moments in one"


def parquet(table: pd.DataFrame, tell: Tell) -> bytes:
    buffer = BytesIO()
    _settled(table, "Parquet", tell).to_parquet(buffer, index=has_telling_index(table))
    return buffer.getvalue()


def feather(table: pd.DataFrame, tell: Tell) -> bytes:
    flat = with_index(table).reset_index(drop=True)
    if table.attrs:
        tell("the attrs of the table are not kept")
    buffer = BytesIO()
    _settled(flat, "Feather", tell).to_feather(buffer)
    return buffer.getvalue()


def write_arrow(table: pa.Table, output_format: str) -> bytes:
    """An Arrow table as it is, in one of the two."""
    buffer = BytesIO()
    if output_format == "feather":
        pf.write_feather(table, buffer)
    else:
        pq.write_table(table, buffer)
    return buffer.getvalue()


def _settled(table: pd.DataFrame, form: str, tell: Tell) -> pd.DataFrame:
    """The table with columns of which Arrow keeps every value."""
    table = _with_sound_attrs(table, tell)
    changed: dict[str, pd.Series] = {}
    for number, kind in enumerate(table.dtypes):
        column = table.iloc[:, number]
        if kind == "object":
            kept = _kept(column, form, tell)
            if kept is not column:
                changed[str(column.name)] = kept
        elif isinstance(kind, pd.SparseDtype):
            changed[str(column.name)] = column.astype(kind.subtype)
    return table.assign(**changed) if changed else table


def _with_sound_attrs(table: pd.DataFrame, tell: Tell) -> pd.DataFrame:
    if not table.attrs:
        return table
    try:
        json.dumps(table.attrs)
    except (TypeError, ValueError, RecursionError):
        tell("the attrs of the table are not kept, since JSON cannot hold them")
        table = table.copy(deep=False)
        table.attrs = {}
    return table


def _kept(column: pd.Series, form: str, tell: Tell) -> pd.Series:
    kinds = {type(value) for value in column} - {type(None)}
    if len(kinds) <= 1 and kinds <= set(_SURE):
        return column
    if kinds and all(issubclass(kind, pd.Timestamp | pd.Timedelta | type(pd.NaT)) for kind in kinds):
        column = column.infer_objects()  # Arrow would cut their nanoseconds
        if column.dtype != "object":
            return column
    for value, back in zip(column, pa.array(column, from_pandas=True).to_pylist(), strict=True):
        if (difference := _difference(value, back)) is None:
            continue
        if difference in (_KEYS, _ZONES):
            tell(f"column {column.name}: {difference}")
            continue
        raise Unstorable(
            f"column {column.name} cannot be stored as {form}: {difference}; "
            "give the column values of one kind (astype(str) makes text of any)"
        )
    return column


def _difference(value: Any, back: Any) -> str | None:
    """What becomes of a value that comes back as another one; None when it is the same."""
    if value is None or value is pd.NA or value is pd.NaT or (np.isscalar(value) and value != value):
        return None if back is None else _shown(value, back)
    match value:
        case Mapping():
            return _difference_within(value, back)
        case list() | tuple() | np.ndarray():
            if not isinstance(back, list) or len(back) != len(value):
                return _shown(value, back)
            found = [one for one in map(_difference, value, back) if one is not None]
            return max(found, key=lambda one: one not in (_KEYS, _ZONES), default=None)
        case set() | frozenset():
            return None if isinstance(back, list) and set(back) == value else _shown(value, back)
        case datetime() if isinstance(back, datetime) and value.tzinfo is not None and back.tzinfo is not None:
            if value != back:
                return _shown(value, back)
            return None if value.utcoffset() == back.utcoffset() else _ZONES
        case np.datetime64() | np.timedelta64():
            value = pd.Timestamp(value) if isinstance(value, np.datetime64) else pd.Timedelta(value)
        case bool() if not isinstance(back, bool):
            return _shown(value, back)
        case Decimal() if value.is_nan():
            return None if back is None else _shown(value, back)
    return None if _is_equal(value, back) else _shown(value, back)


def _difference_within(value: Mapping[Any, Any], back: Any) -> str | None:
    if not isinstance(back, dict) or not value.keys() <= back.keys():
        return _shown(value, back)
    found = [one for key, item in value.items() if (one := _difference(item, back[key])) is not None]
    if len(back) > len(value):
        found.append(_KEYS)
    return max(found, key=lambda one: one not in (_KEYS, _ZONES), default=None)


def _is_equal(value: Any, back: Any) -> bool:
    """Whether both are the same value of the same kind; a date equals no moment, though Python may say so."""
    if isinstance(value, datetime) != isinstance(back, datetime) or isinstance(value, str) != isinstance(back, str):
        return False
    if isinstance(value, time) and (not isinstance(back, time) or value.tzinfo is not None):
        return False
    try:
        if isinstance(value, pd.Timedelta | timedelta):
            return bool(pd.Timedelta(value) == pd.Timedelta(back))
        return bool(value == back)
    except (TypeError, ValueError):
        return False


def _shown(value: Any, back: Any) -> str:
    return f"{_short(value)} would become {_short(back)}"


def _short(value: Any) -> str:
    text = f"{value!r}"
    return text if len(text) <= 60 else f"{text[:60]}…"
