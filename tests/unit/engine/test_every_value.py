"""Values that are kept as JSON: each is read back, or refused with what JSON has not, or told of."""

import json
from collections import OrderedDict, deque
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form
from tests.depth import examples


class Colour(Enum):
    RED = "r"


class Level(IntEnum):
    LOW = 1


LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_infinity=False)
    | st.text(st.characters(exclude_categories=()), max_size=4)
    | st.sampled_from([Colour.RED, Level.LOW, np.int64(5), np.float32(0.1), np.bool_(True), pd.NaT, pd.NA])
    | st.decimals(allow_nan=False, allow_infinity=False)
)
KEYS = st.text(max_size=3) | st.integers(0, 3) | st.booleans() | st.none() | st.sampled_from(["0", "1", "true", "null"])
VALUES = st.recursive(
    LEAF,
    lambda some: st.lists(some, max_size=3) | st.tuples(some) | st.dictionaries(KEYS, some, max_size=3),
    max_leaves=6,
)


@examples(200)
@given(VALUES)
def test_a_value_is_read_back_or_refused_or_told_of(value: Any) -> None:
    try:
        stored = stored_form({"it": value})
    except Unstorable as refused:
        assert "half a character" in str(refused) or "two of its keys are" in str(refused)
        return
    read = json.loads(stored.content)["it"]
    assert is_same(value, read) or "decimals with more digits" in str(stored.lossy)


def is_same(value: Any, read: Any) -> bool:
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value):
        return read is None
    if isinstance(value, Enum):
        return is_same(value.value, read)
    if isinstance(value, Decimal):
        return isinstance(read, int | float) and Decimal(repr(read)) == value
    if isinstance(value, dict):
        keys = [key if isinstance(key, str) else json.dumps(key) for key in value]
        return list(read) == keys and all(map(is_same, value.values(), read.values()))
    if isinstance(value, list | tuple):
        return len(value) == len(read) and all(map(is_same, value, read))
    return bool(value == read) and isinstance(value, bool | np.bool_) == isinstance(read, bool)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (
            np.array(["2024-02-29T00:00:00.000000001", "NaT"], "datetime64[ns]"),
            '["2024-02-29T00:00:00.000000001", null]',
        ),
        (np.array([1], "timedelta64[ns]"), '["P0DT0H0M0.000000001S"]'),
        (np.datetime64("NaT", "ns"), "null"),
        (np.array([[1, 2]], "datetime64[D]"), '[["1970-01-02", "1970-01-03"]]'),
        (np.ma.masked_array([1, 2], [False, True]), "[1, null]"),
        ({np.str_("a"): 1}, '{"a": 1}'),
        ({Colour.RED: date(2024, 2, 29)}, '{"r": "2024-02-29"}'),
        (deque([OrderedDict(a=0.1 + 0.2)]), '[{"a": 0.30000000000000004}]'),
        (
            [shapely.LinearRing([(0, 0), (1, 0), (1, 1)])],
            '[{"type": "LineString", "coordinates": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]}]',
        ),
        ({"price": Decimal("12345678901234567890.12")}, '{"price": "12345678901234567890.12"}'),
    ],
)
def test_a_value_has_its_own_form_in_json(value: Any, stored: str) -> None:
    content = stored_form({"it": value}).content.decode()
    assert content == f'{{"it": {stored}}}'


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({1: "a", "1": "b"}, "two of its keys are '1' as text"),
        ({True: 1, "true": 2}, "two of its keys are 'true' as text"),
        (np.array([(1, 2)], [("a", int), ("b", int)]), "it holds an array with named fields"),
        (np.longdouble(1), "it holds a longdouble"),
        ([shapely.Point(float("nan"), 1)], "a coordinate that is no number"),
        ("\ud800", "half a character"),
        ({"\ud800": 1}, "half a character"),
    ],
)
def test_what_json_has_not_is_said(value: Any, told: str) -> None:
    with pytest.raises(Unstorable) as refused:
        stored_form({"it": value})
    assert told in str(refused.value)


def test_a_moment_without_axes_is_no_number() -> None:
    stored = stored_form(xr.DataArray(np.datetime64("2024-02-29", "ns"), attrs={"source": "made"}))
    assert json.loads(stored.content) == "2024-02-29T00:00:00.000000000"
    assert stored.lossy == (
        "the attributes of the xarray itself are left out, since a plain value has no place for them",
    )


def test_a_text_with_half_a_character_says_how_to_do_without() -> None:
    with pytest.raises(Unstorable, match=r"half a character .*; text.encode\('utf-8', 'replace'\).decode\(\)"):
        stored_form("a\ud800")
