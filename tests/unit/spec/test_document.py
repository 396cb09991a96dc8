import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.documents import document as reading
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.parser import PureParser
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.limits import MAX_DEPTH, MAX_PROBLEMS
from tests.unit.spec.reading import document, file, job, only_problem, problems, tree

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    # Without a point, 5e-324 is a number to YAML 1.2 and text to YAML 1.1: that is told about, not read.
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: "." in repr(value))
    | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text("abcdef\"' :#", max_size=6), children),
    max_leaves=20,
)


def pointers(node: Any, way: Pointer = ()) -> Iterator[Pointer]:
    yield way
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in children:
        yield from pointers(child, (*way, step))


def place(line: int, column: int) -> Location:
    return Location(path="specs/a.yaml", line=line, column=column)


def test_a_value_is_found_where_it_starts() -> None:
    assert document("a: 1\nb:\n  - x\n  - c: y\n").positions.value(("b", 1, "c")) == place(4, 8)


def test_a_key_is_found_where_it_starts() -> None:
    assert document("a: 1\nb:\n  - x\n  - c: y\n").positions.key(("b", 1, "c")) == place(4, 5)


def test_the_key_of_an_item_is_the_item() -> None:
    assert document("b:\n  - x\n").positions.key(("b", 0)) == place(2, 5)


def test_a_pointer_to_nothing_is_found_at_what_is_around_it() -> None:
    assert document("a:\n  b: 1\n").positions.value(("a", "missing", 3)) == place(2, 3)


def test_columns_count_characters_not_bytes() -> None:
    assert document("ä: {ö: x}\n").positions.value(("ä", "ö")) == place(1, 8)


def test_columns_do_not_count_a_byte_order_mark() -> None:
    [only] = read_documents(file(b"\xef\xbb\xbfa: x\n"))[0]
    assert only.positions.value(("a",)) == place(1, 4)


def test_the_first_line_of_a_literal_block_is_known() -> None:
    positions = document("a: x\ncode: |\n\n  def f():\n    pass\n").positions
    assert str(positions.block_line(("code",))) == "specs/a.yaml:3:1"


@pytest.mark.parametrize("value", [">\n  folded\n", '"quoted"\n', "plain\n", "{a: b}\n"])
def test_other_values_have_no_block_line(value: str) -> None:
    assert document(f"code: {value}").positions.block_line(("code",)) is None


def test_documents_of_a_file_are_numbered() -> None:
    documents, _ = read_documents(file("a: 1\n---\nb: 2\n"))
    assert [(each.index, each.tree) for each in documents] == [(0, {"a": 1}), (1, {"b": 2})]


def test_positions_in_a_second_document_count_from_the_top_of_the_file() -> None:
    documents, _ = read_documents(file("a: 1\n---\nb: 2\n"))
    assert documents[1].positions.value(("b",)) == place(3, 4)


def test_what_was_whole_before_a_syntax_error_is_kept() -> None:
    documents, found = read_documents(file("a: 1\n---\nb: [\n"))
    assert ([each.tree for each in documents], [each.code for each in found]) == ([{"a": 1}], ["yaml-syntax"])


def test_a_document_knows_its_kind_and_name() -> None:
    each = document("kind: Job\nmetadata: {name: areas}\n")
    assert (each.kind, each.name) == ("Job", "areas")


@pytest.mark.parametrize("text", ["[kind]", "kind: 1", "kind: {a: b}\nmetadata: [name]", "metadata: {name: 1}"])
def test_a_document_of_another_shape_has_neither(text: str) -> None:
    each = document(text)
    assert (each.kind, each.name) == (None, None)


def test_a_doubtful_scalar_is_the_text_as_written() -> None:
    each = document("a: 012\n")
    assert (each.tree, list(each.doubts)) == ({"a": "012"}, [("a",)])


def test_a_quoted_scalar_is_never_doubtful() -> None:
    assert document("a: '012'\nb: \"no\"\nc: |\n  0x1F\n").doubts == {}


def test_words_for_booleans_are_text_as_keys() -> None:
    assert tree("{on: 1, no: 2, y: 3, 2024-01-01: 4}") == {"on": 1, "no": 2, "y": 3, "2024-01-01": 4}


