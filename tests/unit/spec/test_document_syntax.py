"""What is said about text that is not YAML, with libyaml and with the pure parser."""

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.documents import document as reading
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.parser import FastestParser, PureParser
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
        ("{name: monthly-{month}}\n", 1, 16, "put the whole text in quotes"),
        ("a: [b[0], c]\n", 1, 6, "put the whole text in quotes"),
        ("a: {b: c]d}\n", 1, 9, "put the whole text in quotes"),
        ("a: [s3://b/{z}]\n", 1, 12, "put the whole text in quotes"),
        ("a: {b: [1, 2}\n", 1, 8, "separate the items with commas and close with ]"),
        ("a: {b: c: d}\n", 1, 9, "put the value in quotes"),
        ("a: {b: 'it's'}\n", 1, 12, "write a quote within single quotes twice, or separate the items with commas"),
        (f"{'k' * 2000}: 1\n", 1, 1, "shorten it, or make it a value"),
        (f"a: 1\n'{'k' * 1100}': 1\n", 2, 1, "shorten it, or make it a value"),
        (f"- {'k' * 1100}: 1\n", 1, 3, "shorten it, or make it a value"),
        (f'{{"a": 1, "{"k" * 2000}": 1}}\n', 1, 10, "shorten it, or make it a value"),
        (f"a: {'k' * 1100} : 1\n", 1, 1105, "put the value in quotes"),
        ('a: "\\u12"\n', 1, 5, "use single quotes, or write the backslash twice"),
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


@pytest.mark.parametrize("text", ["x" * 2_000_000, "a: " * 700_000, "x" * 2_000_000 + ",", "\n" * 2_000_000])
@pytest.mark.thorough
def test_the_cause_is_found_in_megabytes_too(text: str) -> None:
    assert read_documents(file(f"a: {{{text}: b: }}\n]"))[1]


@pytest.mark.parametrize("text", ['a: "\\ud83d"\n', 'a: "\\ude00\\ud83d"\n', 'a: "\\\\\\ud83d"\n', '"\\udbff": a\n'])
def test_half_a_character_is_refused_with_the_way_to_write_a_whole_one(text: str) -> None:
    [problem, *_] = read_documents(file(text))[1]
    assert problem.hint == "write both halves, as in \\ud83d\\ude00, or the character itself"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\uD83D\\uDE00\\ud83c\\udf0d!"', "\U0001f600\U0001f30d!"),
        ('"\\ue000\\ue000 \\ud83d\\ude00"', "\ue000\ue000 \U0001f600"),
        ('"a \\\n  \\ud83d\\ude00"', "a \U0001f600"),
        ('"\\\\ud83d\\\\ude00"', "\\ud83d\\ude00"),
        ("'\\ud83d\\ude00'", "\\ud83d\\ude00"),
        ("\\ud83d\\ude00 \\ue000\\ue000 \\ud83d\\ude01", "\\ud83d\\ude00 \\ue000\\ue000 \\ud83d\\ude01"),
        ("|\n  \\ud83d\\ude00\n", "\\ud83d\\ude00\n"),
        ('{? "\\ud83d\\ude00" : "\\ud83d\\ude00"}', {"\U0001f600": "\U0001f600"}),
    ],
)
def test_a_pair_of_escapes_is_one_character_in_double_quotes_alone(text: str, value: object) -> None:
    documents, found = read_documents(file(f"a: {text}\nb: c\n"))
    assert (found, [each.tree for each in documents]) == ([], [{"a": value, "b": "c"}])


def test_a_pair_moves_no_position() -> None:
    [only] = read_documents(file('{"a": "\\ud83d\\ude00", "b": 1}'))[0]
    assert only.positions.key(("b",)).column == 23


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("a: {b: ${var.c}}\n", 8, 'write "${var.c}"'),
        ("a: [${var.b}, c]\n", 5, 'write "${var.b}"'),
        ("a: {b: 1, c: ${var.d} }\n", 14, 'write "${var.d}"'),
        ("a: {b: s3://c/${var.d}/e}\n", 8, "put the whole value in quotes"),
        ("a: [${var.b\n", 5, "put the whole value in quotes"),
    ],
)
def test_a_name_in_braces_without_quotes_is_told_where_its_value_begins(text: str, column: int, hint: str) -> None:
    [problem] = read_documents(file(text))[1]
    assert (problem.code, problem.location.column) == ("unquoted-interpolation", column)
    assert problem.hint == f"{hint}, or have `fused-spec fmt --fix` do it"
