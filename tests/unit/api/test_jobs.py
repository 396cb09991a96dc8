"""Starting, watching and reading jobs."""

from datetime import datetime, timedelta
from typing import Any

import numpy
import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import InvalidArgument, Unreadable
from fused_spec.api.http.transport import Transport
from fused_spec.api.reading import FusedReader
from fused_spec.api.values.objects import JobResponse, RunResponse
from fused_spec.errors import WaitTimeout
from tests.unit.api.conftest import FakeTime
from tests.unit.api.loopback import Loopback, leads_to, raw, says

JOB = "0b8c7f3a-1111-2222-3333-444455556666"
STEP: dict[str, Any] = {"type": "udf", "name": "n", "udf": {"name": "n", "entrypoint": "n", "code": "..."}}


def run(status: str = "running", *, terminal: bool = False, **more: object) -> dict[str, object]:
    return {"job_id": JOB, "job_name": "n", "status": status, "terminal_status": terminal, **more}


def history(*ids: str) -> list[dict[str, object]]:
    return [{"id": id, "user_id": "u", "creation_date": "2031-05-01T10:00:00Z", "job_status": "Done"} for id in ids]


def logs(*messages: str) -> list[dict[str, object]]:
    return [{"timestamp": stamp, "message": message + "\n"} for stamp, message in enumerate(messages, 1000)]


def test_a_start_sends_the_config_and_the_seeds_environment(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    assert api.start_job(STEP).job_id == JOB
    body = server.seen[0].json
    assert set(body) == {"config", "additional_env"}
    assert body["config"]["name"] == "n"
    assert body["config"]["steps"][0]["udf"]["code"] == "..."
    assert body["additional_env"] == ["FUSED_CREDENTIAL_PROVIDER=ec2"]


def test_a_start_sends_machine_and_place_in_the_query(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    api.start_job(STEP, instance_type="m5.large", region="us-west-2", disk_size_gb=30, image_name="i:1")
    assert server.calls == ["POST /run?region=us-west-2&instance_type=m5.large&disk_size_gb=30"]
    assert server.seen[0].json["image_name"] == "i:1"


def test_no_environment_leaves_the_key_out(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    api.start_job(STEP, additional_env=None)
    assert set(server.seen[0].json) == {"config"}


def test_an_unknown_machine_is_refused_before_anything_is_sent(server: Loopback, api: FusedAPI) -> None:
    with pytest.raises(ValueError, match=r'unknown instance_type "M5\.Large"') as caught:
        api.start_job(STEP, instance_type="M5.Large")
    assert isinstance(caught.value, InvalidArgument)
    assert (caught.value.hint, server.seen) == ('did you mean "m5.large"?', [])


def test_a_cancel_sends_an_empty_body(server: Loopback, api: FusedAPI) -> None:
    server.on(f"POST /run/by-id/{JOB}/cancel", says(run()))
    api.cancel_job(JOB)
    assert server.seen[0].headers["Content-Length"] == "0"
    assert "Content-Type" not in server.seen[0].headers


def test_a_reader_has_no_call_that_changes_something(transport: Transport) -> None:
    reader = FusedReader.over(transport)
    changing = ("start_job", "cancel_job", "upload", "delete", "save_udf", "delete_udf", "create_udf_access_token")
    assert not [name for name in changing if hasattr(reader, name)]


@pytest.mark.parametrize("job", [JOB, RunResponse.from_job_id(JOB), JobResponse.model_validate(history(JOB)[0])])
def test_a_job_is_named_by_its_id_or_by_what_was_read(server: Loopback, api: FusedAPI, job: Any) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()))
    assert api.get_status(job).job_id == JOB


def test_five_jobs_take_one_request(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history(*"abcdefg")))
    assert [job.id for job in api.get_jobs()] == list("abcde")
    assert server.calls == ["GET /job/self?skip=0&limit=25"]


