"""What a notebook shows, and the published objects' further methods."""

import json
from typing import Any

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.values.objects import Jobs
from tests.unit.api.loopback import Loopback, leads_to, says

JOB = "0b8c7f3a-1111-2222-3333-444455556666"
RUN: dict[str, Any] = {"job_id": JOB, "job_name": "<b>n</b>", "status": "running", "terminal_status": False}


def history(*statuses: str) -> list[dict[str, Any]]:
    return [
        {"id": f"{JOB[:-1]}{number}", "user_id": "u", "creation_date": "2031-05-01T10:00:00Z", "job_status": status}
        for number, status in enumerate(statuses)
    ]


def test_jobs_ask_the_same_question_again(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("In Progress")), says(history("Done", "Done")))
    jobs = api.get_jobs(7, skip=2, per_request=3)
    assert jobs.refresh() is jobs
    assert [job.job_status for job in jobs] == ["Done", "Done"]
    assert server.calls == ["GET /job/self?skip=2&limit=3"] * 2


def test_the_jobs_of_jobs_are_a_list(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("Done")))
    jobs = api.get_jobs()
    assert isinstance(jobs.jobs, list)
    assert jobs.jobs[0] is jobs[0]


def test_jobs_without_a_job_are_an_answer_all_the_same(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says([]))
    jobs = api.get_jobs()
    assert (bool(jobs), len(jobs), list(jobs), jobs._repr_html_()) == (True, 0, [], "<p>no jobs</p>")


def test_jobs_are_dumped_with_their_question(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("Done")))
    jobs = api.get_jobs()
    assert set(jobs.model_dump()) == {"jobs", "n", "skip", "per_request", "max_requests"}
    assert json.loads(jobs.model_dump_json())["jobs"][0]["job_status"] == "Done"


def test_jobs_become_a_table(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("Done", "Failed")))
    table = api.get_jobs().to_pandas()
    assert list(table["job_status"]) == ["Done", "Failed"]
    assert Jobs(jobs=[], n=5, skip=0, per_request=25, max_requests=1).to_pandas().columns.tolist() == list(
        table.columns
    )


def test_a_notebook_shows_jobs_as_a_table_and_asks_nothing(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("<script>", "Done")))
    html = api.get_jobs()._repr_html_()
    assert html.startswith("<table>")
    assert ("&lt;script&gt;" in html, "<script>" in html, html.count("<tr>")) == (True, False, 3)
    assert len(server.seen) == 1


def test_a_notebook_shows_a_run_as_a_card(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN))
    html = api.get_status(JOB)._repr_html_()
    assert f'href="{server.host}/workbench/jobs/{JOB}"' in html
    assert ("&lt;b&gt;n&lt;/b&gt;" in html, "<b>n</b>" in html) == (True, False)
    assert len(server.seen) == 1


def test_a_run_becomes_what_it_is_now(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN), says({**RUN, "status": "terminated", "terminal_status": True}))
    run = api.get_status(JOB)
    assert run.refresh_status() is run
    assert (run.status, run.terminal_status) == ("terminated", True)
    run.refresh_status()
    assert len(server.seen) == 2


def test_a_line_of_the_history_has_its_config_under_both_names(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("Done")))
    server.on(f"GET /job/by-id/{JOB[:-1]}0/config", leads_to(f"{server.host}/config"))
    server.on("GET //config", says({"name": "n", "steps": []}))
    job = api.get_jobs()[0]
    assert job.steps_config() == job.config()


def test_a_start_that_a_cache_answered_is_shown_as_one(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(RUN, headers={"x-cache": "S3"}))
    run = api.start_job({"type": "udf", "udf": {"entrypoint": "n", "code": "c"}})
    assert run.cached == "s3"
    assert "older run" in run._repr_html_()


@pytest.mark.parametrize("headers", [{}, {"x-cache": "Miss from cloudfront"}, {"x-cache": ""}])
def test_a_start_that_no_cache_answered_is_none(server: Loopback, api: FusedAPI, headers: dict[str, str]) -> None:
    server.on("POST /run", says(RUN, headers=headers))
    assert api.start_job({"type": "udf", "udf": {"entrypoint": "n", "code": "c"}}).cached is None
