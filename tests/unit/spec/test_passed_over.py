"""What else lies in a folder of specs: the YAML of others, empty documents, and specs with a slip in them."""

import json
from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.documents import document as reading
from fused_spec.spec.files.limits import MAX_PROBLEMS
from fused_spec.spec.files.meant import is_meant
from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve
from fused_spec.views.documents.json import validate_document
from fused_spec.views.documents.reports.github import annotations
from fused_spec.views.documents.reports.sarif import sarif_document
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.reading import SMALLEST_JOB

COMPOSE = "services:\n  web: &web\n    image: nginx\n  other:\n    <<: *web\n"
FOREIGN = {
    "docker-compose": COMPOSE,
    "kubernetes job": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {}}}\n",
    "openapi": "openapi: 3.1.0\npaths:\n  /a:\n    get: {responses: {200: {description: ok}}}\n",
    "cloudformation": "Resources:\n  A: {Type: B, Ref: !Ref C}\n",
    "helm template": "apiVersion: v1\nkind: ConfigMap\ndata:\n{{- range .Values }}\n  a: {{ . }}\n{{- end }}\n",
    "broken": "a: [1\nb: }\n",
    "playbook": "- hosts: all\n  tasks:\n    - debug: {msg: a}\n",
    "github workflow": "on: push\njobs:\n  a:\n    steps: [{run: make}]\n",
    "github workflow that runs us": "on: push\njobs: {a: {steps: [{run: fused-spec validate}]}}\n",
    "text": "only text\n",
    "directive": "%YAML 1.1\n---\na: 1\n",
    "very deep": "a: " + "[" * 100 + "]" * 100 + "\n",
    "twice": "a: 1\na: 2\n",
    "latin-1": "a: \xe9\n".encode("latin-1"),
    "values in doubt": "a: no\nb: 012\n",
    "another project of ours by name": "name: fused-spec-demo\n",
}
UNREAD = {
    "broken": FOREIGN["broken"],
    "latin-1": FOREIGN["latin-1"],
    "very deep": FOREIGN["very deep"],
    "text": FOREIGN["text"],
    "the first word of a spec": "apiVersion",
    "a pointer of git lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
    "encrypted": b"\0GITCRYPT\0\x8f\x02",
    "broken behind the yaml of others": f"{COMPOSE}---\na: [1\nb: }}\n",
}
NEAR = {
    "later version": SMALLEST_JOB.replace("fused-spec/v1", "fused-spec/v2"),
    "misspelt version": SMALLEST_JOB.replace("fused-spec/v1", "fusedspec/v1"),
    "version without its number": SMALLEST_JOB.replace("fused-spec/v1", "fused-spec"),
    "version as a number": SMALLEST_JOB.replace("fused-spec/v1", "1"),
    "version of another": SMALLEST_JOB.replace("fused-spec/v1", "v1"),
    "misspelt field": SMALLEST_JOB.replace("apiVersion", "apiversion"),
    "no version": SMALLEST_JOB.replace("apiVersion: fused-spec/v1\n", ""),
    "no version and a misspelt kind": "kind: job\nmetadata: {name: a}\n",
    "no version and no kind": SMALLEST_JOB.replace("apiVersion: fused-spec/v1\nkind: Job\n", ""),
    "a job's config alone": "steps:\n  - {type: udf, udf: {file: area.py}}\n",
    "a list of specs": "- apiVersion: fused-spec/v1\n  kind: Job\n",
    "broken after its version": "apiVersion: fused-spec/v1\nkind: [\n",
    "broken before its version": "kind: Job\nmetadata: {name: a\napiVersion: fused-spec/v1\n",
    "broken without a version": "kind: Job\nmetadata: {name: a\nspec: 1\n",
    "another encoding": SMALLEST_JOB.encode("utf-16"),
    "broken, with a misspelt version": SMALLEST_JOB.replace("fused-spec/v1", "fsed-spec/v1") + " x: [\n",
    "broken, with the version of another": SMALLEST_JOB.replace("fused-spec/v1", "v1") + " x: [\n",
    "broken in the line of its version": SMALLEST_JOB.replace("apiVersion: fused-spec/v1", "apiVersion fused-spec/v1"),
    "broken, without its version's name": SMALLEST_JOB.replace("apiVersion: ", ": ") + " x: [\n",
    "a misspelt version and no step": "apiVersion: fsed-spec/v1\nkind: Job\nmetadata: {name: a}\nspec: {}\n",
    "a conflict of a merge": f"<<<<<<< HEAD\n{SMALLEST_JOB}=======\n>>>>>>> main\n",
}


def with_one(resolved: Resolve, content: str | bytes, *, name: str = "b__yaml") -> Resolution:
    return resolved(**{"a__yaml": SMALLEST_JOB, name: content})


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_the_yaml_of_others_in_a_folder_is_passed_over_with_a_note(resolved: Resolve, content: str | bytes) -> None:
    resolution = with_one(resolved, content)
    [note] = resolution.diagnostics
    assert (note.message.startswith("passed over: "), note.severity, note.location.path) == (
        *(True, Severity.NOTE),
        "specs/b.yaml",
    )
    assert (resolution.valid, len(resolution.desired)) == (True, 1)


