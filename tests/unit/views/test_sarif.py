import json

from fused_spec.messages.diagnostics import Severity
from fused_spec.views.documents.reports.sarif import sarif_document, sarif_text
from tests.unit.views.things import problem


def results(*diagnostics):
    return sarif_document(diagnostics, version="1.2.3")["runs"][0]["results"]


def test_a_problem_has_its_place() -> None:
    place = results(problem(path="specs/my job.yaml"))[0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "specs/my%20job.yaml"},
        "region": {"startLine": 14, "startColumn": 3},
    }


def test_the_hint_is_part_of_the_message() -> None:
    assert results(problem())[0]["message"]["text"].endswith('Hint: did you mean "instance_type"?')


def test_errors_come_first() -> None:
    found = results(problem(severity=Severity.WARNING), problem())
    assert [result["level"] for result in found] == ["error", "warning"]


def test_a_moved_problem_keeps_its_fingerprint() -> None:
    first, second = results(problem(line=1), problem(line=99))
    assert first["partialFingerprints"] == second["partialFingerprints"]


def test_another_problem_has_another_fingerprint() -> None:
    first, second = results(problem(), problem("something else"))
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_every_result_names_a_rule_of_the_run() -> None:
    run = sarif_document([problem()], version="1")["runs"][0]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {result["ruleId"] for result in run["results"]}


def test_the_text_is_one_line() -> None:
    assert json.loads(sarif_text([problem("a\nb")], version="1"))["version"] == "2.1.0"
    assert "\n" not in sarif_text([problem("a\nb")], version="1")


def test_a_rule_has_a_number_and_says_what_it_is_about() -> None:
    [rule] = sarif_document([problem()], version="1")["runs"][0]["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("FS701", "unknown-field")
    assert rule["shortDescription"] == {"text": "A field that there is not"}
    assert "**What to do:**" in rule["help"]["markdown"]
