"""A document is accepted exactly when no fault of it can be found, whatever it is."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.checking.acceptance import acceptance
from fused_spec.spec.checking.schema import KINDS, complete
from fused_spec.spec.checking.violations import validator_for, violations
from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.roots import PROJECT_FILE

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "tests" / "specs").rglob("*.yaml"), *(ROOT / "specs").rglob("*.yaml")])
PLAIN: list[Any] = [
    *(None, True, False, 0, 1, -1, 5.0, 2.5, 10**6, 2**53, "", " ", "a", "A", "a\n", "1", "é", "٣", "x" * 300, "a b"),
    *("5m", "m5.large", "s3://bucket/a", "/mnt/a", "on-change", "udf", "Job", "fused-spec/v1", [], {}, [1, 1.0], ["a"]),
    *(["a", "a"], [[1], [1]], [{"a": 1}, {"a": 1.0}], [True, 1], {"file": "a"}, {"output_of": "a"}, {"": ""}),
]
NAMES = ["kind", "metadata", "name", "spec", "config", "steps", "type", "udf", "code", "file", "run", "env", "x", ""]

Cases = list[tuple[str | None, Any]]


def faultless(kind: str | None, tree: Any) -> bool:
    return violations(validator(kind), tree) == []


@cache
def validator(kind: str | None) -> Any:
    return validator_for(complete(kind))


@cache
def accepts(kind: str | None) -> Any:
    return acceptance(complete(kind))


@cache
def catalogue() -> Cases:
    """Every document of the catalogue and of the examples, with its kind."""
    found: Cases = []
    for path in FILES:
        documents, _ = read_documents(SpecFile(name=path.name, path=path, content=path.read_bytes()))
        for document in documents:
            kind = "Project" if path.name == PROJECT_FILE else document.kind if document.kind in KINDS else None
            found.append((kind, document.tree))
    return found


def inner(tree: Any) -> Iterator[Any]:
    """Every mapping and list in the tree."""
    if isinstance(tree, dict | list):
        yield tree
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from inner(item)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str | None, Any]:
    """A document of the catalogue with one to three slips in it, as its own kind or as another."""
    kind, tree = draw(st.sampled_from(catalogue()))
    tree = copy.deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        places = list(inner(tree))
        if not places:
            break
        place = draw(st.sampled_from(places))
        value = draw(st.sampled_from(PLAIN) | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False))
        if isinstance(place, list):
            place.insert(draw(st.integers(0, len(place))), copy.deepcopy(value))
            continue
        key = draw(st.sampled_from([*place, *NAMES]))
        what = draw(st.sampled_from(["set", "drop", "rename"]))
        if what == "set" or key not in place:
            place[key] = copy.deepcopy(value)
        elif what == "drop":
            del place[key]
        else:
            place[draw(st.sampled_from(NAMES) | st.text(max_size=3))] = place.pop(key)
    return draw(st.sampled_from([kind, kind, kind, *KINDS, None])), tree


def plain_json() -> st.SearchStrategy[Any]:
    return st.recursive(
        st.sampled_from(PLAIN) | st.text(max_size=5),
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inside, max_size=4),
        max_leaves=12,
    )


def test_the_catalogue_is_accepted_exactly_where_no_fault_is_found() -> None:
    wrong = [tree for kind, tree in catalogue() if accepts(kind)(tree) is not faultless(kind, tree)]
    assert wrong == []


def test_the_catalogue_has_both_documents_that_are_accepted_and_others() -> None:
    answers = [accepts(kind)(tree) for kind, tree in catalogue()]
    assert min(answers.count(True), answers.count(False)) > 50


@given(mutated())
def test_a_document_with_slips_is_accepted_exactly_where_no_fault_is_found(case: tuple[str | None, Any]) -> None:
    kind, tree = case
    assert accepts(kind)(tree) is faultless(kind, tree)


@given(st.sampled_from([*KINDS, None]), plain_json())
def test_any_json_is_accepted_exactly_where_no_fault_is_found(kind: str | None, tree: Any) -> None:
    assert accepts(kind)(tree) is faultless(kind, tree)


def within(schema: Any) -> Iterator[Any]:
    """A schema, and every one that is a part of it."""
    if isinstance(schema, dict):
        yield schema
        alone = [schema.get(name) for name in ("items", "additionalProperties", "propertyNames", "if", "then", "not")]
        several = [part for name in ("anyOf", "oneOf", "allOf") for part in schema.get(name, [])]
        for part in (*schema.get("properties", {}).values(), *alone, *several):
            yield from within(part)


def parts() -> list[Any]:
    """The parts of all schemas, each once."""
    said = [json.dumps(part) for kind in (*KINDS, None) for part in within(complete(kind))]
    return list(map(json.loads, dict.fromkeys(said)))


@given(st.sampled_from(parts()), plain_json())
def test_a_part_of_a_schema_accepts_exactly_what_has_no_fault(part: Any, value: Any) -> None:
    assert acceptance(part)(value) is (not list(validator_for(part).iter_errors(value)))


def test_every_keyword_of_the_schemas_is_known() -> None:
    for part in parts():
        acceptance(part)


@pytest.mark.parametrize("keyword", ["prefixItems", "patternProperties", "contains", "format", "multipleOf", "$ref"])
def test_a_keyword_that_nothing_is_known_of_is_refused(keyword: str) -> None:
    with pytest.raises(LookupError, match=keyword.strip("$")):
        acceptance({"type": "object", keyword: "x"})
