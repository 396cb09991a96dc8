"""Jobs that read what other jobs write: `{output_of: …}`."""

import pytest

from fused_spec.spec.model import DesiredJob, Key, Kind, Resolution
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.reading import SMALLEST_JOB, job

COUNTIES = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: counties}
spec:
  config:
    steps:
      - {type: partition_geospatial, input: fd://raw/counties.parquet, output: fd://counties/}
"""
ROADS = (
    COUNTIES.replace("name: counties", "name: roads")
    .replace("fd://raw/counties.parquet", "{output_of: counties}")
    .replace("output: fd://counties/", "output: fd://roads/")
)
MAPPED = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  config:
    steps:
      - {type: udf, udf: {file: area.py}, input: [{output_of: counties}]}
"""


def by_name(resolution: Resolution) -> dict[str, DesiredJob]:
    assert resolution.diagnostics == ()
    return {one.key.name: one for one in resolution.desired if isinstance(one, DesiredJob)}


def test_an_output_is_the_address_that_the_other_job_writes_to(resolved: Resolve) -> None:
    jobs = by_name(resolved(a__yaml=COUNTIES, b__yaml=ROADS))
    assert jobs["roads"].payload["config"]["steps"][0]["input"] == "fd://counties/"


def test_an_element_of_a_udf_may_be_an_output(resolved: Resolve) -> None:
    jobs = by_name(resolved(a__yaml=COUNTIES, b__yaml=MAPPED))
    assert jobs["areas"].payload["config"]["steps"][0]["input"] == ["fd://counties/"]


def test_who_reads_an_output_needs_its_job(resolved: Resolve) -> None:
    assert by_name(resolved(a__yaml=COUNTIES, b__yaml=ROADS))["roads"].needs == (Key(kind=Kind.JOB, name="counties"),)


def test_a_change_of_the_other_job_changes_the_digest(resolved: Resolve) -> None:
    before = by_name(resolved(a__yaml=COUNTIES, b__yaml=ROADS))["roads"]
    after = by_name(resolved(a__yaml=COUNTIES.replace("raw/", "new/"), b__yaml=ROADS))["roads"]
    assert before.payload == after.payload
    assert before.digest != after.digest


def test_a_change_travels_along_a_chain(resolved: Resolve) -> None:
    last = ROADS.replace("name: roads", "name: tiles").replace("counties}", "roads}").replace("fd://roads/", "fd://t/")
    before = by_name(resolved(a__yaml=COUNTIES, b__yaml=ROADS, c__yaml=last))["tiles"].digest
    changed = COUNTIES.replace("raw/", "new/")
    assert by_name(resolved(a__yaml=changed, b__yaml=ROADS, c__yaml=last))["tiles"].digest != before


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        (
            ROADS.replace("counties}", "countries}"),
            'no job is named "countries" in these specs',
            'did you mean "counties"?',
        ),
        (
            ROADS.replace("{output_of: counties}", "{output_of: areas}"),
            'the job "areas" writes no output',
            "name a job with a partition step or with spec.output, or write the address itself",
        ),
        (ROADS.replace("counties}", "roads}"), '"roads" needs itself', "remove it from its own needs"),
    ],
)
def test_an_output_that_is_not_there_is_told(resolved: Resolve, spec: str, message: str, hint: str) -> None:
    [problem] = resolved(a__yaml=COUNTIES, b__yaml=spec, c__yaml=SMALLEST_JOB).diagnostics
    assert (problem.message, problem.hint) == (message, hint)
    assert str(problem.location).startswith("specs/b.yaml:7:")


def test_outputs_in_a_circle_are_told_at_the_reference(resolved: Resolve) -> None:
    first = COUNTIES.replace("fd://raw/counties.parquet", "{output_of: roads}")
    [problem] = resolved(a__yaml=first, b__yaml=ROADS).diagnostics
    assert problem.message == "needs go in a circle: counties → roads → counties"


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("run: {max_cost: 5}", "max_cost cannot be kept: without instance_type the service chooses"),
        ("run: {max_cost: 5}\ninstance_type: agent", "max_cost cannot be kept: no price is known for agent"),
    ],
)
def test_a_limit_of_money_needs_a_price(resolved: Resolve, more: str, what: str) -> None:
    assert what in [problem.message for problem in resolved(a__yaml=job(more)).diagnostics]


def test_an_output_that_two_jobs_write_is_no_reading(resolved: Resolve) -> None:
    found = resolved(a__yaml=COUNTIES, b__yaml=ROADS.replace("output: fd://roads/", "output: fd://counties/"))
    assert [one.code for one in found.diagnostics] == ["shared-output"]


CELLS = COUNTIES.replace("name: counties}", "name: counties}\nmatrix: {m: [1, 2, 3]}").replace(
    "fd://counties/", '"fd://counties/${matrix.m}/"'
)


def test_an_element_behind_the_outputs_of_several_jobs_is_told_at_its_own_place(resolved: Resolve) -> None:
    source = "@fused.udf\ndef udf(address: str, n: int = 1): pass\n"
    spec = MAPPED.replace("input: [{output_of: counties}]", "input: [{output_of: counties}, {address: a, n: x}]")
    [problem] = resolved(a__yaml=CELLS, b__yaml=spec, area__py=source).diagnostics
    assert problem.pointer == "spec.config.steps.0.input.1.n"
    assert str(problem.location) == "specs/b.yaml:7:90"


def test_outputs_of_several_jobs_that_fit_no_parameter_are_told_once(resolved: Resolve) -> None:
    found = resolved(a__yaml=CELLS, b__yaml=MAPPED, area__py="@fused.udf\ndef udf(n: int): pass\n").diagnostics
    assert [one.pointer for one in found] == ["spec.config.steps.0.input.0"]


def test_a_parameter_of_text_that_gets_several_addresses_is_doubted(resolved: Resolve) -> None:
    spec = MAPPED.replace(
        "udf: {file: area.py}, input: [{output_of: counties}]",
        "udf: {file: area.py, parameters: {address: {output_of: counties}}}",
    )
    source = "@fused.udf\ndef udf(address: str): pass\n"
    [problem] = resolved(a__yaml=CELLS, b__yaml=spec, area__py=source).diagnostics
    assert not problem.is_error
    assert problem.message == '"address" of udf takes text, and gets the list of 3 addresses'