def test_all_jobs_are_read_until_a_page_is_empty(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("a", "b")), says(history("c")), says([]))
    jobs = api.get_jobs(None, skip=1, per_request=2, max_requests=None)
    assert [job.id for job in jobs] == ["a", "b", "c"]
    assert [call.partition("?")[2] for call in server.calls] == [f"skip={skip}&limit=2" for skip in (1, 3, 5)]


def test_a_service_that_ignores_skip_is_noticed(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("a", "b")))
    with pytest.raises(Unreadable, match="ignores `skip`"):
        api.get_jobs(None, per_request=2, max_requests=None)


def test_jobs_are_a_sequence_whose_repr_asks_nothing(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /job/self", says(history("a", "b")))
    jobs = api.get_jobs()
    assert (len(jobs), jobs[1].id, [job.id for job in jobs[:1]]) == (2, "b", ["a"])
    assert repr(jobs) == "<Job a status=Done>\n<Job b status=Done>"
    assert len(server.seen) == 1


def test_a_config_is_read_from_where_the_service_sends_us_without_credentials(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /job/by-id/{JOB}/config", leads_to(f"{server.host}/blob?signature=s"))
    server.on("GET //blob", says({"name": "n", "steps": [STEP], "metadata": {"k": 1}}))
    assert api.get_job_config(JOB).metadata == {"k": 1}
    assert "Authorization" not in server.seen[1].headers


@pytest.mark.parametrize("location", ["/blob", "http://169.254.169.254/", "file:///etc/passwd", ""])
def test_a_config_is_not_read_from_just_anywhere(server: Loopback, api: FusedAPI, location: str) -> None:
    server.on(f"GET /job/by-id/{JOB}/config", leads_to(location))
    with pytest.raises(Unreadable):
        api.get_job_config(JOB)
    assert len(server.seen) == 1


def test_logs_are_asked_from_a_moment_on(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /logs/{JOB}", says(logs("a")))
    assert [line.message for line in api.get_logs(JOB, 5)] == ["a\n"]
    assert server.calls == [f"GET /logs/{JOB}?since_ms=5"]


def test_results_come_in_order_and_are_read_when_asked(server: Loopback, api: FusedAPI) -> None:
    names = ("10.parquet", "2.parquet", "2.parquet.metadata", "notes")
    server.on(f"GET /run/by-id/{JOB}/results", says([{"name": name, "url": f"{server.host}/{name}"} for name in names]))
    server.on("GET //2.parquet", raw(b"PAR1"))
    server.on("GET //2.parquet.metadata", says({"stdout": "hi"}))
    results = api.get_job_results(JOB)
    assert [result.name for result in results] == ["2.parquet", "10.parquet", "notes"]
    assert (results[0].read(), results[0].metadata(), results[1].metadata()) == (b"PAR1", {"stdout": "hi"}, None)
    assert "Authorization" not in server.seen[1].headers


@pytest.mark.parametrize(
    "last", [run("terminated", terminal=True), run(finished_job_status=True), run("x", terminal=True, total_tasks=3)]
)
def test_waiting_ends_when_the_work_is_over(
    server: Loopback, api: FusedAPI, time: FakeTime, last: dict[str, object]
) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run("pending")), says(run(finished_job_status=False)), says(last))
    assert api.wait_for_job(JOB).finished
    assert time.slept == [5, 5]


def test_a_machine_that_is_gone_before_the_work_is_over_is_waited_for(server: Loopback, api: FusedAPI) -> None:
    server.on(
        f"GET /run/by-id/{JOB}",
        says(run(terminal=True, finished_job_status=False)),
        says(run(finished_job_status=True)),
    )
    api.wait_for_job(JOB)
    assert len(server.seen) == 2


def test_waiting_too_long_is_pythons_timeout_error(server: Loopback, api: FusedAPI, time: FakeTime) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()))
    with pytest.raises(TimeoutError) as caught:
        api.wait_for_job(JOB, 2, timeout=3)
    assert isinstance(caught.value, WaitTimeout)
    assert time.slept == [2, 2]


