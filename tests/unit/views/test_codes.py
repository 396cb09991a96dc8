"""How the sorts of problems are told: as text, as a page, and for programs."""

import json
from pathlib import Path

import jsonschema
import pytest

from fused_spec.messages.codes.registry import entries, find, id_of, meant_by
from fused_spec.views.documents.codes import codes_document
from fused_spec.views.documents.json import as_json
from fused_spec.views.markdown.codes import codes_markdown
from fused_spec.views.text.codes import codes_text, entry_text
from tests.schemas import schema_of

PAGE = Path(__file__).parents[3] / "docs/errors.md"
ENTRY = entries()["unknown-field"]


@pytest.mark.parametrize("word", ["FS701", "fs701", " FS701 ", "unknown-field", "Unknown-Field"])
def test_a_code_is_found_by_number_and_word_in_any_case(word: str) -> None:
    assert find(word) is ENTRY


@pytest.mark.parametrize(("word", "meant"), [("FS-701", "FS701"), ("unknown_fields", "FS701"), ("alais", "FS103")])
def test_a_slip_of_the_hand_finds_what_was_meant(word: str, meant: str) -> None:
    assert find(word) is None
    assert (one := meant_by(word)) is not None
    assert one.id == meant


def test_what_has_no_number_is_told_by_its_word() -> None:
    assert id_of("of-tomorrow") == "of-tomorrow"


def test_an_entry_says_what_it_means_what_to_do_and_shows_it() -> None:
    text = entry_text(ENTRY)
    assert text.startswith("FS701 unknown-field: A field that there is not\n\n")
    assert "\n\nWhat to do: " in text
    assert "  -  instance_typ: m5.large\n  +  instance_type: m5.large\n" in text


def test_every_code_is_listed_in_a_line_below_its_group() -> None:
    lines = codes_text(entries().values()).splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} == {one.id for one in entries().values()}


def test_the_document_fits_its_published_schema() -> None:
    document = json.loads(as_json(codes_document(entries().values())))
    jsonschema.Draft202012Validator(schema_of("explain")).validate(document)
    assert len(document["codes"]) == len(entries())


def test_the_page_of_the_documentation_is_what_the_command_writes() -> None:
    """Write it anew with `uv run fused-spec explain --output markdown > docs/errors.md`."""
    assert PAGE.read_text(encoding="utf-8") == codes_markdown(entries().values())
