import json
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.views.documents.reports.gitlab import code_quality_text
from tests.unit.views.things import problem


def report(*diagnostics: Diagnostic) -> list[dict[str, Any]]:
    return list(json.loads(code_quality_text(diagnostics)))


def test_an_entry_has_every_key_that_gitlab_reads() -> None:
    [entry] = report(problem())
    assert len(entry.pop("fingerprint")) == 32
    assert entry == {
        "description": 'FS701: unknown field "instance_typ" Hint: did you mean "instance_type"?',
        "check_name": "fused-spec/unknown-field",
        "severity": "major",
        "location": {"path": "specs/parcels.yaml", "lines": {"begin": 14}},
    }


def test_no_problem_is_an_empty_list() -> None:
    assert report() == []


def test_a_warning_is_minor_and_a_note_is_info() -> None:
    entries = report(problem(severity=Severity.WARNING), problem(severity=Severity.NOTE))
    assert [entry["severity"] for entry in entries] == ["minor", "info"]


def test_a_moved_problem_keeps_its_fingerprint() -> None:
    assert report(problem(line=1))[0]["fingerprint"] == report(problem(line=99))[0]["fingerprint"]


def test_equal_problems_of_one_file_differ_in_their_fingerprints() -> None:
    first, second = report(problem(line=1), problem(line=99))
    assert first["fingerprint"] != second["fingerprint"]


def test_nothing_in_it_is_obeyed() -> None:
    assert "##[" not in code_quality_text([problem("##[error]x")])
