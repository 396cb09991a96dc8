"""Values that JSON has not, in the form in which it can hold them."""

import dataclasses
import json
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
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.results.geometry_forms import as_geojson
from fused_spec.engine.results.stored import Tell

ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
"""Writes what `jsonable` gives: numbers with as many digits as read back, and text as it is."""


def jsonable(value: Any, tell: Tell) -> Any:
    """The value and all in it as JSON has them; raises `TypeError` and `ValueError`, which say what it has not.

    What is missing (NaN, NaT, NA) is null, dates are ISO 8601, geometries are GeoJSON.
    """
    match value:
        case None | bool():
            return value
        case Enum():
            return jsonable(value.value, tell)
        case np.datetime64() | np.timedelta64():
            return _moment(value)
        case np.generic():
            return jsonable(plain_of(value), tell)
        case str():
            return _text(value)
        case int():
            return value
        case float():
            return _number(value)
        case Decimal():
            return _decimal(value, tell)
        case Mapping():
            return _object(value, tell)
        case set() | frozenset():
            return [jsonable(item, tell) for item in _in_order(value)]
        case list() | tuple() | deque() | range() | KeysView() | ValuesView() | ItemsView() | pd.Index():
            return [jsonable(item, tell) for item in value]
        case np.ndarray():
            return _array(value, tell)
    return _from_object(value, tell)


def _from_object(value: Any, tell: Tell) -> Any:
    if value is pd.NaT or value is pd.NA:
        return None
    match value:
        case date() | time() | pd.Timestamp() | pd.Timedelta():
            return value.isoformat()
        case timedelta():
            return pd.Timedelta(value).isoformat()
        case uuid.UUID() | PurePath() | pd.Period() | pd.Interval():
            return str(value)
        case BaseGeometry():
            return as_geojson(value, tell)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return jsonable(fields, tell)
    if hasattr(value, "model_dump"):  # pydantic
        return jsonable(value.model_dump(), tell)
    raise TypeError(f"it holds a {type(value).__name__}")


def plain_of(value: np.generic) -> Any:
    """A number or text of numpy as Python's own; raises `TypeError` for what has no equal there."""
    plain = value.item()
    if isinstance(plain, np.generic):  # a longdouble
        raise TypeError(f"it holds a {type(value).__name__}")
    return plain


def _moment(value: np.datetime64 | np.timedelta64) -> str | None:
    """As ISO 8601, with the digits that it has; durations of months and years as numpy writes them."""
    if np.isnat(value):
        return None
    if isinstance(value, np.datetime64):
        return str(value)
    has_length = np.datetime_data(value.dtype)[0] not in ("generic", "Y", "M")
    return str(pd.Timedelta(value).isoformat()) if has_length else str(value)


def _array(array: np.ndarray, tell: Tell) -> Any:
    """Its values in lists; those of moments one by one, since as Python's they are numbers, or cut."""
    if array.dtype.names is not None:
        raise TypeError("it holds an array with named fields")
    if array.ndim > 0 and array.dtype.kind in "mM":
        return [jsonable(item, tell) for item in array]
    if array.dtype.kind == "f" and array.dtype.itemsize > np.dtype(float).itemsize:
        raise TypeError(f"it holds an array of {array.dtype}")
    return jsonable(array.tolist() if array.dtype.kind not in "mM" else array[()], tell)


def _text(value: str) -> str:
    """A text as a plain one; half a character (a lone surrogate) has no form in UTF-8."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(HALF_CHARACTER) from None
    return str(value)


HALF_CHARACTER = "it holds half a character (a lone surrogate), which UTF-8 has not"


def _number(value: float) -> float | None:
    if math.isinf(value):
        raise ValueError("it holds infinity, for which JSON has no word; None can stand in its place")
    return None if math.isnan(value) else float(value)


def _decimal(value: Decimal, tell: Tell) -> Any:
    """A number where it is the same one, else its digits as text."""
    if value.is_nan():
        return None
    number = _number(float(value))
    if Decimal(repr(number)) == value:
        return number
    tell("decimals with more digits than a number of JSON keeps stand as text")
    return str(value)


def _object(value: Mapping[Any, Any], tell: Tell) -> dict[Any, Any]:
    """With text for keys; two that would be the same text are refused, since readers keep one of them."""
    plain: dict[Any, Any] = {}
    for key, item in value.items():
        name = _key(key, tell)
        if name in plain:
            raise ValueError(f"two of its keys are {name!r} as text")
        plain[name] = jsonable(item, tell)
    return plain


def _key(key: Any, tell: Tell) -> str:
    """A key as the text that JSON has for it."""
    if isinstance(key, str) and not isinstance(key, Enum | np.generic):
        return _text(key)
    if isinstance(key, Mapping | list | tuple | set | frozenset) or (isinstance(key, float) and not math.isfinite(key)):
        raise TypeError(f"it has the key {key!r}")
    plain = jsonable(key, tell)
    if isinstance(plain, str):
        return plain
    if plain is None or isinstance(plain, int | float):
        return ENCODER.encode(plain)
    raise TypeError(f"it has the key {key!r}")


def _in_order(values: set[Any] | frozenset[Any]) -> list[Any]:
    """Sorted where they can be, so that equal sets are the same text."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)
