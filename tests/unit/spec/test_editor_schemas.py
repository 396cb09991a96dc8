"""Schemas for editors: what they are made of, and when the project's own are written again."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fused_spec.spec.checking.schema import INCLUDED, KINDS, schema_text
from fused_spec.spec.language.editors.folder import FILES, refresh
from fused_spec.spec.language.editors.names import Names, paths_to
from fused_spec.spec.language.editors.schemas import editor_schema

NAMES = Names({"disk": {"type": "number"}, "root": {"type": "string"}}, ("dev",), {"patient": ""})


@pytest.mark.parametrize("kind", [None, *KINDS, INCLUDED])
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(None, id="general", marks=pytest.mark.thorough),
        pytest.param(Names(), id="empty", marks=pytest.mark.thorough),
        pytest.param(NAMES, id="own"),
    ],
)
def test_a_schema_for_editors_is_a_schema_with_all_its_definitions(kind: str | None, names: Names | None) -> None:
    made = editor_schema(kind, names)
    jsonschema.Draft202012Validator.check_schema(made)
    assert {ref.removeprefix("#/$defs/") for ref in references(made)} <= made["$defs"].keys()


def test_a_schema_with_the_names_of_a_project_changes_no_other() -> None:
    plain, general = schema_text(None), editor_schema(None)
    editor_schema(None, NAMES)
    editor_schema("Project", NAMES)
    assert (schema_text(None), editor_schema(None)) == (plain, general)


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values()))


def test_a_number_may_stand_where_text_is_wanted_and_not_the_other_way() -> None:
    assert [path.written for path in paths_to({"string"}, NAMES)] == ["var.disk", "var.root"]
    assert [path.written for path in paths_to({"number"}, NAMES)] == ["var.disk"]


def test_parts_of_a_variable_are_found_by_their_types() -> None:
    machine = {"type": "object", "fields": {"type": {"type": "string"}, "disk": {"type": "number"}}}
    names = Names({"machine": machine, "disks": {"type": "list", "items": {"type": "number"}}})
    assert [path.pattern for path in paths_to({"number"}, names)] == [r"var\.machine\.disk", r"var\.disks\[[0-9]+\]"]


def test_schemas_are_written_once_for_the_same_names(tmp_path: Path) -> None:
    assert refresh(tmp_path, NAMES, is_all=True, version="1")
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "made-of.json"}
    assert not refresh(tmp_path, NAMES, is_all=True, version="1")


@pytest.mark.parametrize(
    "change",
    [
        {"variables": {"disc": {"type": "number"}}},
        {"targets": ("dev", "prod")},
        {"fragments": {"hasty": ""}},
        {"fragments": {"patient": "for late inputs"}},
    ],
)
def test_another_name_has_them_written_again(tmp_path: Path, change: dict[str, Any]) -> None:
    refresh(tmp_path, NAMES, is_all=True, version="1")
    assert refresh(tmp_path, NAMES._replace(**change), is_all=True, version="1")


def test_another_version_has_them_written_again(tmp_path: Path) -> None:
    refresh(tmp_path, NAMES, is_all=True, version="1")
    assert refresh(tmp_path, NAMES, is_all=True, version="2")


def test_a_look_at_some_specs_forgets_no_fragment_of_the_others(tmp_path: Path) -> None:
    refresh(tmp_path, NAMES, is_all=True, version="1")
    assert not refresh(tmp_path, NAMES._replace(fragments={}), is_all=False, version="1")
    assert refresh(tmp_path, NAMES._replace(fragments={"hasty": ""}), is_all=False, version="1")
    assert json.loads((tmp_path / "made-of.json").read_text())["fragments"] == {"hasty": "", "patient": ""}


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"fragments": 1}'])
def test_a_broken_note_of_what_they_are_made_of_is_written_anew(tmp_path: Path, broken: str) -> None:
    (tmp_path / "made-of.json").write_text(broken)
    assert refresh(tmp_path, NAMES, is_all=False, version="1")


def test_a_schema_that_was_removed_is_written_again(tmp_path: Path) -> None:
    refresh(tmp_path, NAMES, is_all=True, version="1")
    (tmp_path / "specs.schema.json").unlink()
    assert refresh(tmp_path, NAMES, is_all=True, version="1")
