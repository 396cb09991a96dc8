"""Python values on their way into JSON: sent as what they are, or refused with their place."""

import datetime
import decimal
import enum
import pathlib
import types
import uuid
from typing import Any

import numpy
import pandas
import pytest

from fused_spec.api.errors import InvalidArgument
from fused_spec.api.values.plain import as_plain, whole_number


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (True, True),
        (2**80, 2**80),
        (0.1, 0.1),
        ("é", "é"),
        ((1, [2]), [1, [2]]),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        ({2: "a", None: "b", True: "c"}, {"2": "a", "null": "b", "true": "c"}),
        (Colour.RED, "red"),
        (numpy.int64(5), 5),
        (numpy.float32(0.5), 0.5),
        (numpy.float64(0.5), 0.5),
        (numpy.bool_(True), True),
        (numpy.str_("a"), "a"),
        (numpy.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
        ({"a": [numpy.array(3)]}, {"a": [3]}),
        ({numpy.int64(1): 2}, {"1": 2}),
    ],
)
def test_a_value_is_sent_as_it_is(value: Any, sent: Any) -> None:
    plain = as_plain(value)
    assert (plain, type(plain)) == (sent, type(sent))


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        numpy.float32("nan"),
        numpy.array([1.0, numpy.inf]),
        numpy.datetime64("2031-05-01"),
        numpy.complex128(1),
        numpy.array([{1}], dtype=object),
        pandas.NA,
        pandas.NaT,
        pandas.Timestamp("2031-05-01"),
        pandas.DataFrame({"a": [1]}),
        datetime.datetime(2031, 5, 1),
        datetime.date(2031, 5, 1),
        datetime.timedelta(1),
        decimal.Decimal(1),
        uuid.UUID(int=1),
        pathlib.Path("a"),
        b"bytes",
        {1, 2},
        {(1, 2): 3},
        1j,
        object(),
        "\ud800",
    ],
)
def test_a_value_that_json_cannot_carry_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(InvalidArgument, match=r"input\[1\]\.a"):
        as_plain({"input": [0, {"a": value}]})


@pytest.mark.parametrize("value", ["30", 30.5, 30.0, True, [30], float("nan"), -1])
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidArgument, match="disk_size_gb"):
        whole_number(value, "disk_size_gb", least=0)


@pytest.mark.parametrize("value", [30, numpy.int16(30)])
def test_a_whole_number_may_be_numpys(value: Any) -> None:
    assert whole_number(value, "disk_size_gb") == 30
