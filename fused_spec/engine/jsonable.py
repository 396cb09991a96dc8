"""Values that JSON has not, in the form in which it can hold them."""

import dataclasses
import math
import uuid
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry


def jsonable(value: Any) -> Any:
    """The value and all in it as JSON has them; raises `TypeError` and `ValueError`, which say what it has not.

    What is missing (NaN, NaT, NA) is null, dates are ISO 8601, geometries are GeoJSON.
    """
    match value:
        case Enum():
            return jsonable(value.value)
        case np.generic() if not isinstance(value, np.datetime64 | np.timedelta64):
            return jsonable(value.item())
        case None | bool() | str() | int():
            return value
        case float() | Decimal():
            return _number(value)
        case Mapping():
            return {_key(key): jsonable(item) for key, item in value.items()}
        case set() | frozenset():
            return [jsonable(item) for item in _in_order(value)]
        case list() | tuple() | deque() | range() | KeysView() | ValuesView() | ItemsView() | pd.Index():
            return [jsonable(item) for item in value]
        case np.ndarray():
            return jsonable(value.tolist())
    return _from_object(value)


def _from_object(value: Any) -> Any:
    if value is pd.NaT or value is pd.NA:
        return None
    match value:
        case np.datetime64() | np.timedelta64():
            return str(value)
        case date() | time() | pd.Timestamp() | pd.Timedelta():
            return value.isoformat()
        case timedelta():
            return pd.Timedelta(value).isoformat()
        case uuid.UUID() | PurePath() | pd.Period() | pd.Interval():
            return str(value)
        case BaseGeometry():
            return mapping(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return jsonable(dataclasses.asdict(value))
    if hasattr(value, "model_dump"):  # pydantic
        return jsonable(value.model_dump())
    raise TypeError(f"it holds a {type(value).__name__}")


def _number(value: float | Decimal) -> float | None:
    number = float(value)
    if math.isinf(number):
        raise ValueError("it holds infinity, for which JSON has no word; None can stand in its place")
    return None if math.isnan(number) else number


def _key(key: Any) -> Any:
    """Keys are text; what `json` turns into text is left to it."""
    if isinstance(key, float | Mapping | list | tuple | set | frozenset):
        if isinstance(key, float) and math.isfinite(key):
            return key
        raise TypeError(f"it has the key {key!r}")
    plain = jsonable(key)
    if plain is None or isinstance(plain, str | int | float):
        return plain
    raise TypeError(f"it has the key {key!r}")


def _in_order(values: set[Any] | frozenset[Any]) -> list[Any]:
    """Sorted where they can be, so that equal sets are the same text."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)
