"""Tables as Parquet and Feather.

Both go through Arrow, which guesses a type for each column of objects; where the guess changes a value, the table is
refused.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as pf
import pyarrow.parquet as pq
from geopandas.array import GeometryDtype
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.results.jsonable import HALF_CHARACTER
from fused_spec.engine.results.stored import Tell, Unstorable
from fused_spec.engine.results.tables.arrow_types import with_plain_types
from fused_spec.engine.results.tables.frames import has_telling_index, with_index

_SURE = (str, bool, float, bytes, date)
_LARGEST_EXACT = 2**53
_ONE_KIND = "give the column values of one kind (astype(str) makes text of any)"
_KEYS = "objects of which not all have the same keys get them all, null where one has none"
_ZONES = "times of several offsets are kept as moments in one"


def parquet(table: pd.DataFrame, tell: Tell) -> bytes:
    for name, column in table.items():
        if isinstance(column.dtype, pd.CategoricalDtype) and not _is_text(column.cat.categories.dtype):
            tell(f"column {name}: its categories, which are no text, come back as plain values")
    settled, buffer = _settled(table, "Parquet", tell), BytesIO()
    with _placed(settled, "Parquet", pq.write_table):
        settled.to_parquet(buffer, index=has_telling_index(table))
    return buffer.getvalue()


def feather(table: pd.DataFrame, tell: Tell) -> bytes:
    flat = with_index(table).reset_index(drop=True)
    if table.attrs:
        tell("the attrs of the table are not kept")
    settled, buffer = _settled(flat, "Feather", tell), BytesIO()
    with _placed(settled, "Feather", pf.write_feather):
        settled.to_feather(buffer)
    return buffer.getvalue()


def write_arrow(table: pa.Table, output_format: str, tell: Tell) -> bytes:
    """An Arrow table with the types that it has, in one of the two."""
    table = with_plain_types(table)
    for name, column in zip(table.column_names, table.columns, strict=True):
        _tell_rounding(name, column, tell)
    write = pf.write_feather if output_format == "feather" else pq.write_table
    buffer = BytesIO()
    try:
        write(table, buffer)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        for name in table.column_names:
            _try(name, output_format, write, table.select([name]))
        raise
    return buffer.getvalue()


def _try(name: Any, form: str, write: Callable[[pa.Table, BytesIO], None], column: pa.Table) -> None:
    """Write a column alone, for an error that names it."""
    try:
        write(column, BytesIO())
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise Unstorable(f"column {name} cannot be stored as {form}: {_why(error)}; {_ONE_KIND}") from error


@contextmanager
def _placed(table: pd.DataFrame, form: str, write: Callable[[pa.Table, BytesIO], None]) -> Iterator[None]:
    """Name the column of which an error comes, which the libraries do not always."""
    try:
        yield
    except Exception:
        for name, column in pd.DataFrame(table).items():
            if isinstance(column.dtype, GeometryDtype):
                continue
            try:
                alone = pa.table({str(name): pa.array(column, from_pandas=True)})
            except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
                raise Unstorable(f"column {name} cannot be stored as {form}: {_why(error)}; {_ONE_KIND}") from error
            _try(name, form, write, alone)
        raise


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
        elif isinstance(kind, pd.ArrowDtype) and pa.types.is_nested(kind.pyarrow_dtype):
            # Of such a type pandas leaves a name in the file by which it cannot read it again.
            changed[str(column.name)] = _kept(_as_objects(column), form, tell)
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
    if any(issubclass(kind, BaseGeometry) for kind in kinds):
        frame = f"geopandas.GeoDataFrame(df, geometry={column.name!r})"
        raise Unstorable(f"column {column.name} holds geometries, so return a GeoDataFrame: {frame}")
    if Decimal in kinds and any(isinstance(one, Decimal) and one.is_infinite() for one in column):
        raise Unstorable(f"column {column.name} holds an infinite decimal, which {form} has not; use floats, or None")
    if kinds and all(issubclass(kind, pd.Timestamp | pd.Timedelta | type(pd.NaT)) for kind in kinds):
        column = column.infer_objects()  # Arrow would cut their nanoseconds
        if column.dtype != "object":
            return column
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        raise Unstorable(f"column {column.name} cannot be stored as {form}: {_why(error)}; {_ONE_KIND}") from error
    _tell_rounding(str(column.name), array, tell)
    if kinds in ({int}, {Decimal}) or _are_even_lists(column):
        return column
    for value, back in zip(column, array.to_pylist(), strict=True):
        if (difference := _difference(value, back)) is None:
            continue
        if difference in (_KEYS, _ZONES):
            tell(f"column {column.name}: {difference}")
            continue
        raise Unstorable(f"column {column.name} cannot be stored as {form}: {difference}; {_ONE_KIND}")
    return column


def _are_even_lists(column: pd.Series) -> bool:
    """Whether all are lists of values of one kind, which Arrow keeps; to compare each would take far longer."""
    kinds: set[Any] = set()
    for value in column:
        if isinstance(value, np.ndarray) and not value.dtype.hasobject and value.ndim == 1:
            kinds.add(value.dtype)
        elif isinstance(value, list | tuple):
            kinds.update(map(type, value))
        elif value is not None:
            return False
    kinds.discard(type(None))
    return len(kinds) <= 1 and all(kind in _SURE or kind is int or isinstance(kind, np.dtype) for kind in kinds)


def _as_objects(column: pd.Series) -> pd.Series:
    """The values as Python's own; `astype` would make floats of whole numbers beside missing ones in a list."""
    return pd.Series(list(column), index=column.index, name=column.name, dtype=object)


def _tell_rounding(name: str, array: Any, tell: Tell) -> None:
    """Say of whole numbers that stand right in the file, but that pandas makes floats of."""
    if any(_is_rounded(part) for part in (array.chunks if isinstance(array, pa.ChunkedArray) else [array])):
        tell(f"column {name}: whole numbers beyond 2**53 beside missing ones, which pandas reads as floats")


def _is_rounded(array: Any) -> bool:
    kind = array.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _is_rounded(array.flatten())
    if pa.types.is_struct(kind) or not (pa.types.is_int64(kind) or pa.types.is_uint64(kind)) or not array.null_count:
        return False
    least, most = pc.min_max(array).values()
    return most.is_valid and bool(max(most.as_py(), -least.as_py()) > _LARGEST_EXACT)


def _is_text(kind: Any) -> bool:
    return bool(pd.api.types.is_string_dtype(kind))


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


def _why(error: Exception) -> str:
    """What a library says; pyarrow says it in several pieces, and the second names the column once more."""
    if isinstance(error, UnicodeEncodeError):
        return HALF_CHARACTER
    return str(error.args[0]).strip().rstrip(".") if error.args else type(error).__name__


def _shown(value: Any, back: Any) -> str:
    return f"{_short(value)} would become {_short(back)}"


def _short(value: Any) -> str:
    text = f"{value!r}"
    return text if len(text) <= 60 else f"{text[:60]}…"
