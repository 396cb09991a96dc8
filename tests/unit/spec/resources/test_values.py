"""Resources as values: each has the fields of its part of the schema, and says what it was given."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from fused_spec.spec.checking.schema import complete
from fused_spec.spec.resources.job import Job, JobConfig, RunPolicy
from fused_spec.spec.resources.said import Resource
from fused_spec.spec.resources.steps import (
    Expectation,
    PartitionGeospatialStep,
    PartitionNongeospatialStep,
    UdfSource,
    UdfStep,
)
from fused_spec.spec.resources.token import Sink, TokenUdf, UdfAccessToken
from fused_spec.spec.resources.udf import Udf

JOB, UDF, TOKEN = (complete(kind)["properties"] for kind in ("Job", "Udf", "UdfAccessToken"))
STEPS = {
    branch["if"]["properties"]["type"]["const"]: branch["then"]["properties"]
    for branch in JOB["spec"]["properties"]["config"]["properties"]["steps"]["items"]["allOf"]
}
PARTS: list[tuple[type[Struct], Any]] = [
    (JobConfig, JOB["spec"]["properties"]["config"]["properties"]),
    (RunPolicy, JOB["spec"]["properties"]["run"]["properties"]),
    (UdfStep, STEPS["udf"]),
    (PartitionGeospatialStep, STEPS["partition_geospatial"]),
    (PartitionNongeospatialStep, STEPS["partition_nongeospatial"]),
    (UdfSource, STEPS["udf"]["udf"]["properties"]),
    (Expectation, STEPS["udf"]["expect"]["properties"]),
    (TokenUdf, TOKEN["spec"]["properties"]["udf"]["properties"]),
    (Sink, TOKEN["spec"]["properties"]["sink"]["properties"]),
]


@pytest.mark.parametrize(("part", "schema"), PARTS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_part_has_the_fields_of_its_schema(part: type[Struct], schema: Any) -> None:
    assert set(part.__struct_fields__) == set(schema) - {"type"}


@pytest.mark.parametrize(("resource", "schema"), [(Job, JOB), (Udf, UDF), (UdfAccessToken, TOKEN)])
def test_a_resource_has_the_fields_of_its_schema(resource: type[Resource], schema: Any) -> None:
    inside = {*schema["metadata"]["properties"], *schema["spec"]["properties"]}
    assert set(resource.__struct_fields__) == inside | (set(schema) - {"apiVersion", "kind", "metadata", "spec"})


@pytest.mark.parametrize("kind", ["Job", "Udf", "UdfAccessToken"])
def test_no_field_of_the_metadata_is_one_of_the_spec(kind: str) -> None:
    schema = complete(kind)["properties"]
    assert set(schema["metadata"]["properties"]) & set(schema["spec"]["properties"]) == set()


def test_a_document_says_what_was_said_and_nothing_else() -> None:
    step = UdfStep(udf=UdfSource(file="area.py", parameters={"n": (1, 2)}), input=[1, 2])
    job = Job("areas", labels={"team": "geo"}, matrix={"month": ["2024-01"]}, config=JobConfig(steps=[step]))
    assert job.document() == {
        "apiVersion": "fused-spec/v1",
        "kind": "Job",
        "metadata": {"name": "areas", "labels": {"team": "geo"}},
        "matrix": {"month": ["2024-01"]},
        "spec": {
            "config": {
                "steps": [{"type": "udf", "udf": {"file": "area.py", "parameters": {"n": [1, 2]}}, "input": [1, 2]}]
            }
        },
    }


def test_null_is_said_where_it_was_said() -> None:
    step = PartitionGeospatialStep(input="s3://a/b.parquet", partitioning_maximum_per_file=None)
    assert Job("a", config=JobConfig(steps=[step])).document()["spec"]["config"]["steps"] == [
        {"type": "partition_geospatial", "input": "s3://a/b.parquet", "partitioning_maximum_per_file": None}
    ]


def test_parts_may_be_mappings() -> None:
    job = Job("a", config={"steps": [{"type": "udf", "udf": {"file": "a.py"}}]}, run={"retries": 2})
    assert job.document()["spec"]["run"] == {"retries": 2}


def test_a_field_that_there_is_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="instance_typ"):
        Job("a", config={}, instance_typ="m5.large")  # type: ignore[call-arg]


@pytest.mark.parametrize("value", [Path("a"), {1, 2}, b"a", {1: 2}, object()])
def test_what_no_spec_can_say_is_an_error(value: object) -> None:
    with pytest.raises(TypeError, match=r"cannot stand in a spec|is no text"):
        Job("a", config={"steps": [], "metadata": {"it": value}}).document()
