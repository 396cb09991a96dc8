"""The cause that a plan names is the one: the fields that differ, else exactly what changed of what is read."""

from datetime import timedelta

from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import FieldChange, ReadRun, Run
from fused_spec.spec.model import DesiredJob
from tests.unit.plan.things import KEY, NOW, OTHER, SAME, job, key, plan, run

POINTS, ZONES = "fd://demo/points/", "fd://demo/zones/"


def writer(name: str, digest: str = SAME) -> DesiredJob:
    return job(name, digest=digest, steps=({"type": "geospatial", "output": f"fd://demo/{name}/"},))


def reader(*reads: str, parameters: dict[str, str] | None = None) -> DesiredJob:
    steps = ({"type": "udf", "udf": {"parameters": parameters or {}}},)
    return job("stats", reads=reads, digest="d1:new", steps=steps)


def done(name: str, digest: str = SAME, *, minutes_ago: float = 60) -> Run:
    moment = NOW - timedelta(minutes=minutes_ago)
    return replace(
        run(RunStatus.SUCCEEDED, digest, key=key(name)), job_id=f"{name}-{digest}", created=moment, ended=moment
    )


def noted(name: str, digest: str = SAME) -> ReadRun:
    return ReadRun(job_id=f"{name}-{digest}", digest=digest, output=f"fd://demo/{name}/")


def why(*declared: DesiredJob, runs: tuple[Run, ...]) -> str:
    made = plan(*declared, runs=runs)
    return next(change.why for change in made.changes if change.key.name == "stats")


def test_of_two_jobs_that_are_read_the_one_that_changed_is_the_cause() -> None:
    before = replace(done("stats"), reads={"points": noted("points"), "zones": noted("zones")})
    declared = writer("points", OTHER), writer("zones"), reader("points", "zones")
    assert why(*declared, runs=(before, done("points"), done("zones"))) == "spec changed: the output of points"


def test_a_field_that_differs_is_the_cause_before_anything_that_is_read() -> None:
    differs = FieldChange(path="instance_type", before="m5.large", after="r5.large")
    before = replace(done("stats"), reads={"points": noted("points", "d1:older")}, differences=(differs,))
    assert why(writer("points"), reader("points"), runs=(before, done("points"))) == "spec changed: instance_type"


def test_an_address_in_place_of_an_output_is_told_by_its_field() -> None:
    before = replace(done("stats"), reads={"points": noted("points"), "zones": noted("zones")})
    declared = writer("points"), reader("points", parameters={"a": POINTS, "b": ZONES})
    cause = why(*declared, runs=(before, done("points")))
    assert cause == "spec changed: config.steps.0.udf.parameters.b"


def test_an_output_in_place_of_an_address_is_told_by_its_field() -> None:
    before = replace(done("stats"), reads={"points": noted("points")})
    declared = writer("points"), writer("zones"), reader("points", "zones", parameters={"a": POINTS, "b": ZONES})
    cause = why(*declared, runs=(before, done("points"), done("zones")))
    assert cause == "spec changed: config.steps.0.udf.parameters.b"


def test_of_a_run_that_noted_nothing_only_what_is_shown_to_have_changed_is_named() -> None:
    before = done("stats", OTHER, minutes_ago=50)
    declared = writer("points", OTHER), writer("zones"), reader("points", "zones")
    assert why(*declared, runs=(before, done("points"), done("zones"))) == "spec changed: the output of points"


def test_what_a_job_ran_after_the_reader_shows_nothing() -> None:
    before = done("stats", OTHER, minutes_ago=50)
    cause = why(writer("points", OTHER), reader("points"), runs=(before, done("points", minutes_ago=10)))
    assert cause == "spec changed: what it reads changed"


def test_nothing_is_named_that_cannot_be_shown() -> None:
    cause = why(writer("points"), reader("points"), runs=(done("stats", OTHER), done("points")))
    assert cause == "spec changed: what it reads changed"


def test_files_stand_for_the_fields_that_come_from_them() -> None:
    code = FieldChange(path="config.steps.0.udf.code", before="a", after="b")
    changed = replace(run(RunStatus.SUCCEEDED, OTHER, key=KEY), differences=(code,))
    [change] = plan(job(), runs=(changed,)).changes
    assert change.why == "spec changed: udfs/area.py"


def test_a_change_that_no_field_shows_is_told_by_what_is_masked() -> None:
    masked = replace(job(), payload={**job().payload, "additional_env": {"DB_PASSWORD": "one", "LEVEL": "info"}})
    [change] = plan(masked, runs=(run(RunStatus.SUCCEEDED, OTHER),)).changes
    assert change.why == "spec changed: additional_env.DB_PASSWORD, whose value is not shown"


def test_a_change_is_never_told_without_a_reason() -> None:
    [change] = plan(job(), runs=(run(RunStatus.SUCCEEDED, OTHER),)).changes
    assert change.why == "spec changed: in a part that is not kept with a run"


def test_what_is_read_is_no_cause_when_it_is_known_not_to_have_changed() -> None:
    before = replace(done("stats", OTHER), reads={"points": noted("points")})
    cause = why(writer("points"), reader("points"), runs=(before, done("points")))
    assert cause == "spec changed: in a part that is not kept with a run"


def test_a_job_that_was_renamed_is_the_cause_where_its_address_is_the_same() -> None:
    before = replace(done("stats"), reads={"dots": replace(noted("dots"), output=POINTS), "zones": noted("zones")})
    declared = writer("points"), writer("zones"), reader("points", "zones", parameters={"a": POINTS})
    cause = why(*declared, runs=(before, done("points"), done("zones")))
    assert cause == "spec changed: the output of points in place of that of dots"
