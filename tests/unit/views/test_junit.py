from xml.etree import ElementTree

from fused_spec.messages.diagnostics import Severity
from fused_spec.views.documents.reports.junit import junit_text
from tests.unit.views.things import problem

WARNING = problem(severity=Severity.WARNING)


def cases(text: str) -> list[tuple[str, str, bool]]:
    found = ElementTree.fromstring(text).iter("testcase")
    return [(case.get("file", ""), case.get("name", ""), case.find("failure") is not None) for case in found]


def test_a_file_without_a_problem_is_a_test_that_went_well() -> None:
    assert cases(junit_text([], ["specs/a.yaml"])) == [("specs/a.yaml", "is valid", False)]


def test_each_error_is_a_test_that_failed() -> None:
    assert cases(junit_text([problem(), problem(line=20)], ["specs/parcels.yaml"])) == [
        ("specs/parcels.yaml", "FS701 unknown-field at 14:3", True),
        ("specs/parcels.yaml", "FS701 unknown-field at 20:3", True),
    ]


def test_a_failure_says_where_what_and_the_next_step() -> None:
    failure = ElementTree.fromstring(junit_text([problem()], [])).find(".//failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("FS701", 'unknown field "instance_typ"')
    assert str(failure.text).splitlines() == [
        'error[FS701] at specs/parcels.yaml:14:3: unknown field "instance_typ" (spec)',
        '  hint: did you mean "instance_type"?',
    ]


def test_a_warning_alone_lets_the_file_pass_and_is_told() -> None:
    text = junit_text([WARNING], [])
    assert cases(text) == [("specs/parcels.yaml", "is valid", False)]
    assert "warning[FS701]" in str(ElementTree.fromstring(text).findtext(".//system-out"))


def test_where_one_is_strict_a_warning_is_a_test_that_failed() -> None:
    assert cases(junit_text([WARNING], [], strict=True))[0][2]


def test_tests_and_failures_are_counted() -> None:
    whole = ElementTree.fromstring(junit_text([problem()], ["specs/a.yaml"]))
    assert [(one.get("tests"), one.get("failures")) for one in (whole, whole[0])] == [("2", "1")] * 2


def test_no_text_breaks_the_xml_and_none_is_obeyed() -> None:
    text = junit_text([problem("a\x00<b>&\ufffe ##[error]x\n::error::y", path="<##[x].yaml")], [])
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert cases(text)[0][0] == "<##[x].yaml"
