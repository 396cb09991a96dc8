"""The same calls for two clients: imported here with ours, and run in an environment that holds a published one.

    python entries.py BASE_URL

Nothing of this project is imported. Before each call the server is told its name by `GET /case/NAME`.
"""

import contextlib
import io
import json
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

JOB = "0b8c7f3a-1111-2222-3333-444455556666"
GOES_ON = "0b8c7f3a-1111-2222-3333-000000000001"
UNKNOWN = "0b8c7f3a-1111-2222-3333-000000000002"
UDF_ID = "9a0c2d3e-1111-2222-3333-444455556666"
CODE = "@fused.udf\ndef udf(n: int = 1):\n    return n\n"
CALLS: dict[str, Any] = {}
"""By name: a function of the client and of what makes a job's config in its package."""


def call(function: Any) -> Any:
    CALLS[function.__name__] = function
    return function


def starts(name: str, step: dict[str, Any], config: dict[str, Any] | None = None, **keywords: Any) -> None:
    """A start of one step."""
    CALLS[f"start_job__{name}"] = lambda api, make: api.start_job(make(step, **(config or {})), **keywords)


def does(name: str, *arguments: Any, as_: str = "", **keywords: Any) -> None:
    """A call with these arguments."""
    CALLS[f"{name}__{as_}" if as_ else name] = lambda api, make: getattr(api, name)(*arguments, **keywords)


UDF = {"type": "geopandas_v2", "name": "n", "entrypoint": "udf", "code": CODE}
STEP = {"udf": UDF, "input": [1, {"n": 2}]}
starts("one_step", STEP)
starts("named", {**STEP, "name": "tiles"})
starts("whole", STEP, {"name": "whole", "metadata": {"team": ["a", 1, None]}})
starts("parameters", {"udf": {**UDF, "parameters": {"é": [1.5, None, True, {"a": "b"}]}}})
starts("on_a_machine", STEP, instance_type="m5.large", region="us-west-2", disk_size_gb=30, image_name="i:1")
starts("environment", STEP, additional_env=["A=1", "B=x=y"])
starts("no_environment", STEP, additional_env=None)
starts("empty_environment", STEP, additional_env=[])
starts("mail", STEP, send_status_email=False)
starts("cache_age", STEP, cache_max_age=60)
starts("empty_image", STEP, image_name="")
starts("nan", {**STEP, "input": [float("nan")]})
starts("infinity", {"udf": {**UDF, "parameters": {"k": float("inf")}}})
starts("bytes", {**STEP, "input": [b"x"]})
starts("a_set", {**STEP, "input": [{1}]})
starts("a_uuid", {**STEP, "input": [uuid.UUID(int=1)]})
starts("a_tuple", {**STEP, "input": [(1, 2)]})
starts("number_keys", {**STEP, "input": [{1: 2}]})
starts("unknown_machine", STEP, instance_type="M5.Large")
starts("disk_as_text", STEP, disk_size_gb="30")
starts("disk_in_part", STEP, disk_size_gb=30.5)
starts("disk_true", STEP, disk_size_gb=True)
starts("region_as_number", STEP, region=5)
for number, name in enumerate(("my job", "1job", "job\n", "", "é")):
    starts(f"name_{number}", STEP, {"name": name})


@call
def start_job__nothing(api: Any, make: Any) -> Any:
    return api.start_job(None)


does("get_jobs")
does("get_jobs", 1, skip=1, per_request=2, as_="paged")
does("get_jobs", 3, per_request=2, max_requests=2, as_="pages")
does("get_jobs", 5, per_request=-1, as_="below_zero")
does("get_jobs", "5", as_="as_text")
does("get_status", JOB)
does("get_status", uuid.UUID(JOB), as_="by_uuid")
does("get_status", UNKNOWN, as_="unknown")
does("get_logs", JOB)
does("get_logs", JOB, since_ms=5, as_="since")
does("get_logs", UNKNOWN, as_="unknown")
does("wait_for_job", GOES_ON, poll_interval_seconds=0.01)
does("wait_for_job", JOB, as_="ended")
does("cancel_job", JOB)
does("_whoami")
does("_list_realtime_instances")
does("_list_realtime_instances", whose="public", as_="public")
does("_list_realtime_instances", whose="team", as_="team")
does("_health")
does("auth_token")
does("upload", "fd://a/b.bin", b"12345")
does("upload", "a/b", b"12345", as_="no_address")
does("upload", "fd://a/b.txt", "text", as_="text")
does("_upload_tmp", "bin", b"12345")
for name, arguments, keywords in (
    ("name", ("points",), {}),
    ("id", (UDF_ID,), {}),
    ("id_without_dashes", (UDF_ID.replace("-", ""),), {}),
    ("address_and_name", ("a@example.test", "points"), {}),
    ("address_slash_name", ("a@example.test/points",), {}),
    ("two_slashes", ("a@example.test/b/c",), {}),
    ("two_addresses", ("a@example.test", "points"), {"udf_email": "b@example.test"}),
    ("name_and_address", ("points",), {"udf_email": "b@example.test"}),
    ("slash_and_address", ("a@example.test/points",), {"udf_email": "b@example.test"}),
    ("only_the_name", (None, "points"), {}),
    ("name_by_keyword", (), {"udf_email": "b@example.test", "udf_name": "points"}),
    ("id_by_keyword", (), {"udf_id": UDF_ID}),
    ("id_and_name", ("a@example.test", "points"), {"udf_id": UDF_ID}),
    ("id_and_address", (UDF_ID,), {"udf_email": "b@example.test"}),
    ("only_an_address", (), {"udf_email": "b@example.test"}),
    ("nothing", (), {}),
    ("empty", ("",), {}),
    ("fields", ("points",), {"client_id": None, "cache": False, "metadata_json": {"k": 1}, "enabled": False}),
    ("scope", ("points",), {"public_read": True, "access_scope": "team"}),
    ("metadata_nan", ("points",), {"metadata_json": {"k": float("nan")}}),
):
    does("create_udf_access_token", *arguments, as_=name, **keywords)


