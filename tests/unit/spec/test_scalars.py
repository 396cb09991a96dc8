from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.documents.scalars import Doubt, plain


def doubt(text: str) -> Doubt:
    value = plain(text)
    assert isinstance(value, Doubt)
    return value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("+5", 5),
        ("-12", -12),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1.5e+3", 1500.0),
        ("012.5", 12.5),
        ("9007199254740992", 2**53),
    ],
)
def test_what_both_yaml_versions_agree_on_is_a_value(text: str, value: Any) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "m5.large",
        "y",
        "N",
        "2024-01-01",
        "2024-13-45",
        "2001-12-14t21:59:43.10-05:00",
        "=",
        "-",
        "+",
        ".",
        "nope",
        "1.2.3",
    ],
)
def test_text_and_dates_are_text(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("text", ["no", "NO", "Yes", "on", "OFF"])
def test_a_word_for_a_boolean_may_stand_where_only_text_can(text: str) -> None:
    assert doubt(text).text_may_do


@pytest.mark.parametrize("text", ["22:22", "1:30:00", "1_000", "0b11", "-0x1F", "190:20:30.15", "1_0.5"])
def test_an_old_number_may_stand_where_only_text_can(text: str) -> None:
    assert doubt(text).text_may_do


@pytest.mark.parametrize("text", ["012", "-07", "08", "0x1F", "0o17", "1e3", "1.5e3", "1e+3"])
def test_a_number_that_versions_read_differently_may_not_stand(text: str) -> None:
    assert (doubt(text).code, doubt(text).text_may_do) == ("ambiguous-value", False)


@pytest.mark.parametrize("text", [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1.0e+400", "1e400"])
def test_what_is_not_finite_may_not_stand(text: str) -> None:
    assert doubt(text).code == "not-finite"


@pytest.mark.parametrize("text", ["9007199254740993", "-9007199254740993", "9" * 5000])
def test_a_whole_number_that_loses_digits_may_not_stand(text: str) -> None:
    assert doubt(text).code == "number-too-large"


@given(st.text(alphabet="0123456789+-._:eExXobnysfINFA~", max_size=12))
def test_a_value_is_what_pyyaml_reads_too(text: str) -> None:
    value = plain(text)
    if isinstance(value, bool | int | float):
        # PyYAML wants a sign after e and a digit before the point; the YAML 1.1 it implements does not.
        assert yaml.safe_load(f"[{text}]") in ([value], [text])
    elif value is None:
        assert text in ("", "~")


@given(st.text())
def test_any_text_has_a_reading(text: str) -> None:
    plain(text)


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_come_back(number: int) -> None:
    assert plain(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_as_yaml_writes_it_comes_back(number: float) -> None:
    written = yaml.safe_dump(number).removesuffix("\n...\n")
    assert plain(written) == number
