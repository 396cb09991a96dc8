"""What a spec expects of a step travels in the step's metadata, and is read back from there."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fused_spec.jobs.parts import Part, Stretches
from fused_spec.messages.diagnostics import Location
from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.payload import (
    desired_udf,
    job_config,
    job_differences,
    shown_settings,
    udf_differences,
    wire_config,
)
from fused_spec.spec.model import DesiredJob, DesiredUdf, Key, Kind
from fused_spec.spec.relations.digest import digest
from fused_spec.wire import JobConfig, SavedUdf, Udf

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


PART = Part(of=4, elements=Stretches.of([1, 3]), after="the-first")


def test_what_is_sent_for_a_part_has_its_elements_alone() -> None:
    declared = job(input=["a", "b", "c", "d"])
    [step] = job_config(declared, replace(marker(declared), part=PART)).steps
    assert getattr(step, "input", None) == ["b", "d"]


def test_a_part_of_an_unchanged_job_shows_no_difference() -> None:
    declared = job(input=["a", "b", "c", "d"])
    sent = replace(marker(declared), part=PART)
    assert job_differences(declared, job_config(declared, sent), sent) == ()


def test_a_part_of_a_job_that_changed_shows_what_else_changed() -> None:
    declared = job(input=["a", "b", "c", "d"])
    sent = replace(marker(declared), part=PART)
    config = job_config(declared, sent)
    [change] = job_differences(job(input=["a", "b", "c", "d"], expect={"rows": 1}), config, sent)
    assert change.path == "config.steps.0.expect"


READING = {"fused-spec": {"read": {"delimiter": ";"}}}
TABLE = {"type": "partition_nongeospatial", "input": "fd://a.csv", "output": "fd://a/"}


def table_job(**step: Any) -> DesiredJob:
    declared = job()
    payload = {"config": {"steps": [{**TABLE, **step}]}}
    return replace(declared, payload=payload, digest=digest(payload))


def test_an_expectation_stands_beside_what_is_said_of_reading() -> None:
    [step] = wire_config(table_job(metadata={"ticket": "GEO-12", **READING}, expect={"rows": 1}).payload).steps
    assert step.metadata == {"ticket": "GEO-12", "fused-spec": {"read": {"delimiter": ";"}, "expect": {"rows": 1}}}


def test_another_way_to_read_inputs_is_shown_where_the_spec_says_it() -> None:
    before = table_job(metadata=READING)
    after = table_job(metadata={"fused-spec": {"read": {"delimiter": "|"}}})
    kept = JobConfig.model_validate_json(job_config(before, marker(before)).model_dump_json())
    [change] = job_differences(after, kept, marker(before))
    place = "config.steps.0.metadata.fused-spec.read.delimiter"
    assert (change.path, change.before, change.after) == (place, ";", "|")


def test_the_same_way_to_read_inputs_is_no_difference() -> None:
    before, after = table_job(metadata={"a": 1, **READING}), table_job(metadata={"a": 2, **READING})
    assert before.digest == after.digest
    assert job_differences(after, job_config(before, marker(before)), marker(before)) == ()


def test_labels_of_a_step_are_no_difference() -> None:
    before, after = job(metadata={"a": 1}), job(metadata={"a": 2})
    assert job_differences(after, job_config(before, marker(before)), marker(before)) == ()


def declared_udf(**said: Any) -> DesiredUdf:
    payload = {"slug": "points", "udf": {**UDF, **said}}
    return DesiredUdf(
        key=Key(kind=Kind.UDF, name="points"),
        payload=payload,
        digest=digest(payload),
        origin=Location(path="points.yaml"),
    )


def saved(udf: Udf, **changed: Any) -> SavedUdf:
    return SavedUdf(id="1", slug="points", udf_body=udf.model_copy(update=changed).model_dump_json())


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({}, "points"),
        ({"name": None}, "points"),
        ({"name": "areas", "entrypoint": "areas"}, "points"),
        ({"name": "tiles"}, "tiles"),
    ],
)
def test_a_saved_udf_has_the_name_of_its_spec_unless_it_is_given_one(said: dict[str, Any], name: str) -> None:
    udf = desired_udf(declared_udf(**said), "scope")
    assert (udf.name, udf.entrypoint) == (name, said.get("entrypoint", "udf"))
    assert udf_differences(declared_udf(**said), saved(udf)) == ()


def test_a_udf_that_was_saved_under_its_functions_name_is_no_other_for_that() -> None:
    declared = declared_udf()
    assert udf_differences(declared, saved(desired_udf(declared, "scope"), name="udf")) == ()


def test_a_udf_under_somebody_elses_name_is_another() -> None:
    declared = declared_udf()
    [change] = udf_differences(declared, saved(desired_udf(declared, "scope"), name="other"))
    assert (change.path, change.before) == ("udf.name", "other")


def test_the_collection_that_a_udf_is_filed_in_is_no_difference() -> None:
    declared = declared_udf()
    filed = saved(desired_udf(declared, "scope"), collection_id="c", collection_name="default")
    assert udf_differences(declared, filed) == ()


NAMED = "# why\n@fused.udf\ndef areas(n=1):\n    return areas(n - 1) + udf()  # more\ndef udf():\n    return 'x'\n"
AGAIN = '@fused.udf\ndef udf(n=1):\n    return udf(n - 1) + udf_old()\n\ndef udf_old():\n    return "x"'


@pytest.mark.parametrize(
    ("code", "same"),
    [(AGAIN, True), (AGAIN.replace("n - 1", "n - 2"), False), (AGAIN.replace("n=1", "n=2"), False), ("def (", False)],
)
def test_a_udf_that_was_saved_again_with_its_function_renamed_is_the_same_by_its_meaning(code: str, same: bool) -> None:
    declared = declared_udf(name="areas", entrypoint="areas", code=NAMED)
    found = saved(desired_udf(declared, "scope"), entrypoint="udf", code=code)
    assert (udf_differences(declared, found) == ()) is same


def test_a_comment_is_a_difference_where_nothing_was_renamed() -> None:
    declared = declared_udf()
    found = saved(desired_udf(declared, "scope"), code=UDF["code"] + "# more\n")
    assert [change.path for change in udf_differences(declared, found)] == ["udf.code"]


@pytest.mark.parametrize("body", ["no json", "{}", "", None, 5])
def test_a_saved_udf_that_nobody_can_read_belongs_to_nobody(body: Any) -> None:
    assert SavedUdf.model_validate({"id": "1", "udf_body": body}).metadata is None


def with_env(**env: Any) -> DesiredJob:
    declared = job()
    return replace(declared, payload={**declared.payload, "additional_env": env})


def differences(before: DesiredJob, after: DesiredJob) -> list[tuple[object, object]]:
    kept = replace(marker(before), settings=shown_settings(before))
    return [(one.before, one.after) for one in job_differences(after, job_config(before, kept), kept)]


def test_names_of_secrets_differ_as_specs_have_them() -> None:
    before, after = with_env(DB={"secret": "A"}), with_env(DB=["x-", {"secret": "B"}])
    assert differences(before, after) == [("${secret.A}", "x-${secret.B}")]


def test_text_that_only_looks_like_the_name_of_a_secret_differs_from_one() -> None:
    assert differences(with_env(A="${secret.A}"), with_env(A={"secret": "A"})) == [("$${secret.A}", "${secret.A}")]


def test_what_tells_a_change_of_a_secret_is_not_kept_beside_its_name() -> None:
    assert shown_settings(with_env(DB={"secret": "A", "mac": "00"}))["additional_env"] == {"DB": {"secret": "A"}}
