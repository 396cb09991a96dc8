"""What is said about text that is not YAML, with libyaml and with the pure parser."""

import pytest

from fused_spec.diagnostics import Diagnostic
from fused_spec.spec import document as reading
from fused_spec.spec.document import FastestParser, PureParser, read_documents
from tests.unit.spec.reading import file


@pytest.fixture(params=[FastestParser, PureParser], ids=["libyaml", "pure"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FastestParser", request.param)


def syntax_error(text: str) -> Diagnostic:
    [problem] = read_documents(file(text))[1]
    assert problem.code == "yaml-syntax"
    return problem


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ('a: 1\nb: "x\nc: 2\n', 2, 4, "close it with the same quote"),
        ("a: [1, 2\nb: 3\n", 1, 4, "separate the items with commas and close with ]"),
        ("a: {b: 1\nc: 3\n", 1, 4, "separate the items with commas and close with }"),
        ("a: 1\nb: c: d\n", 2, 5, "put the value in quotes"),
        ("a: 1\nb:2\nc: 3\n", 2, 2, "put a space after the colon"),
        ("b:2\nc: 3\n", 1, 2, "put a space after the colon"),
        ("a:\n\tb: 1\n", 2, 1, "use spaces"),
        ("a:\n  b: 1\n\tc: 2\n", 3, 1, "use spaces"),
        ("a: 1\n  b: 2\n", 2, 3, "check the indentation, and that the line above is complete"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "line it up with the keys or items it belongs to"),
        ("a: @b\n", 1, 4, "put the value in quotes"),
        ("a: `b`\n", 1, 4, "put the value in quotes"),
        ('a: "C:\\path"\n', 1, 7, "use single quotes, or write the backslash twice"),
        ("a: 1\n...\nb: 2\n", 3, 1, "start the next document with ---"),
        ("a: - b\n", 1, 4, "put the list on the next line, or the value in quotes"),
        ("a: |x\n  b\n", 1, 5, "put the text on the next line, indented"),
        ("a: ]\n", 1, 4, "check the brackets and commas"),
        ("a: *\n", 1, 4, "put the value in quotes"),
        ('a: "b" c\n', 1, 8, "check the quotes and brackets on this line and the one above"),
    ],
)
def test_the_place_is_the_cause_and_the_hint_the_cure(text: str, line: int, column: int, hint: str) -> None:
    problem = syntax_error(text)
    assert (problem.location.line, problem.location.column, problem.hint) == (line, column, hint)


def test_an_escape_beyond_unicode_is_told_and_not_raised() -> None:
    assert syntax_error('a: "\\U00110000"\n').hint


@pytest.mark.parametrize("text", ["%YAML 2.0\n---\na: 1\n", "%TAG ! tag:x,2024:\n---\na: 1\n"])
def test_directives_are_not_read(text: str) -> None:
    assert [problem.code for problem in read_documents(file(text))[1]] == ["directive"]
