"""What a spec expects of a step travels in the step's metadata, and is read back from there."""

from pathlib import Path
from typing import Any

from fused_spec.diagnostics import Location
from fused_spec.reconcile.marker import Marker
from fused_spec.reconcile.payload import job_config, job_differences, wire_config
from fused_spec.spec.digest import digest
from fused_spec.spec.model import DesiredJob, Key, Kind
from fused_spec.wire import JobConfig

UDF = {"name": "udf", "entrypoint": "udf", "code": "@fused.udf\ndef udf():\n    pass\n"}


def job(**step: Any) -> DesiredJob:
    payload = {"config": {"steps": [{"type": "udf", "udf": UDF, **step}]}}
    return DesiredJob(
        key=Key(kind=Kind.JOB, name="areas"),
        payload=payload,
        digest=digest(payload),
        origin=Location(path=str(Path("areas.yaml"))),
    )


def marker(declared: DesiredJob) -> Marker:
    return Marker(scope="scope", key=declared.key, digest=declared.digest, attempt=1, nonce="n")


def test_an_expectation_stands_beside_the_users_own_metadata() -> None:
    declared = job(expect={"rows": 1}, metadata={"ticket": "GEO-12"})
    [step] = job_config(declared, marker(declared)).steps
    assert step.metadata == {"ticket": "GEO-12", "fused-spec": {"expect": {"rows": 1}}}


def test_an_expectation_of_a_table_travels_as_that_of_a_result() -> None:
    table = {"type": "partition_nongeospatial", "input": "fd://a.csv", "output": "fd://a/", "expect": {"rows": 1}}
    [step] = wire_config({"config": {"steps": [table]}}).steps
    assert step.metadata == {"fused-spec": {"expect": {"rows": 1}}}


def test_without_an_expectation_a_step_travels_as_it_is() -> None:
    [step] = wire_config(job().payload).steps
    assert step.metadata is None


def test_a_changed_expectation_is_shown_by_its_own_name() -> None:
    before, after = job(expect={"rows": 1}), job(expect={"rows": 2})
    kept = JobConfig.model_validate_json(job_config(before, marker(before)).model_dump_json())
    [change] = job_differences(after, kept, marker(before))
    assert (change.path, change.before, change.after) == ("config.steps.0.expect.rows", 1, 2)


def test_labels_of_a_step_are_no_difference() -> None:
    before, after = job(metadata={"a": 1}), job(metadata={"a": 2})
    assert job_differences(after, job_config(before, marker(before)), marker(before)) == ()
