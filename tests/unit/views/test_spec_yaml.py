"""A spec as text: whatever it says is read back as it was."""

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.views.documents.spec_yaml import spec_text
from tests.depth import examples

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30) | st.sampled_from(
    [
        "no",
        "2024-01",
        "1e3",
        "0o7",
        "12:30:45",
        "null",
        "~",
        "",
        " a",
        "a: b",
        "# a",
        "a\nb\n",
        "- a",
        "${matrix.a}",
        "=",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=8,
)


def read(text: str) -> Any:
    file = SpecFile(name="a.yaml", path=Path("a.yaml"), content=text.encode(), named=True)
    documents, problems = read_documents(file)
    assert not [one for one in problems if one.is_error], text
    return documents[0].tree


@examples(200)
@given(VALUES)
def test_every_value_is_read_back(value: Any) -> None:
    document = {"apiVersion": "fused-spec/v1", "kind": "Job", "spec": {"value": value}}
    assert read(spec_text(document)) == document


def test_a_note_is_a_comment_whatever_is_in_it() -> None:
    document = {"apiVersion": "fused-spec/v1"}
    assert read(spec_text(document, ["one\nkind: Job", "::error::x"])) == document
