"""Tables of any columns, in every form: each cell is read back, or the column is refused or told of by its name."""

from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form
from tests.depth import examples
from tests.unit.engine.reading_back import READERS, is_same

pytestmark = pytest.mark.filterwarnings("ignore:.*shapely.ops.transform.*")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=6) | st.sampled_from(
    ["", "NaT", "nan", "None", "#N/A", "=1+1", "_x0041_", "a\rb", "a\r\nb", ",", '"', " x ", "\x00", "<b>&amp;", "1e5"]
)
INT64 = st.integers(-(2**63), 2**63 - 1)
MOMENT = st.datetimes(
    min_value=pd.Timestamp("1700-01-01").to_pydatetime(), max_value=pd.Timestamp("2200-01-01").to_pydatetime()
)
NANOSECONDS = st.integers(-(2**62), 2**62)
LEAF = st.none() | st.booleans() | INT64 | st.floats(allow_infinity=False) | st.text(max_size=4)


def nullable(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


KINDS: Mapping[str, tuple[st.SearchStrategy[Any], Callable[[list[Any]], Any]]] = {
    "bool": (st.booleans(), lambda given: np.array(given, bool)),
    "int64": (INT64, lambda given: np.array(given, "int64")),
    "uint64": (st.integers(0, 2**64 - 1), lambda given: np.array(given, "uint64")),
    "int8": (st.integers(-128, 127), lambda given: np.array(given, "int8")),
    "float64": (st.floats(), lambda given: np.array(given, "float64")),
    "float32": (st.floats(width=32), lambda given: np.array(given, "float32")),
    "float16": (st.floats(width=16), lambda given: np.array(given, "float16")),
    "masked int": (nullable(INT64), lambda given: pd.array(given, dtype="Int64")),
    "masked bool": (nullable(st.booleans()), lambda given: pd.array(given, dtype="boolean")),
    "text": (nullable(ANY_TEXT), lambda given: pd.Series(given, dtype=object)),
    "nanoseconds": (nullable(NANOSECONDS), lambda given: pd.to_datetime(pd.Series(given, dtype="Int64"), unit="ns")),
    "moments": (nullable(MOMENT), lambda given: pd.Series(given, dtype="datetime64[us]")),
    "zoned": (
        MOMENT,
        lambda given: pd.Series(given, dtype="datetime64[us]").dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    ),
    "offsets": (
        st.datetimes(
            pd.Timestamp("1950-01-01").to_pydatetime(),
            timezones=st.sampled_from([UTC, ZoneInfo("Asia/Kolkata")]),
        ),
        lambda given: pd.Series(given, dtype=object),
    ),
    "durations": (nullable(NANOSECONDS), lambda given: pd.to_timedelta(pd.Series(given, dtype="Int64"), unit="ns")),
    "dates": (nullable(st.dates()), lambda given: pd.Series(given, dtype=object)),
    "times": (nullable(st.times()), lambda given: pd.Series(given, dtype=object)),
    "decimals": (
        nullable(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12)),
        lambda given: pd.Series(given, dtype=object),
    ),
    "categories": (nullable(st.sampled_from(["a", "b", ""])), pd.Categorical),
    "whole categories": (nullable(INT64), lambda given: pd.Categorical(pd.array(given, dtype="Int64"))),
    "bytes": (nullable(st.binary(max_size=4)), lambda given: pd.Series(given, dtype=object)),
    "lists": (nullable(st.lists(INT64 | st.none(), max_size=3)), lambda given: pd.Series(given, dtype=object)),
    "objects": (
        nullable(st.fixed_dictionaries({"a": nullable(INT64)}, optional={"b": nullable(st.text(max_size=3))})),
        lambda given: pd.Series(given, dtype=object),
    ),
    "anything": (
        st.recursive(
            LEAF,
            lambda some: st.lists(some, max_size=2) | st.dictionaries(st.text(max_size=3), some, max_size=2),
            max_leaves=4,
        ),
        lambda given: pd.Series(given, dtype=object),
    ),
    "arrow lists": (
        nullable(st.lists(nullable(INT64), max_size=3)),
        lambda given: pd.array(given, dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    ),
    "mixed": (LEAF | MOMENT | st.dates() | st.binary(max_size=2), lambda given: pd.Series(given, dtype=object)),
}


@st.composite
def columns(draw: st.DrawFn) -> tuple[str, Any]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    values, made = KINDS[kind]
    given = draw(st.lists(values, max_size=4))
    return kind, pd.Series(made(given))


LACKING = pd.DataFrame(
    {
        "text": pd.Series(["a", None], dtype=object),
        "number": [1.5, float("nan")],
        "time": pd.to_datetime(["2024-02-29", None]),
        "length": pd.to_timedelta([1, None]),
        "whole": pd.array([1, None], dtype="Int64"),
        "word": pd.array(["a", None], dtype="string"),
        "kind": pd.Categorical(["a", None]),
        "decimal": pd.Series([Decimal(1), None], dtype=object),
    }
)


def test_what_is_missing_has_no_key_in_a_vector_tile() -> None:
    located = gpd.GeoDataFrame(LACKING, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=4326)
    stored = stored_form(located, ["mvt"], tile=(0, 0, 0))
    [layer] = mapbox_vector_tile.decode(stored.content).values()
    first, second = (feature["properties"] for feature in layer["features"])
    assert (sorted(first), second) == (sorted(LACKING), {})


@pytest.mark.parametrize("output_format", ["json", "geojson", "parquet", "feather"])
def test_what_is_missing_is_null(output_format: str) -> None:
    located = gpd.GeoDataFrame(LACKING, geometry=gpd.points_from_xy([0, 1], [0, 1]), crs=4326)
    read = READERS[output_format](stored_form(located, [output_format]).content)
    assert [name for name in LACKING if read[name][1] is not None] == []


@pytest.mark.parametrize("output_format", sorted(READERS))
@examples(50)
@given(made=columns())
@example(made=("lists", pd.Series([[2**53 + 1, None]])))
@example(made=("mixed", pd.Series([1, "1"], dtype=object)))
def test_every_cell_is_read_back_or_the_column_is_refused_or_told_of(output_format: str, made: tuple[str, Any]) -> None:
    _, column = made
    table = pd.DataFrame({"x": column})
    if output_format in ("geojson", "mvt"):
        table = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(range(len(table)), range(len(table))), crs=4326)
    try:
        stored = stored_form(table, [output_format], tile=(0, 0, 0))
    except Unstorable as refused:
        assert "column x " in str(refused)  # with the column, and never a traceback
        return
    back = READERS[output_format](stored.content)
    if any(sentence.startswith("column x: ") for sentence in stored.lossy) or not len(table):
        return
    read = back.get("x", [None] * len(table))
    assert len(read) == len(table)
    assert [pair for pair in zip(column, read, strict=True) if not is_same(*pair)] == []
