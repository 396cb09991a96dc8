"""Every file in tests/specs is a test: a valid one draws no word, an invalid one the words beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.files.discovery import find

CORPUS = Path(__file__).parents[2] / "specs"
VALID = sorted((CORPUS / "valid").glob("*.yaml"))
INVALID = sorted((CORPUS / "invalid").glob("*.yaml"))
PICTURED = sorted((CORPUS / "valid").glob("*.tree.json"))


def read(path: Path) -> tuple[list[Document], list[Diagnostic]]:
    files, problems = find([path.name], cwd=path.parent, stdin=None)
    documents: list[Document] = []
    for file in files:
        more, found = read_documents(file)
        documents += more
        problems += found + [problem for each in more for problem in check(each)]
    return documents, problems


def said(problem: Diagnostic) -> dict[str, Any]:
    return {
        "code": problem.code,
        "line": problem.location.line,
        "column": problem.location.column,
        "pointer": problem.pointer,
        "message": problem.message,
        "hint": problem.hint,
    }


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_valid_spec_draws_no_word(path: Path) -> None:
    assert read(path)[1] == []


@pytest.mark.parametrize("path", PICTURED, ids=lambda path: path.stem)
def test_a_valid_spec_means_what_its_picture_shows(path: Path) -> None:
    [document] = read(path.with_name(path.name.replace(".tree.json", ".yaml")))[0]
    assert document.tree == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_an_invalid_spec_draws_the_words_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert [said(problem) for problem in read(path)[1]] == expected


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_every_problem_has_a_next_step(path: Path) -> None:
    assert all(problem.hint for problem in read(path)[1])


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_no_message_spells_values_as_python_does(path: Path) -> None:
    words = " ".join(f"{problem.message} {problem.hint}" for problem in read(path)[1]).split()
    assert not {"None", "True", "False", "dict", "str", "[]", "{}"} & set(words)
