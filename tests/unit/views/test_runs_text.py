"""Tables of runs."""

from typing import Any

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change
from fused_spec.views.text.runs import ListedRun, jobs_text, show_text, status_text
from tests.unit.views.things import NOW, change, job, job_key, plan

DETAILS: dict[str, Any] = {
    "job_id": "7e57",
    "key": "Job/areas",
    "status": "succeeded",
    "total_tasks": 3,
    "finished_tasks": 3,
    "settings": {"region": "us-west-2"},
    "config": {"steps": [{"type": "udf", "udf": {"entrypoint": "udf"}, "input": [0, 1, 2]}]},
    "results": ["0.parquet"],
}


def test_status_tells_whether_the_newest_run_is_of_what_the_spec_says_now() -> None:
    assert status_text(plan(change())).splitlines()[1].split()[:3] == ["areas", "succeeded", "changed"]


def test_a_job_that_never_ran_says_so() -> None:
    never = Change(key=job_key(), action=Action.START, reason=Reason.NEVER_RAN, after=job())
    assert "never ran" in status_text(plan(never))


def test_runs_of_others_are_listed_too() -> None:
    listed = ListedRun(job_id="7e57", status=RunStatus.RUNNING, created=NOW)
    assert jobs_text([listed]).splitlines()[1].split("  ")[:3] == [
        "2026-05-04 12:00:00",
        "running",
        "(not of fused-spec)",
    ]


def test_one_run_shows_steps_settings_tasks_and_results() -> None:
    text = show_text(DETAILS, [("results", "1 table, 3 rows")])
    lines = dict(line.split("  ", 1) for line in text.splitlines())
    assert lines["step 1"].strip() == "udf udf over 3 inputs"
    assert lines["region"].strip() == '"us-west-2"'
    assert lines["tasks"].strip() == "3 of 3"
    assert lines["results"].strip() == "1 table, 3 rows"