def test_depth_is_limited_before_anything_is_built() -> None:
    assert only_problem("[" * 200_000).code == "too-deep"


def test_a_document_may_be_as_deep_as_the_limit() -> None:
    assert read_documents(file("[" * MAX_DEPTH + "]" * MAX_DEPTH))[1] == []


def test_complex_keys_count_as_depth() -> None:
    assert {problem.code for problem in problems("? " * 100_000)} == {"too-deep"}


@pytest.mark.parametrize("values", ["- 0\n", "- {a: }\n", "- []\n", "- no\n"])
def test_what_values_take_in_memory_is_limited(monkeypatch: pytest.MonkeyPatch, values: str) -> None:
    monkeypatch.setattr(reading, "MAX_MEMORY", 100_000)
    assert problems(values * 1000)[0].code == "too-many-values"


def test_the_number_of_problems_is_limited() -> None:
    assert len(read_documents(file("a: 1\n" * 1000))[1]) == MAX_PROBLEMS


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    levels = "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert only_problem(f"a: &a [lol]\n{levels}").code == "alias"


def test_a_tag_runs_nothing(tmp_path: Any) -> None:
    witness = tmp_path / "ran"
    problem = only_problem(f"!!python/object/apply:os.mkdir ['{witness}']")
    assert (problem.code, witness.exists()) == ("tag", False)


@given(st.binary())
def test_reading_never_raises_for_any_bytes(content: bytes) -> None:
    read_documents(file(content))


@given(st.text("abc:-[]{}#&*!|>'\"%@`\\ \t\n\r,?~0129.eE_\u0085\ufeff\u2028"))
def test_reading_never_raises_for_text_like_yaml(text: str) -> None:
    read_documents(file(text.encode()))


@given(st.text("abc:-[]{}#&*!|>'\"%@`\\ \n,?~012xuU", max_size=40))
def test_every_place_told_lies_within_the_file(text: str) -> None:
    lines = text.split("\n")
    documents, found = read_documents(file(text.encode()))
    places = [problem.location for problem in found]
    places += [each.positions.value(pointer) for each in documents for pointer in pointers(each.tree)]
    assert all(1 <= spot.line <= len(lines) and 1 <= spot.column <= len(lines[spot.line - 1]) + 1 for spot in places)


def test_a_key_without_a_value_at_the_end_of_a_file_is_placed_at_the_key() -> None:
    assert document("a: 1\n? b").positions.value(("b",)) == Location(path="specs/a.yaml", line=2, column=3)


@given(JSON.filter(lambda value: value is not None))
def test_json_is_read_as_it_is(value: Any) -> None:
    documents, found = read_documents(file(json.dumps(value, ensure_ascii=False).encode()))
    assert (found, [each.tree for each in documents]) == ([], [value])


@given(JSON.filter(lambda value: value is not None))
def test_json_in_plain_ascii_is_read_as_it_is(value: Any) -> None:
    documents, found = read_documents(file(json.dumps(value).encode()))
    assert (found, [each.tree for each in documents]) == ([], [value])


@given(JSON.filter(lambda value: value is not None))
def test_quoted_yaml_is_read_as_pyyaml_reads_it(value: Any) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=True)
    written = text.replace("!!int ", "").replace("!!float ", "").replace("!!bool ", "").replace("!!null ", "")
    [only] = read_documents(file(written.encode()))[0]
    assert only.tree == yaml.safe_load(written)


@given(st.text("abc:-[]{}#&*!|>'\"%@ \n,?~0129", max_size=60))
def test_the_pure_parser_reads_the_same(text: str) -> None:
    fast, _ = read_documents(file(text.encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "FastestParser", PureParser)
        slow, found = read_documents(file(text.encode()))
    if fast and not found:
        assert [each.tree for each in slow] == [each.tree for each in fast]


@pytest.mark.parametrize("item", ["{a: }", "A", "[]"])
@pytest.mark.thorough
def test_a_hundred_thousand_faults_in_a_list_are_told_in_a_few_lines(item: str) -> None:
    found = problems(job(f"needs: [{', '.join([item] * 100_000)}]"))
    assert 0 < len(found) <= MAX_PROBLEMS + 1
