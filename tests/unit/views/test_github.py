from fused_spec.messages.diagnostics import Severity
from fused_spec.views.documents.reports.github import annotations
from tests.unit.views.things import problem


def test_a_problem_is_a_workflow_command() -> None:
    assert annotations([problem(hint=None)]) == (
        "::error file=specs/parcels.yaml,line=14,col=3,title=fused-spec FS701 unknown-field"
        '::unknown field "instance_typ"'
    )


def test_the_message_cannot_begin_another_command() -> None:
    assert annotations([problem("a\n::set-output name=x::1%", hint=None)]).endswith("::a%0A::set-output name=x::1%25")


def test_the_file_cannot_add_a_property() -> None:
    assert "file=a%2Cline=1%3A.yaml,line=14" in annotations([problem(path="a,line=1:.yaml")])


def test_errors_come_first_since_only_ten_are_shown() -> None:
    text = annotations([problem(severity=Severity.WARNING), problem()])
    assert [line.split()[0] for line in text.splitlines()] == ["::error", "::warning"]