def test_no_time_at_all_is_one_look(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()))
    with pytest.raises(TimeoutError):
        api.wait_for_job(JOB, timeout=0)
    assert len(server.seen) == 1


def tailed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What a tail printed between its heading and its last word."""
    return capsys.readouterr().out.splitlines()[1:-1]


def test_every_line_is_tailed_once(server: Loopback, api: FusedAPI, capsys: pytest.CaptureFixture[str]) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()), says(run()), says(run("terminated", terminal=True)))
    server.on(f"GET /logs/{JOB}", says(logs("a", "b")), says(logs("a", "b", "b", "ERROR x")), says(logs("b", "c")))
    api.tail_logs(JOB, sample_logs=False)
    assert tailed(capsys) == ["a", "b", "b", "ERROR x", "b", "c"]


def test_a_sampled_tail_prints_the_newest_line_of_each_batch(
    server: Loopback, api: FusedAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()), says(run("shutting-down")))
    server.on(f"GET /logs/{JOB}", says(logs("a", "b")), says(logs("a", "b", "c", "d")))
    api.tail_logs(JOB)
    assert tailed(capsys) == ["b", "d"]


def test_a_job_that_had_ended_is_tailed_whole(
    server: Loopback, api: FusedAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run("terminated", terminal=True, job_status="Done")))
    server.on(f"GET /logs/{JOB}", says(logs("a", "b")))
    api.tail_logs(JOB)
    assert capsys.readouterr().out.splitlines()[1:] == ["a", "b", f"Job {JOB} is not running, its status is Done."]


def test_a_tail_without_lines_says_once_that_it_waits(
    server: Loopback, api: FusedAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on(f"GET /run/by-id/{JOB}", *[says(run("pending"))] * 3, says(run("terminated", terminal=True)))
    server.on(f"GET /logs/{JOB}", says([]))
    api.tail_logs(JOB)
    assert tailed(capsys) == ["Waiting for the first line."]


def test_a_tail_that_takes_too_long_times_out(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()))
    server.on(f"GET /logs/{JOB}", says([]))
    with pytest.raises(TimeoutError):
        api.tail_logs(JOB, timeout=3)


def test_a_log_that_cannot_be_read_is_a_value_error_after_one_repeat(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()))
    server.on(f"GET /logs/{JOB}", says({"detail": "x"}, status=500))
    with pytest.raises(ValueError, match="cannot be read"):
        api.tail_logs(JOB)
    assert len(server.seen) == 3


def test_the_time_of_a_job_is_that_of_its_log(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run("terminated", terminal=True)))
    server.on(f"GET /logs/{JOB}", says(logs("a", "b", "c")))
    assert api.get_status(JOB).get_exec_time() == timedelta(milliseconds=2)


def test_a_start_asks_for_a_run_and_not_for_an_earlier_answer(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    api.start_job(STEP)
    headers = server.seen[0].headers
    assert (headers["X-Fused-Cache-Disable"], headers["Fused-Recursion"]) == ("true", "1")


def test_a_start_says_what_was_said_of_mails_and_earlier_runs(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    api.start_job(STEP, send_status_email=False, cache_max_age=0)
    body = server.seen[0].json
    assert (body["send_status_email"], body["cache_max_age"]) == (False, 0)


@pytest.mark.parametrize(
    ("step", "keywords", "place"),
    [
        ({**STEP, "input": [1, float("nan")]}, {}, r"steps\[0\]\.input\[1\]"),
        ({**STEP, "input": [numpy.inf]}, {}, r"steps\[0\]\.input\[0\]"),
        ({**STEP, "udf": {**STEP["udf"], "parameters": {"when": datetime(2031, 5, 1)}}}, {}, r"udf\.parameters\.when"),
        ({**STEP, "metadata": {"a": {1}}}, {}, r"metadata\.a"),
        (STEP, {"disk_size_gb": "30"}, "disk_size_gb"),
        (STEP, {"disk_size_gb": 30.5}, "disk_size_gb"),
        (STEP, {"disk_size_gb": True}, "disk_size_gb"),
        (STEP, {"region": 5}, "region"),
        (STEP, {"image_name": b"i"}, "image_name"),
        (STEP, {"cache_max_age": "1h"}, "cache_max_age"),
        (STEP, {"instance_type": 5}, "instance_type"),
    ],
)
def test_a_start_that_cannot_be_sent_as_it_is_sends_nothing(
    server: Loopback, api: FusedAPI, step: Any, keywords: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidArgument, match=place):
        api.start_job(step, **keywords)
    assert server.seen == []


def test_what_numpy_holds_is_sent_as_numbers_and_lists(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /run", says(run()))
    parameters = {"k": numpy.float32(0.5), "m": numpy.eye(2)}
    step = {**STEP, "input": [*numpy.arange(2)], "udf": {**STEP["udf"], "parameters": parameters}}
    api.start_job(step, disk_size_gb=numpy.int64(5))
    sent = server.seen[0].json["config"]["steps"][0]
    assert (sent["input"], sent["udf"]["parameters"]) == ([0, 1], {"k": 0.5, "m": [[1.0, 0.0], [0.0, 1.0]]})


@pytest.mark.parametrize(
    "odd",
    [
        {"total_tasks": None, "finished_tasks": None},
        {"total_tasks": "many", "finished_tasks": 1.5},
        {"last_heartbeat": "soon", "job_status_date": 10**30, "instance_id": 5, "instance_type": [], "job_name": 7},
    ],
)
def test_a_detail_that_cannot_be_read_loses_no_start(server: Loopback, api: FusedAPI, odd: dict[str, Any]) -> None:
    server.on("POST /run", says(run(**odd)))
    started = api.start_job(STEP)
    assert (started.job_id, started.total_tasks, started.finished_tasks) == (JOB, 0, 0)
    assert (started.last_heartbeat, started.job_status_date, started.instance_id) == (None, None, None)


def test_a_detail_that_cannot_be_read_loses_no_history(server: Loopback, api: FusedAPI) -> None:
    line = history(JOB)[0]
    server.on("GET /job/self", says([{**line, "job_status_date": "soon", "user_id": 5, "instance_type": {}}]))
    assert [job.id for job in api.get_jobs()] == [JOB]


def gone(**more: object) -> dict[str, object]:
    return run("terminated", terminal=True, job_status="In Progress", finished_job_status=False, **more)


def test_a_run_whose_machine_has_been_gone_for_minutes_is_lost(server: Loopback, api: FusedAPI, time: FakeTime) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(run()), says(gone()))
    ended = api.wait_for_job(JOB, 60)
    assert (ended.lost, ended.finished, time.now) == (True, False, 360)


def test_a_machine_that_comes_back_begins_to_be_missed_anew(server: Loopback, api: FusedAPI, time: FakeTime) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(gone()), says(run()), says(gone()))
    assert api.wait_for_job(JOB, 200).lost
    assert time.now == 800


def test_a_run_whose_last_heartbeat_is_old_is_lost_at_once(server: Loopback, api: FusedAPI, time: FakeTime) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(gone(last_heartbeat="2020-05-01T10:00:00Z")))
    assert api.wait_for_job(JOB).lost
    assert time.slept == []


@pytest.mark.parametrize(
    "arguments", [{"n": "5"}, {"n": 2.5}, {"skip": "1"}, {"per_request": -1}, {"max_requests": "a"}]
)
def test_what_is_no_count_of_jobs_is_refused(server: Loopback, api: FusedAPI, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(arguments))):
        api.get_jobs(**arguments)
    assert server.seen == []
