"""A difference is always there to be seen: in values, in lines, and in whole payloads."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.plan.diff import field_changes, is_same
from fused_spec.plan.model import ABSENT
from fused_spec.views.changes.code_diff import text_diff, value_change
from fused_spec.views.documents.plans import plan_document
from fused_spec.views.markdown.comment import plan_markdown
from fused_spec.views.text.plans import plan_text
from tests.unit.views.things import change, field, plan


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (1, ABSENT, ("1", "(absent)")),
        (1, None, ("1", "null")),
        (None, ABSENT, ("null", "(absent)")),
        ("(absent)", ABSENT, ('"(absent)"', "(absent)")),
        (1, True, ("1", "true")),
        (1, 1.0, ("1", "1.0")),
        (1, "1", ("1", '"1"')),
        ("a\u00a0b", "a b", ('"a\\u00a0b"', '"a b"')),
        ("é", "e\u0301", ('"\\u00e9"', '"e\\u0301"')),
    ],
)
def test_two_values_are_told_apart(before: Any, after: Any, shown: tuple[str, str]) -> None:
    assert value_change(before, after) == shown


def test_a_long_value_is_shown_where_it_differs() -> None:
    before, after = value_change([1] * 500 + [2], [1] * 500 + [3], 40)
    assert (before[0], before[-3:], after[-3:]) == ("…", "2]", "3]") or (" 2]" in before and " 3]" in after)
    assert max(len(before), len(after)) <= 40


SWALLOWED = ["\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r", "\v"]


@pytest.mark.parametrize("character", SWALLOWED, ids=ascii)
def test_a_character_that_seems_to_end_a_line_is_shown(character: str) -> None:
    lines = text_diff(f"a{character}b\n", "ab\n", most=9)
    assert len(lines) == 3
    assert lines[1].isascii()
    assert (lines[1][:3], lines[2]) == ("-a\\", "+ab")


def test_a_newline_that_went_from_the_end_is_shown() -> None:
    assert text_diff("a\nb\n", "a\nb", most=9)[1:] == [" a", "-b", "+b", "\\ No newline at end of file"]


def test_a_newline_that_neither_has_is_shown_once_for_each() -> None:
    assert text_diff("a\nb", "a\nc", most=9)[1:] == [
        " a",
        "-b",
        "\\ No newline at end of file",
        "+c",
        "\\ No newline at end of file",
    ]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("a \n", "a\n", ['-"a "', '+"a"']),
        ("\ta\n", "        a\n", ['-"\\ta"', '+"        a"']),
        ("a\u00a0b\n", "a b\n", ['-"a\\u00a0b"', '+"a b"']),
        ("x\n\x1b\n", "x\n\\x1b\n", [" x", '-"\\u001b"', '+"\\\\x1b"']),
        ("b\na\u3000\n", "a\n", ["-b", '-"a\\u3000"', '+"a"']),
    ],
)
def test_lines_that_look_alike_are_shown_as_json(before: str, after: str, shown: list[str]) -> None:
    assert text_diff(before, after, most=9)[1:] == shown


def test_another_indentation_is_shown_as_it_is() -> None:
    assert text_diff("  a\n", "    a\n", most=9)[1:] == ["-  a", "+    a"]


def test_a_long_line_is_shown_where_it_differs() -> None:
    lines = text_diff("x" * 900 + "a" + "y" * 900 + "\n", "x" * 900 + "b" + "y" * 900 + "\n", most=9)
    assert [("xa" in line, "xb" in line, len(line) <= 301) for line in lines[1:]] == [
        (True, False, True),
        (False, True, True),
    ]


def test_text_that_comes_is_a_diff_and_null_is_none() -> None:
    assert "+a" in plan_text(plan(change(fields=(field("code", ABSENT, "a\nb\n"),))))
    assert 'code: null → "a\\nb\\n"' in plan_text(plan(change(fields=(field("code", None, "a\nb\n"),))))


def test_a_secret_number_that_turns_into_another_kind_of_number_is_a_change() -> None:
    assert "(sensitive, changed)" in plan_text(plan(change(fields=(field("api_key", 1, 1.0),))))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(1, ABSENT, (1, None, "after")), (ABSENT, 1, (None, 1, "before")), (1, None, (1, None, None))],
)
def test_the_document_tells_null_and_absent_apart(before: Any, after: Any, told: tuple[Any, Any, Any]) -> None:
    [shown] = plan_document(plan(change(fields=(field("x", before, after),))))["changes"][0]["fields"]
    assert (shown["before"], shown["after"], shown.get("absent")) == told


def test_markdown_tells_null_and_absent_apart() -> None:
    assert "@@ x @@\n- 1\n+ null\n```" in plan_markdown(plan(change(fields=(field("x", 1, None),))))
    assert "@@ x @@\n- 1\n```" in plan_markdown(plan(change(fields=(field("x", 1, ABSENT),))))


_CHARACTERS = st.sampled_from('ab \t\n\r\f\v\x1b\\"\x85\xa0\u2028\u3000\u200b\u0301é…xn0') | st.characters(
    codec="utf-8"
)
_TEXTS = st.text(_CHARACTERS, max_size=8)
_SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, -0.0, 1.0, 2.5]) | _TEXTS
_TREES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "a.b", ""]), inner, max_size=3)
    ),
    max_leaves=6,
)
_PAYLOADS = st.dictionaries(st.sampled_from(["x", "y"]), _TREES, max_size=2)


def _seen(text: str) -> str:
    """What an eye makes of a text."""
    return unicodedata.normalize("NFKC", text).rstrip()


@given(before=_PAYLOADS, after=_PAYLOADS)
def test_two_payloads_that_differ_show_it_and_equal_ones_show_nothing(before: Any, after: Any) -> None:
    fields = field_changes(before, after)
    assert bool(fields) != is_same(before, after)
    for one in fields:
        shown = plan_text(plan(change(fields=(one,)))).splitlines()[1:-1]
        value = [line.split(": ", 1)[-1].split(" → ") for line in shown[:1] if " → " in line]
        if value and len(value[0]) == 2:
            assert _seen(value[0][0]) != _seen(value[0][1])
            continue
        lines = [line.strip(" ") for line in shown]
        gone = [_seen(line[1:]) for line in lines if line.startswith("-")]
        came = [_seen(line[1:]) for line in lines if line.startswith("+")]
        assert gone != came or any(line.startswith("\\ No newline") for line in lines)


@given(before=_TEXTS, after=_TEXTS)
def test_two_texts_that_differ_are_told_apart(before: str, after: str) -> None:
    if before != after:
        one, other = value_change(before, after)
        assert _seen(one) != _seen(other)
        assert text_diff(before, after, most=99) != []