@call
def tail_logs(api: Any, make: Any) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        api.tail_logs(JOB)
    return [line for line in out.getvalue().splitlines() if line in ("first", "second")]


@call
def get_logs__as_json(api: Any, make: Any) -> Any:
    return json.loads(json.dumps(api.get_logs(JOB)))[0]["message"]


def replace(api: Any, value: Any) -> Any:
    return getattr(api, "_upload_local_input", api._replace_df_input if hasattr(api, "_replace_df_input") else None)(
        value
    )


@call
def _replace_df_input__path(api: Any, make: Any) -> Any:
    Path("in.tar.gz").write_bytes(b"12345")
    return replace(api, Path("in.tar.gz"))


@call
def _replace_df_input__text_of_a_file(api: Any, make: Any) -> Any:
    Path("in.csv").write_bytes(b"12345")
    return replace(api, "in.csv")


@call
def _replace_df_input__paths(api: Any, make: Any) -> Any:
    Path("in.csv").write_bytes(b"12345")
    return replace(api, [Path("in.csv"), "fd://a/b"])


@call
def _replace_df_input__address(api: Any, make: Any) -> Any:
    return replace(api, "fd://a/b")


@call
def _replace_df_input__number(api: Any, make: Any) -> Any:
    return replace(api, 5)


@call
def _replace_df_input__path_without_a_suffix(api: Any, make: Any) -> Any:
    Path("plain").write_bytes(b"12345")
    return replace(api, Path("plain"))


@call
def objects(api: Any, make: Any) -> Any:
    """What the returned objects offer."""
    jobs = api.get_jobs(1)
    run = api.get_status(GOES_ON)
    dumped = json.loads(jobs.model_dump_json())
    shown = [bool(one._repr_html_()) for one in (jobs, run)]
    return [
        isinstance(jobs.jobs, list),
        bool(type(jobs)(jobs=[], n=1, skip=0, per_request=1, max_requests=1)),
        [sorted(dumped), sorted(jobs.model_dump())],
        jobs.refresh() is jobs,
        run.refresh_status() is run,
        shown,
    ]


def plain(value: Any) -> Any:
    """A result in JSON."""
    if hasattr(value, "model_dump"):
        return json.loads(value.model_dump_json())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


CAUGHT = ("HTTPError", "ConnectionError", "TimeoutError", "AssertionError")


def outcome(function: Any, api: Any, make: Any) -> Any:
    """What came of one call; an error by what code for the published client catches it by."""
    try:
        return plain(function(api, make))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the outcome
        return {"raises": [one.__name__ for one in type(error).__mro__ if one.__name__ in CAUGHT]}


def run_all(host: str, api: Any, make: Any) -> dict[str, Any]:
    """Every call with a client of its own; `api()` makes one."""
    found = {}
    for name, function in CALLS.items():
        urllib.request.urlopen(f"{host}/case/{name}").close()
        found[name] = outcome(function, api(), make)
    return found


def published(base_url: str) -> dict[str, Any]:
    import fused
    from fused.models.api import JobConfig, UdfJobStepConfig

    fused.options.base_url = base_url
    fused.options.request_timeout = 30

    def api() -> Any:
        fused.options.realtime_client_id = None
        return fused.api.FusedAPI()

    def make(step: dict[str, Any], **config: Any) -> Any:
        made = UdfJobStepConfig.model_validate(step)
        return JobConfig(steps=[made], **config) if config else made

    return run_all(base_url.removesuffix("/server/v1"), api, make)


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        facts = published(sys.argv[1])
    print("FACTS " + json.dumps(facts))