@pytest.mark.parametrize("content", UNREAD.values(), ids=UNREAD)
def test_a_file_of_which_nobody_knows_what_it_is_is_told_apart(resolved: Resolve, content: str | bytes) -> None:
    resolution = with_one(resolved, content)
    assert (resolution.valid, resolution.unread) == (True, ("specs/b.yaml",))


@pytest.mark.parametrize("name", sorted({"docker-compose", "kubernetes job", "openapi", "playbook"}))
def test_the_yaml_of_others_that_can_be_read_is_known_to_be_none_of_ours(resolved: Resolve, name: str) -> None:
    assert with_one(resolved, FOREIGN[name]).unread == ()


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_the_yaml_of_others_is_an_error_when_it_was_named(
    resolved: Resolve, tmp_path: Path, content: str | bytes
) -> None:
    with_one(resolved, content)
    for paths in (["specs/b.yaml"], ["specs", "specs/b.yaml"]):
        assert not resolve(paths, cwd=tmp_path).valid


@pytest.mark.parametrize("content", NEAR.values(), ids=NEAR)
def test_a_spec_with_a_slip_in_it_is_never_passed_over(resolved: Resolve, content: str | bytes) -> None:
    resolution = with_one(resolved, content)
    assert not resolution.valid
    assert all(problem.hint for problem in resolution.diagnostics if problem.is_error)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n---\n", "~\n", "# a\n---\n# b\n...\n"], ids=repr)
def test_a_file_that_says_nothing_is_nothing(resolved: Resolve, tmp_path: Path, text: str) -> None:
    assert with_one(resolved, text).diagnostics == ()
    assert resolve(["specs/b.yaml"], cwd=tmp_path).diagnostics == ()


def test_a_closing_line_of_hyphens_is_no_document(resolved: Resolve) -> None:
    resolution = resolved(a__yaml=f"---\n{SMALLEST_JOB}---\n")
    assert (resolution.diagnostics, len(resolution.desired)) == ((), 1)


def test_each_document_of_a_file_is_looked_at_by_itself(resolved: Resolve) -> None:
    resolution = with_one(resolved, f"{COMPOSE}---\n{SMALLEST_JOB.replace('areas', 'other')}---\n{COMPOSE}")
    assert [one.key.name for one in resolution.desired] == ["areas", "other"]
    assert [problem.code for problem in resolution.diagnostics] == ["not-a-spec"]


def test_a_spec_after_a_document_of_others_is_read_however_much_is_wrong_with_that(resolved: Resolve) -> None:
    others = "a: 1\n" * (3 * MAX_PROBLEMS)
    resolution = with_one(resolved, f"{others}---\n{SMALLEST_JOB.replace('areas', 'other')}")
    assert (resolution.valid, len(resolution.desired)) == (True, 2)


def test_a_spec_behind_what_cannot_be_read_is_not_lost_without_a_word(resolved: Resolve) -> None:
    assert not with_one(resolved, f"a: [1\n---\n{SMALLEST_JOB}").valid


def test_a_folder_with_nothing_but_the_yaml_of_others_is_an_error(resolved: Resolve, tmp_path: Path) -> None:
    resolved(docker__yaml=COMPOSE)
    assert [problem.code for problem in resolve(["specs"], cwd=tmp_path).diagnostics if problem.is_error] == [
        "empty-folder"
    ]


def test_what_is_too_large_and_of_others_is_passed_over(resolved: Resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fused_spec.spec.files.discovery.MAX_SPEC_BYTES", 1000)
    assert with_one(resolved, "a: 1 # " + "x" * 2000).valid
    assert not with_one(resolved, SMALLEST_JOB + "# " + "x" * 2000).valid


def test_what_takes_too_much_memory_and_is_of_others_is_passed_over(
    resolved: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_MEMORY", 20_000)
    assert with_one(resolved, "- 1\n" * 1000).valid


@pytest.mark.parametrize("tree", [None, 1, [], [1, [2]], {}, {"steps": 1}, {"spec": {"config": []}}, {"kind": 1}])
def test_any_tree_may_be_asked_about(tree: object) -> None:
    assert is_meant(tree) is False


def the_note(resolved: Resolve) -> Diagnostic:
    [note] = with_one(resolved, COMPOSE).diagnostics
    return note


def test_a_note_is_a_note_in_every_form(resolved: Resolve) -> None:
    note = the_note(resolved)
    assert annotations([note]).startswith("::notice ")
    assert validate_document([note])["diagnostics"][0]["severity"] == "note"
    assert sarif_document([note], version="1")["runs"][0]["results"][0]["level"] == "note"


def test_the_schema_of_the_document_knows_notes(resolved: Resolve) -> None:
    schema = Path(__file__).parents[3] / "schemas" / "output" / "validate.schema.json"
    assert '"note"' in json.dumps(json.loads(schema.read_text()))
