"""What callers give, and what is refused before anything is sent."""

import subprocess
import sys
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from fused_spec.api.errors import InvalidArgument
from fused_spec.api.values.inputs import (
    as_config,
    as_udf,
    checked_file_url,
    checked_instance_type,
    env_list,
    is_dataframe,
    job_id_of,
)
from fused_spec.configuration.instances import INSTANCE_TYPES
from fused_spec.wire import JobConfig, Udf, UdfStep

UDF = {"name": "n", "entrypoint": "n", "code": "c"}
STEP: dict[str, Any] = {"type": "udf", "udf": UDF, "metadata": {"free": {"form": 1}}}
REQUIRED = {"partitioning_method": "rows", "partitioning_split_method": "mean"}
INGESTION: dict[str, Any] = {"type": "partition_geospatial", "input": "fd://a", "output": "fd://b", **REQUIRED}


class Published:
    """Stands for a model of the published package, of either pydantic generation."""

    def __init__(self, plain: dict[str, Any], *, generation: int) -> None:
        setattr(self, "model_dump" if generation == 2 else "dict", lambda **_: plain)


@pytest.mark.parametrize(
    "config",
    [
        STEP,
        {"steps": [STEP]},
        UdfStep.model_validate(STEP),
        JobConfig.model_validate({"steps": [STEP]}),
        Published({**STEP, "field_of_a_newer_release": 1}, generation=2),
        Published({"steps": [STEP]}, generation=1),
    ],
)
def test_a_config_comes_in_many_forms(config: object) -> None:
    assert as_config(config) == JobConfig.model_validate({"steps": [STEP]})


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({**STEP, "inputs": []}, "inputs is not a field"),
        ({"steps": [STEP], "nam": "n"}, "nam is not a field"),
        ({"steps": [STEP, {**STEP, "udf": {**UDF, "heders": []}}]}, r"steps\[1\].udf.heders is not a field"),
        ({"steps": [{"type": "union"}]}, r"steps.0: .*'union'"),
        ({"steps": 5}, "steps: "),
        ({**STEP, "n_processes": "many"}, "n_processes"),
        (object(), "a object cannot be sent"),
        (None, "a NoneType cannot be sent"),
    ],
)
def test_a_wrong_config_is_told_by_place(config: object, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        as_config(config)


def test_a_misspelt_field_has_a_suggestion() -> None:
    with pytest.raises(InvalidArgument) as caught:
        as_udf({**UDF, "parametres": {}})
    assert caught.value.hint == 'did you mean "parameters"?'


@pytest.mark.parametrize(
    ("env", "sent"),
    [
        (None, None),
        ((), []),
        (["A=1", "B=x=y"], ["A=1", "B=x=y"]),
        (iter(["A="]), ["A="]),
        ({"A": "1", "B": ""}, ["A=1", "B="]),
    ],
)
def test_the_environment_becomes_a_list(env: Any, sent: list[str] | None) -> None:
    assert env_list(env) == sent


@pytest.mark.parametrize("env", ["A=1", ["A"], ["=secret"], [5], ["A=\0"], {"A": 1}, {"A": None}])
def test_what_is_no_environment_is_refused_and_not_echoed(env: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        env_list(env)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", [None, *INSTANCE_TYPES])
def test_every_published_machine_is_known(name: str | None) -> None:
    assert checked_instance_type(name) == name


def test_the_published_list_is_whole() -> None:
    assert len(INSTANCE_TYPES) == len(set(INSTANCE_TYPES)) == 30
    assert {"m5.large", "r5.16xlarge", "t3.2xlarge", "c2-standard-60", "m3-ultramem-64", "agent"} < set(INSTANCE_TYPES)


def test_a_machine_like_no_other_is_answered_with_the_list() -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_instance_type("quantum")
    assert "m5.large" in (caught.value.hint or "")


def test_the_client_is_imported_without_geopandas() -> None:
    code = "import sys, fused_spec.api.client; print('geopandas' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_anything_is_no_table_where_pandas_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    assert is_dataframe(object()) is False


class PublishedRun:
    """Stands for a run as the published client reads it."""

    job_id = "0b8c7f3a-1111"


class PublishedLine:
    """Stands for a line of the history as the published client reads it."""

    id = "0b8c7f3a-1111"
    creation_date = "2031-05-01"


@pytest.mark.parametrize("job", ["0b8c7f3a-1111", PublishedRun(), PublishedLine()])
def test_a_job_may_be_named_by_what_the_published_client_read(job: Any) -> None:
    assert job_id_of(job) == "0b8c7f3a-1111"


def test_a_job_may_be_named_by_a_uuid() -> None:
    assert job_id_of(uuid.UUID(int=5)) == "00000000-0000-0000-0000-000000000005"


@pytest.mark.parametrize("job", [None, 5, object(), "a/b", b"a", SimpleNamespace(id="0b8c7f3a-1111")])
def test_what_names_no_job_is_refused(job: Any) -> None:
    with pytest.raises(InvalidArgument, match="not a job id"):
        job_id_of(job)


@pytest.mark.parametrize("udf", [Udf.model_validate(UDF), UDF, Published({**UDF, "newer": 1}, generation=2)])
def test_a_udf_alone_is_a_job_of_one_step(udf: object) -> None:
    assert as_config(udf) == JobConfig(steps=[UdfStep(udf=Udf.model_validate(UDF))])


@pytest.mark.parametrize("name", ["my job", "1job", "job\n", "", "-a", "é", "a/b"])
def test_a_name_that_the_published_client_refuses_is_refused(name: str) -> None:
    for config in ({"name": name, "steps": [STEP]}, {**STEP, "name": name}):
        with pytest.raises(InvalidArgument, match="name of a job"):
            as_config(config)


@pytest.mark.parametrize("name", ["a", "Job_1.2:x-y"])
def test_a_name_that_it_takes_is_taken(name: str) -> None:
    assert as_config({"name": name, "steps": [STEP]}).name == name


@pytest.mark.parametrize(
    ("step", "field", "value"),
    [
        (STEP, "n_processes", "2"),
        (STEP, "n_processes", True),
        (STEP, "name", 5),
        (INGESTION, "drop_out_of_bounds", "yes"),
        (INGESTION, "target_num_chunks", 5.0),
        (INGESTION, "partitioning_max_width_ratio", "2"),
        (INGESTION, "partitioning_max_height_ratio", True),
        (INGESTION, "explode_geometries", 1),
        (INGESTION, "write_covering_bbox", "true"),
    ],
)
def test_a_field_of_another_kind_is_refused(step: dict[str, Any], field: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=field):
        as_config({**step, field: value})


@pytest.mark.parametrize("path", ["a/b", "/etc/passwd", "http://a.test/b", "", None, 5, b"fd://a", "C:\\a"])
def test_what_is_no_address_of_a_file_is_refused(path: Any) -> None:
    with pytest.raises(InvalidArgument, match="not the address of a file"):
        checked_file_url(path)


@pytest.mark.parametrize(
    ("path", "sent"),
    [("fd://a/b", "fd://a/b"), ("s3://a", "s3://a"), ("/mount/a", "file:///mount/a"), ("file:///mount/a",) * 2],
)
def test_an_address_of_a_file_is_sent_as_it_is(path: str, sent: str) -> None:
    assert checked_file_url(path) == sent
