"""A warning where a job names the output of another one as text, and none where nothing is wrong."""

import pytest

from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.model import Resolution
from tests.unit.spec.conftest import Resolve

WRITER = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: counties}
spec:
  config:
    steps:
      - {type: partition_geospatial, input: fd://raw/a.parquet, output: fd://first/, output_metadata: fd://measures/}
      - {type: partition_geospatial, input: fd://first/, output: fd://counties/}
"""
READER = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  NEEDS
  config:
    steps:
      - STEP
"""
UDF = "@fused.udf\ndef udf(n=1, table=''):\n    return n\n"


def steps(step: str, needs: str = "[]") -> str:
    return READER.replace("STEP", step).replace("NEEDS", f"needs: {needs}")


def read(resolved: Resolve, step: str, needs: str = "[]", *, udf: str = UDF) -> Resolution:
    resolution = resolved(a__yaml=WRITER, b__yaml=steps(step, needs), area__py=udf)
    assert resolution.valid
    return resolution


def udf_step(more: str) -> str:
    return f"{{type: udf, udf: {{file: area.py}}, {more}}}"


def with_table(value: str) -> str:
    return f"{{type: udf, udf: {{file: area.py, parameters: {{table: {value}}}}}}}"


@pytest.mark.parametrize(
    ("step", "column", "hint"),
    [
        (with_table("fd://counties/"), 62, "write {output_of: counties}"),
        (with_table("fd://counties"), 62, "write {output_of: counties}"),
        (
            with_table("fd://counties/0.parquet"),
            62,
            "write {output_of: counties}, which is its folder, and let the UDF add the rest",
        ),
        (udf_step("input: [1, fd://counties/]"), 54, "write {output_of: counties}"),
        (udf_step("input: [{table: fd://counties/}]"), 59, "write {output_of: counties}"),
        (
            "{type: partition_geospatial, input: fd://counties/, output: fd://b/}",
            45,
            "write {output_of: counties}",
        ),
    ],
)
def test_an_output_named_as_text_is_told_with_its_place(resolved: Resolve, step: str, column: int, hint: str) -> None:
    [problem] = read(resolved, step).diagnostics
    assert (problem.code, problem.severity) == ("output-as-text", Severity.WARNING)
    assert (str(problem.location), problem.hint) == (f"specs/b.yaml:8:{column}", hint)
    assert problem.message.endswith("this job may run before it, and not again after it")


def test_beside_needs_the_order_is_right_and_the_rest_is_told(resolved: Resolve) -> None:
    [problem] = read(resolved, with_table("fd://counties/"), "[counties]").diagnostics
    assert problem.message == (
        'what the job "counties" writes is named as text, so this job does not run again when that is written again'
    )


@pytest.mark.parametrize("literal", ['"fd://counties/"', "f'fd://counties/{n}.parquet'"])
def test_an_output_named_in_code_is_told(resolved: Resolve, literal: str) -> None:
    udf = f"@fused.udf\ndef udf(n=1):\n    return {literal}\n"
    [problem] = read(resolved, udf_step("input: [1]"), udf=udf).diagnostics
    assert problem.hint == "take the address as a parameter of the UDF, and write {output_of: counties} for it"


def test_an_output_named_by_elements_in_a_file_is_told(resolved: Resolve) -> None:
    resolution = resolved(
        a__yaml=WRITER,
        b__yaml=steps(udf_step("input: {elements: t.csv}")),
        t__csv="table\nfd://counties/\n",
        area__py=UDF,
    )
    assert [problem.code for problem in resolution.diagnostics] == ["output-as-text"]


@pytest.mark.parametrize("address", ["fd://first/", "fd://measures/a"])
def test_what_output_of_does_not_stand_for_is_told_without_needs(resolved: Resolve, address: str) -> None:
    [problem] = read(resolved, with_table(address)).diagnostics
    assert problem.hint == "add needs: [counties]"


def test_where_no_reference_may_stand_needs_is_the_hint(resolved: Resolve) -> None:
    step = "{type: partition_geospatial, input: fd://x/a.parquet, output: fd://b/, partitioning_schema_input: fd://counties/}"
    [problem] = read(resolved, step).diagnostics
    assert problem.hint == "add needs: [counties]"
    assert read(resolved, step, "[counties]").diagnostics == ()


def test_a_job_with_many_such_texts_is_told_once(resolved: Resolve) -> None:
    step = udf_step(f"input: [{', '.join(['fd://counties/'] * 50)}]")
    assert len(read(resolved, step).diagnostics) == 1


@pytest.mark.parametrize(
    ("step", "needs"),
    [
        (with_table("{output_of: counties}"), "[]"),
        (
            "{type: udf, udf: {file: area.py, parameters: {table: {output_of: counties}}}, input: [fd://counties/a]}",
            "[]",
        ),
        (with_table("fd://first/"), "[counties]"),
        (with_table("fd://counties-2/"), "[]"),
        (with_table("fd://"), "[]"),
        (with_table("counties"), "[]"),
        ("{type: udf, udf: {file: area.py, metadata: {of: fd://counties/}}, metadata: {of: fd://counties/}}", "[]"),
    ],
)
def test_nothing_is_told_where_nothing_is_wrong(resolved: Resolve, step: str, needs: str) -> None:
    assert read(resolved, step, needs).diagnostics == ()


def test_a_job_may_name_its_own_output(resolved: Resolve) -> None:
    own = "{type: partition_geospatial, input: fd://x/a.parquet, output: fd://own/}\n      - "
    assert read(resolved, own + with_table("fd://own/")).diagnostics == ()


def test_an_edge_through_another_reader_is_one(resolved: Resolve) -> None:
    middle = steps("{type: partition_geospatial, input: {output_of: counties}, output: fd://middle/}")
    resolution = resolved(
        a__yaml=WRITER,
        b__yaml=middle.replace("areas", "middle"),
        c__yaml=steps(udf_step("input: [{output_of: middle}, fd://counties/]")),
        area__py=UDF,
    )
    assert resolution.diagnostics == ()


def test_a_comment_of_the_udf_is_no_text(resolved: Resolve) -> None:
    assert read(resolved, udf_step("input: [1]"), udf=f"# reads fd://counties/\n{UDF}").diagnostics == ()
