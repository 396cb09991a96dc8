import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace

from fused_spec.errors import CredentialsError
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Left
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.archive.log_end import Raised
from fused_spec.views.documents.json import as_json, error_document, validate_document
from fused_spec.views.documents.outcomes import apply_document
from fused_spec.views.documents.plans import plan_document
from fused_spec.views.text.outcomes import Failure, Input
from tests.unit.views.things import change, field, job_key, plan, problem, run

SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"


def checked(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document as a script reads it, after its published schema accepted it."""
    whole = json.loads(as_json(document))
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(whole)
    return whole


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_every_published_schema_is_a_schema(path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_every_document_has_a_version() -> None:
    assert checked("validate", validate_document([]))["format_version"] == "1"


def test_a_diagnostic_has_every_key_of_the_contract() -> None:
    assert checked("validate", validate_document([problem()])) == {
        "format_version": "1",
        "valid": False,
        "diagnostics": [
            {
                "severity": "error",
                "code": "unknown-field",
                "id": "FS701",
                "file": "specs/parcels.yaml",
                "line": 14,
                "column": 3,
                "path": "spec",
                "message": 'unknown field "instance_typ"',
                "hint": 'did you mean "instance_type"?',
            }
        ],
    }


def test_a_plan_has_every_key_of_the_contract() -> None:
    fields = (field("disk_size_gb", 10, 20),)
    document = checked("plan", plan_document(plan(change(action=Action.REPLACE, fields=fields))))
    assert document["summary"] == {"replace": 1}
    assert document["changes"] == [
        {
            "kind": "Job",
            "name": "areas",
            "group": None,
            "cell": {},
            "action": "replace",
            "reason": "spec changed",
            "sign": "-/+",
            "job_id": "7e57ab1e",
            "digest": "d1:" + "0" * 64,
            "part": None,
            "fields": [{"path": "disk_size_gb", "before": 10, "after": 20}],
            "notes": [],
            "renamed_from": None,
            "last_run": {"job_id": "7e57ab1e", "status": "succeeded", "ended": None, "ended_by": None, "error": None},
        }
    ]


def test_a_plan_tells_what_is_of_one_shape_what_left_and_whom_it_concerns() -> None:
    fields = (field("year", 2023, 2024),)
    three = [replace(change(f"tile-{n}", fields=fields), notes=("Udf/a serves fd://x/",)) for n in range(3)]
    left = Left(
        key=job_key("old"), said="its last run failed", stays=("fd://old/",), taken=(("fd://b/", job_key("b")),)
    )
    still = [change(name, action=Action.NONE) for name in "ab"]
    document = checked("plan", plan_document(replace(plan(*three, *still), left=(left,))))
    [group] = document["groups"]
    assert (group["keys"], group["fields"]) == (
        ["Job/tile-0", "Job/tile-1", "Job/tile-2"],
        [{"path": "year", "before": 2023, "after": 2024}],
    )
    assert document["changes"][0]["notes"] == ["Udf/a serves fd://x/"]
    assert document["left"] == [
        {
            "kind": "Job",
            "name": "old",
            "said": "its last run failed",
            "stays": ["fd://old/"],
            "taken": [{"address": "fd://b/", "by": "Job/b"}],
        }
    ]


def test_a_reason_names_its_detail() -> None:
    document = plan_document(plan(change(reason=Reason.SPEC_CHANGED, detail="udfs/area.py")))
    assert document["changes"][0]["reason"] == "spec changed: udfs/area.py"


def test_a_plan_holds_no_secret() -> None:
    document = plan_document(plan(change(fields=(field("additional_env.API_KEY", "old-one", "new-one"),))))
    assert "old-one" not in as_json(document) and "new-one" not in as_json(document)


def test_an_error_document_tells_the_next_step() -> None:
    document = checked("error", error_document(CredentialsError("no credentials", hint="log in")))
    assert document["error"] == {"message": "no credentials", "hint": "log in", "exit_code": 8}


def failed_outcome(failure: Failure, *, status: OutcomeStatus = OutcomeStatus.FAILED) -> dict[str, Any]:
    outcome = Outcome(change=change(), status=status, job_id="7e57ab1e", seconds=3.5)
    [told] = checked("apply", apply_document("local", [outcome], 1, {"7e57ab1e": failure}))["outcomes"]
    return told


def test_a_failed_run_tells_step_input_exception_seconds_and_log() -> None:
    told = failed_outcome(
        Failure(
            step="step 1 of 2: udf",
            input=Input(index=3, value={"x": 2, "api_key": "k1"}),
            raised=Raised(type="ValueError", message="no such tile, by fsh_abcdefgh12345"),
            why="ValueError: no such tile, by fsh_abcdefgh12345",
            lines=["one", "by fsh_abcdefgh12345"],
        )
    )
    assert told["failure"] == {
        "step": "step 1 of 2: udf",
        "input": {"index": 3, "value": {"x": 2, "api_key": "***"}},
        "exception": {"type": "ValueError", "message": "no such tile, by ***"},
        "seconds": 3.5,
        "log": ["one", "by ***"],
        "page": None,
    }
    assert told["error"] == "ValueError: no such tile, by ***"


@pytest.mark.parametrize("status", [OutcomeStatus.FAILED, OutcomeStatus.LOST])
def test_a_failed_run_whose_log_tells_nothing_has_an_error_too(status: OutcomeStatus) -> None:
    assert failed_outcome(Failure(), status=status)["error"] == f"the run is {status}, and its log does not tell why"


def test_a_run_that_did_not_fail_has_no_failure() -> None:
    outcome = Outcome(change=change(), status=OutcomeStatus.SUCCEEDED, job_id="7e57ab1e")
    [told] = checked("apply", apply_document("local", [outcome], 0))["outcomes"]
    assert (told["error"], told["failure"], told["seconds"]) == (None, None, None)


def last_run(outcome: Outcome) -> Any:
    return apply_document("local", [outcome], 0)["outcomes"][0]["last_run"]


def test_the_last_run_of_an_outcome_is_the_one_before_its_own() -> None:
    own = change()
    assert last_run(Outcome(change=own, status=OutcomeStatus.FAILED, job_id="7e57ab1e")) is None
    earlier = replace(run(), job_id="0ld")
    outcome = Outcome(change=own, status=OutcomeStatus.FAILED, job_id="7e57ab1e", earlier=earlier)
    assert last_run(outcome)["job_id"] == "0ld"


def test_the_last_run_of_what_was_left_as_it_was_is_its_newest() -> None:
    for status in (OutcomeStatus.UNCHANGED, OutcomeStatus.HELD):
        assert last_run(Outcome(change=change(), status=status, job_id="7e57ab1e"))["job_id"] == "7e57ab1e"
