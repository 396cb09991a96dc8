"""The form of a text: what moves, what stays as it is, and that it says the same."""

import json
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.forms.braces import with_quotes
from fused_spec.spec.documents.forms.text import formatted
from fused_spec.spec.files.discovery import SpecFile
from tests.depth import examples

HEAD = "apiVersion: fused-spec/v1\nkind: Job\nmetadata:\n  name: tiles\n"


def trees(text: str) -> list[str]:
    documents, problems = read_documents(SpecFile(name="a.yaml", path=None, content=text.encode()))
    assert problems == []
    return [json.dumps(document.tree, sort_keys=True) for document in documents]


def form(text: str) -> str:
    return formatted(textwrap.dedent(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n    b: 1\n", "a:\n  b: 1\n"),
        ("a:\n b: 1\n", "a:\n  b: 1\n"),
        ("  a: 1\n  b: 2\n", "a: 1\nb: 2\n"),
        ("a:\n- b\n- c\n", "a:\n  - b\n  - c\n"),
        ("a:\n  -   b: 1\n      c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
        ("a:\n-  - b\n   - c\n", "a:\n  - - b\n    - c\n"),
        ("a:\n  -\n      b: 1\n", "a:\n  -\n    b: 1\n"),
        ("a:\n      b\n", "a:\n  b\n"),
        ("a:   \n    b: 1  \n", "a:\n  b: 1\n"),
        ("\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
        ("a: 1", "a: 1\n"),
        ("a: {b: 1,\n    c: [2,\n      3]}\n", "a: {b: 1,\n    c: [2,\n      3]}\n"),
        ("x:\n    a: {b: 1,\n        c: 2}\n", "x:\n  a: {b: 1,\n      c: 2}\n"),
    ],
)
def test_two_spaces_are_a_level(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_the_parts_of_a_document_stand_in_their_order() -> None:
    before = "spec: {}\nuse: [a]\nmetadata: {name: b}\nkind: Job\nmatrix: {c: [1]}\napiVersion: v\n"
    after = "apiVersion: v\nkind: Job\nmetadata: {name: b}\nuse: [a]\nmatrix: {c: [1]}\nspec: {}\n"
    assert formatted(before) == after


def test_a_part_takes_its_comments_along() -> None:
    assert form(
        """\
            # yaml-language-server: $schema=a.json
            # what runs
            spec: {} # nothing yet

            # who it is
            kind: Job
            apiVersion: v
            # the end
            """
    ) == textwrap.dedent(
        """\
            # yaml-language-server: $schema=a.json
            apiVersion: v

            # who it is
            kind: Job
            # what runs
            spec: {} # nothing yet
            # the end
            """
    )


def test_each_document_of_a_file_has_its_own_order() -> None:
    assert formatted("kind: a\napiVersion: b\n---\n# c\nkind: d\napiVersion: e\n") == (
        "apiVersion: b\nkind: a\n---\napiVersion: e\n# c\nkind: d\n"
    )


def test_a_comment_moves_with_what_follows_it() -> None:
    assert form(
        """\
            a:
            # first
            - b:
                # deep
                c: 1
              # sibling
              d: 2
            # last
            e: 3
            """
    ) == textwrap.dedent(
        """\
            a:
              # first
              - b:
                  # deep
                  c: 1
                # sibling
                d: 2
            # last
            e: 3
            """
    )


@pytest.mark.parametrize("header", ["|", "|-", "|+", ">", "|2", ">-"])
def test_the_text_of_a_block_keeps_every_character(header: str) -> None:
    block = "def f():   \n\n\n  return 1\t\n# no comment\n   \n"
    before = f"a:\n      b: {header}\n" + "".join(f"        {line}\n" for line in block.splitlines()) + "      c: 1\n"
    after = formatted(before)
    assert trees(after) == trees(before)
    assert "".join(f"    {line}\n" for line in block.rstrip(" \n").splitlines()) in after


def test_a_block_without_a_last_line_end_gets_none() -> None:
    assert formatted("a: |\n  b") == "a: |\n  b"


def test_a_block_that_keeps_its_empty_lines_has_them_still() -> None:
    assert formatted("a: |+\n  b\n\n\nc: 1\n") == "a: |+\n  b\n\n\nc: 1\n"


def test_text_in_quotes_over_lines_says_the_same() -> None:
    before = 'a:\n    b: "c   \n      d\n\n\n      e"\n    f: x\n      y\n'
    assert trees(formatted(before)) == trees(before)


@pytest.mark.parametrize(
    "text", ["? a\n: b\n", "a: &b 1\nc: *b\n", "a: !t 1\n", "%YAML 1.2\n---\na:   1  \n", "a: [\n"]
)
def test_what_cannot_be_moved_is_left_alone(text: str) -> None:
    assert formatted(text) == text


def test_scalars_that_readers_take_differently_get_quotes_where_they_are_meant_as_text() -> None:
    text = "a:   no\nb: yes\n"
    assert formatted(text, [text.index("no"), text.index("yes")]) == 'a:   "no"\nb: "yes"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: {b: ${var.c}}\n", 'a: {b: "${var.c}"}\n'),
        ("a: [${var.b}, x-${var.c}-y , d]\n", 'a: ["${var.b}", "x-${var.c}-y" , d]\n'),
        ("a: {b: s3://c/${var.d}/e, f: ${g}}\n", 'a: {b: "s3://c/${var.d}/e", f: "${g}"}\n'),
        ("a: {b: 'it', c: x\\y${var.c}}\n", "a: {b: 'it', c: 'x\\y${var.c}'}\n"),
        ("a: {${var.b}: 1}\n", "a: {${var.b}: 1}\n"),
        ("a: ${var.b}\n", "a: ${var.b}\n"),
        ("a: {b: ${var.c\n", "a: {b: ${var.c\n"),
    ],
)
def test_values_with_names_get_quotes_between_braces(before: str, after: str) -> None:
    assert with_quotes(before, "a.yaml") == after


NAMES = st.sampled_from(["apiVersion", "kind", "spec", "metadata", "a", "b", "c", "use", "matrix", "long-name"])
PLAIN = st.sampled_from(["x", "1", "no", "2024-01", "s3://a/b", "${var.a}", "it's", "a b", "true", "1.0", "null"])
QUOTED = st.sampled_from(['"x"', "'a # b'", '"a\\nb"', '"a  \n      b"', "'x\n\n     y'", '""'])
FLOW = st.sampled_from(
    ["{a: 1}", "[1, 2]", "[]", "{a: [b,\n          c],\n        d: e}", "[\n         x, # y\n         z\n         ]"]
)
BLOCK = st.sampled_from(["x\n", "x\n  y\n", "x   \n\n\ny\n", "# x\n", "x\n\n\n"])
COMMENT = st.sampled_from(["# c", "#", "# a: b", "#  - d "])


@st.composite
def values(draw: st.DrawFn, column: int, depth: int) -> str:
    """A value as it follows `key:` or a hyphen, with all of its lines."""
    kinds = ["plain", "quoted", "flow", "block"] + (["mapping", "list", "mapping"] if depth else [])
    match draw(st.sampled_from(kinds)):
        case "plain":
            return draw(st.sampled_from([" ", "  "])) + draw(PLAIN) + draw(st.sampled_from(["", "  ", " # c"])) + "\n"
        case "quoted":
            return " " + draw(QUOTED).replace("\n", "\n" + " " * column) + "\n"
        case "flow":
            return " " + draw(FLOW).replace("\n", "\n" + " " * column) + "\n"
        case "block":
            margin = " " * (column + draw(st.integers(1, 5)))
            said = "".join(f"{margin}{line}\n" if line else "\n" for line in draw(BLOCK).splitlines())
            return f" {draw(st.sampled_from(['|', '>', '|-', '|+']))}{draw(st.sampled_from(['', '  ']))}\n{said}"
        case "mapping":
            return "\n" + draw(mappings(column + draw(st.integers(1, 5)), depth - 1))
        case _:
            return "\n" + draw(lists(column + draw(st.integers(1, 5)), depth - 1))


@st.composite
def between(draw: st.DrawFn, column: int) -> str:
    """Empty lines and comments before an entry."""
    lines = draw(
        st.lists(st.one_of(st.just(""), st.just("   "), COMMENT.map(lambda one: " " * column + one)), max_size=3)
    )
    return "".join(f"{line}\n" for line in lines)


@st.composite
def mappings(draw: st.DrawFn, column: int, depth: int) -> str:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    return "".join(draw(between(column)) + f"{' ' * column}{name}:" + draw(values(column, depth)) for name in names)


@st.composite
def lists(draw: st.DrawFn, column: int, depth: int) -> str:
    return "".join(
        draw(between(column)) + f"{' ' * column}-" + draw(values(column, depth)) for _ in range(draw(st.integers(1, 3)))
    )


def comments(text: str) -> list[str]:
    """What begins like a comment, with how often; a part that moves takes its own along."""
    return sorted(re.findall(r"(?:^|\s)(#.*?)[ \t]*$", text, re.MULTILINE))


@examples(300)
@given(st.lists(mappings(0, 3), min_size=1, max_size=2), st.sampled_from(["\n", "\r\n"]))
def test_any_text_says_the_same_in_its_form_keeps_its_comments_and_has_no_other(documents: list[str], end: str) -> None:
    before = "---\n".join(documents).replace("\n", end)
    after = formatted(before)
    assert trees(after) == trees(before)
    assert comments(after) == comments(before.replace("\r\n", "\n"))
    assert formatted(after) == after
    assert "\r" not in after


ROOT = Path(__file__).parents[3]
VALID = [*sorted((ROOT / "tests/specs/valid").glob("*.yaml")), *sorted((ROOT / "specs").rglob("*.yaml"))]


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_a_valid_spec_says_the_same_in_its_form(path: Path) -> None:
    before = path.read_bytes().decode("utf-8-sig")
    after = formatted(before)
    assert trees(after) == trees(before)
    assert formatted(after) == after


@pytest.mark.parametrize("path", sorted((ROOT / "specs/examples").glob("*.yaml")), ids=lambda path: path.name)
def test_an_example_is_in_its_form(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    assert formatted(before) == before
