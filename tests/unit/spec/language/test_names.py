"""`${…}` within a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.language.names.templates import Mistake, Reference, is_whole, parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain", ("plain",)),
        ("5$ a night", ("5$ a night",)),
        ("$HOME", ("$HOME",)),
        ("${var.a}", (Reference("var", ("a",)),)),
        ("x-${var.a}-y", ("x-", Reference("var", ("a",)), "-y")),
        ("${ var.a }", (Reference("var", ("a",)),)),
        ("${var.a.b[0].c}", (Reference("var", ("a", "b", 0, "c")),)),
        ("${matrix.month.start}", (Reference("matrix", ("month", "start")),)),
        ("$${var.a}", ("${var.a}",)),
        ("5$ and $${this}", ("5$ and ${this}",)),
        ("$$${var.a}", ("$${var.a}",)),
        ("${var.a}${var.b}", (Reference("var", ("a",)), Reference("var", ("b",)))),
    ],
)
def test_a_text_has_these_parts(text: str, parts: tuple[object, ...]) -> None:
    assert parts_of(text) == parts


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("${HOME}", "no-such-name", "${env.HOME} is the environment variable"),
        ("${vra.x}", "no-such-name", "did you mean ${var.x}?"),
        ("${var}", "no-such-name", "write a name"),
        ("${var.x:-5}", "interpolation-default", "write default: … at variables.x"),
        ("${upper(var.x)}", "interpolation-code", "name one value"),
        ("${var.a + 1}", "interpolation-code", "name one value"),
        ("${var.a", "open-interpolation", "close it"),
        ("${}", "no-such-name", "names begin with"),
        ("${var.a${var.b}}", "no-such-name", ""),
    ],
)
def test_what_is_no_name_says_what_may_be_meant(text: str, code: str, words: str) -> None:
    mistake = next(part for part in parts_of(text) if isinstance(part, Mistake))
    assert mistake.code == code
    assert words in mistake.hint


def test_a_name_that_stands_alone_is_whole() -> None:
    assert is_whole(parts_of("${var.a}"))
    assert not is_whole(parts_of(" ${var.a}"))


@given(st.text(alphabet="${}.avr[0] -:", max_size=40))
def test_any_text_has_parts(text: str) -> None:
    parts_of(text)


@given(st.text(max_size=60).filter(lambda text: "${" not in text))
def test_a_text_without_names_is_itself(text: str) -> None:
    assert "".join(map(str, parts_of(text))) == text


@given(st.text(max_size=30).filter(lambda text: "$" not in text))
def test_an_escaped_name_is_the_text_itself(text: str) -> None:
    assert parts_of("$${" + text + "}") == ("${" + text + "}",)
