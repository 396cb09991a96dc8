"""What specs declare once everything they name is read in, and what is said when that fails."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.model import DesiredJob, DesiredToken, DesiredUdf, Kind, Life, OnUpstream, Resolution, When
from fused_spec.spec.resolve import resolve
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.reading import SMALLEST_JOB, job

INLINE = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: inline}
spec:
  config:
    steps:
      - type: udf
        udf:
          code: |
            @fused.udf
            def area(n):
                return n
"""
PARTITION = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: parts}
spec:
  config:
    steps:
      - type: partition_geospatial
        input: {file: a.geojson}
        output: fd://parts/
"""
TOKEN = """\
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: tiles}
spec: {udf: {ref: tiles}, sink: {file: .secrets/tiles}}
"""
SAVED = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: tiles}
spec: {udf: {file: area.py}}
"""


def the_job(resolution: Resolution) -> DesiredJob:
    assert resolution.diagnostics == ()
    [only] = resolution.desired
    assert isinstance(only, DesiredJob)
    return only


def the_problem(resolution: Resolution) -> Diagnostic:
    [only] = resolution.diagnostics
    return only


def said(problem: Diagnostic) -> tuple[str, str, str | None]:
    return str(problem.location), problem.message, problem.hint


def first_step(declared: DesiredJob) -> Any:
    return declared.payload["config"]["steps"][0]


def test_a_udf_file_becomes_code_entrypoint_and_name(resolved: Resolve) -> None:
    udf = first_step(the_job(resolved(a__yaml=SMALLEST_JOB)))["udf"]
    assert (udf["entrypoint"], udf["name"]) == ("udf", "udf")
    assert udf["code"].startswith("import fused\n")


def test_the_file_behind_the_code_is_known(resolved: Resolve) -> None:
    assert the_job(resolved(a__yaml=SMALLEST_JOB)).sources == {"config.steps.0.udf.code": "specs/area.py"}


def test_every_job_has_the_credential_provider_unless_it_is_nulled(resolved: Resolve) -> None:
    plain = the_job(resolved(a__yaml=SMALLEST_JOB))
    assert plain.payload["additional_env"] == {"FUSED_CREDENTIAL_PROVIDER": "ec2"}
    nulled = the_job(resolved(a__yaml=job("env: {FUSED_CREDENTIAL_PROVIDER: null}")))
    assert "additional_env" not in nulled.payload


def test_env_is_laid_over_the_default(resolved: Resolve) -> None:
    declared = the_job(resolved(a__yaml=job("env: {LEVEL: debug}")))
    assert declared.payload["additional_env"] == {"FUSED_CREDENTIAL_PROVIDER": "ec2", "LEVEL": "debug"}


@pytest.mark.parametrize(
    "more",
    [
        "region: null",
        "run: {}",
        "run: {when: always, timeout: 2h}",
        "needs: []",
        "env: {FUSED_CREDENTIAL_PROVIDER: ec2}",
        "# a comment",
        "instance_type: ",
    ],
)
def test_what_says_nothing_new_changes_no_digest(resolved: Resolve, more: str) -> None:
    assert the_job(resolved(a__yaml=job(more))).digest == the_job(resolved(a__yaml=SMALLEST_JOB)).digest


@pytest.mark.parametrize("more", ["region: us-west-2", "disk_size_gb: 5", "instance_type: m5.large", "env: {A: b}"])
def test_what_says_something_new_changes_the_digest(resolved: Resolve, more: str) -> None:
    assert the_job(resolved(a__yaml=job(more))).digest != the_job(resolved(a__yaml=SMALLEST_JOB)).digest


def test_labels_names_and_metadata_change_no_digest(resolved: Resolve) -> None:
    before = the_job(resolved(a__yaml=INLINE.replace("def area(n)", "def area(n=1)"))).digest
    labelled = INLINE.replace("def area(n)", "def area(n=1)").replace(
        "    steps:", "    name: other\n    metadata: {a: 1}\n    steps:"
    )
    labelled = labelled.replace("{name: inline}", "{name: inline, description: x, labels: {team: roads}}")
    assert the_job(resolved(a__yaml=labelled)).digest == before


def test_line_ends_of_another_system_change_no_digest(resolved: Resolve) -> None:
    before = the_job(resolved(a__yaml=SMALLEST_JOB)).digest
    source = b"import fused\r\n\r\n\r\n@fused.udf\r\ndef udf(n=1):\r\n    return n\r\n"
    assert the_job(resolved(a__yaml=SMALLEST_JOB.replace("\n", "\r\n"), area__py=source)).digest == before


def test_one_changed_character_of_a_udf_changes_the_digest(resolved: Resolve) -> None:
    before = the_job(resolved(a__yaml=SMALLEST_JOB)).digest
    source = "import fused\n\n\n@fused.udf\ndef udf(n: int = 2):\n    return n\n"
    assert the_job(resolved(a__yaml=SMALLEST_JOB, area__py=source)).digest != before


def test_a_run_policy_is_in_seconds(resolved: Resolve) -> None:
    run = the_job(resolved(a__yaml=job("run: {when: once, timeout: 2h, max_age: 7d}"))).run
    assert (run.when, run.timeout, run.max_age) == (When.ONCE, 7200.0, 604800.0)


def test_what_follows_a_producer_is_no_part_of_the_digest(resolved: Resolve) -> None:
    plain, ignoring = the_job(resolved(a__yaml=SMALLEST_JOB)), the_job(resolved(a__yaml=job("run: {upstream: ignore}")))
    assert (plain.run.upstream, ignoring.run.upstream) == (OnUpstream.RERUN, OnUpstream.IGNORE)
    assert plain.digest == ignoring.digest


def test_a_local_input_becomes_the_address_of_its_content(resolved: Resolve) -> None:
    declared = the_job(resolved(a__yaml=PARTITION, a__geojson='{"type": "FeatureCollection"}'))
    [file] = declared.files
    assert first_step(declared)["input"] == file.url == f"fd://fused-spec/inputs/{file.sha256}.geojson"


def test_what_the_wire_requires_is_said_even_when_the_spec_leaves_it_out(resolved: Resolve) -> None:
    step = first_step(the_job(resolved(a__yaml=PARTITION, a__geojson="{}")))
    assert (step["partitioning_method"], step["partitioning_split_method"]) == ("rows", "mean")


def test_defaults_of_a_step_are_left_out(resolved: Resolve) -> None:
    lines = ("target_num_chunks: 5000", "gdal_config: {layer: null}", "partitioning_max_width_ratio: 2.0")
    text = PARTITION + "".join(f"        {line}\n" for line in lines)
    plain = the_job(resolved(a__yaml=PARTITION, a__geojson="{}"))
    assert the_job(resolved(a__yaml=text, a__geojson="{}")).payload == plain.payload


def test_an_expectation_of_a_table_is_part_of_the_digest(resolved: Resolve) -> None:
    plain = the_job(resolved(a__yaml=PARTITION, a__geojson="{}"))
    expecting = the_job(resolved(a__yaml=f"{PARTITION}        expect: {{rows: 1}}\n", a__geojson="{}"))
    assert first_step(expecting)["expect"] == {"rows": 1}
    assert expecting.digest != plain.digest


def test_a_table_that_is_ingested_is_in_no_other_coordinate_system(resolved: Resolve) -> None:
    text = f"{PARTITION}        expect: {{crs: EPSG:3857}}\n"
    [problem] = resolved(a__yaml=text, a__geojson="{}").diagnostics
    assert problem.message == "a table of partition_geospatial is in EPSG:4326, never in EPSG:3857"
    assert (problem.pointer, problem.location.line) == ("spec.config.steps.0.expect.crs", len(text.splitlines()))
    for same in ("EPSG:4326", "OGC:CRS84"):
        assert resolved(a__yaml=text.replace("EPSG:3857", same), a__geojson="{}").valid


def test_what_a_table_can_never_be_is_told_beside_an_input_that_is_missing(resolved: Resolve) -> None:
    text = f"{PARTITION}        expect: {{bounds: [1, 0, 0, 1]}}\n".replace("input:", "inputs:")
    assert "the bounds enclose nothing" in [problem.message for problem in resolved(a__yaml=text).diagnostics]


def test_a_table_without_an_expectation_keeps_its_digest(resolved: Resolve) -> None:
    plain = the_job(resolved(a__yaml=PARTITION, a__geojson="{}"))
    nulled = the_job(resolved(a__yaml=f"{PARTITION}        expect: null\n", a__geojson="{}"))
    assert nulled.digest == plain.digest


def test_references_of_a_udf_stand_in_parameters_and_elements(resolved: Resolve) -> None:
    text = SMALLEST_JOB.replace(
        "udf: {file: area.py}", "udf: {file: area.py, parameters: {n: {file: b.csv}}}, input: [{n: {file: c.csv}}]"
    )
    declared = the_job(resolved(a__yaml=text, b__csv="x\n1\n", c__csv="x\n2\n"))
    assert len(declared.files) == 2
    assert first_step(declared)["input"][0]["n"].endswith(".csv")


def test_headers_travel_as_source(resolved: Resolve) -> None:
    text = SMALLEST_JOB.replace("{file: area.py}", "{file: area.py, headers: [{module_name: geo, file: geo.py}]}")
    udf = first_step(the_job(resolved(a__yaml=text, geo__py="X = 1\n")))["udf"]
    assert udf["headers"] == [{"module_name": "geo", "source_code": "X = 1\n"}]


def test_a_cache_age_is_in_seconds(resolved: Resolve) -> None:
    text = SMALLEST_JOB.replace("{file: area.py}", "{file: area.py, cache_max_age: 2h}")
    assert first_step(the_job(resolved(a__yaml=text)))["udf"]["cache_max_age"] == 7200


def test_a_token_needs_the_udf_it_refers_to(resolved: Resolve) -> None:
    udf, token = resolved(a__yaml=f"{SAVED}---\n{TOKEN}").desired
    assert isinstance(udf, DesiredUdf)
    assert isinstance(token, DesiredToken)
    assert token.needs == (udf.key,)
    assert udf.payload["slug"] == "tiles"


def test_a_sink_lies_in_the_project(resolved: Resolve, tmp_path: Path) -> None:
    token = resolved(a__yaml=f"{SAVED}---\n{TOKEN}").desired[1]
    assert isinstance(token, DesiredToken)
    assert token.sink == tmp_path / ".secrets" / "tiles"


def life(resolved: Resolve, **fields: str) -> Life | None:
    said = "".join(f"{name}: {value}, " for name, value in fields.items())
    token = resolved(a__yaml=f"{SAVED}---\n{TOKEN.replace('sink:', f'{said}sink:')}").desired[1]
    assert isinstance(token, DesiredToken)
    return token.life


@pytest.mark.parametrize(
    ("expires", "warned", "means"),
    [
        ("90d", "", Life(seconds=90 * 86400.0, warn_before=7 * 86400.0)),
        ("8d", "", Life(seconds=8 * 86400.0, warn_before=2 * 86400.0)),
        ("90d", "14d", Life(seconds=90 * 86400.0, warn_before=14 * 86400.0)),
        ("2027-01-31", "", Life(until=datetime(2027, 1, 31, tzinfo=UTC), warn_before=7 * 86400.0)),
        ("'2027-01-31'", "1h", Life(until=datetime(2027, 1, 31, tzinfo=UTC), warn_before=3600.0)),
    ],
)
def test_a_token_expires_after_a_time_or_on_a_day(resolved: Resolve, expires: str, warned: str, means: Life) -> None:
    fields = {"expires": expires} | ({"warn_before": warned} if warned else {})
    assert life(resolved, **fields) == means


def test_when_a_token_expires_is_no_part_of_its_digest(resolved: Resolve) -> None:
    plain = resolved(a__yaml=f"{SAVED}---\n{TOKEN}").desired[1]
    expiring = resolved(a__yaml=f"{SAVED}---\n{TOKEN.replace('sink:', 'expires: 90d, sink:')}").desired[1]
    assert (plain.digest, plain.payload) == (expiring.digest, expiring.payload)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("warn_before: 7d", "warn_before says nothing without expires"),
        ("expires: 2d, warn_before: 3d", "warn_before (3d) is not shorter than expires (2d)"),
        ("expires: 2027-02-30", "2027-02-30 is no day"),
    ],
)
def test_an_expiry_that_cannot_be_is_told(resolved: Resolve, fields: str, message: str) -> None:
    [problem] = resolved(a__yaml=f"{SAVED}---\n{TOKEN.replace('sink:', f'{fields}, sink:')}").diagnostics
    assert problem.message.startswith(message)
    assert problem.hint


def test_several_documents_and_files_keep_their_order(resolved: Resolve) -> None:
    resolution = resolved(b__yaml=SMALLEST_JOB.replace("areas", "second"), a__yaml=f"{SMALLEST_JOB}---\n{SAVED}")
    assert [(one.key.kind, one.key.name) for one in resolution.desired] == [
        (Kind.JOB, "areas"),
        (Kind.UDF, "tiles"),
        (Kind.JOB, "second"),
    ]


def test_standard_input_starts_at_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "area.py").write_text("@fused.udf\ndef udf(): pass\n", encoding="utf-8")
    resolution = resolve(["-"], stdin=SMALLEST_JOB.encode, cwd=tmp_path)
    assert the_job(resolution).origin.path == "<stdin>"


BROKEN = {
    "missing udf file": (
        SMALLEST_JOB.replace("area.py", "aera.py"),
        ("specs/a.yaml:7:33", "aera.py does not exist", 'did you mean "area.py"?'),
    ),
    "udf file outside": (
        SMALLEST_JOB.replace("area.py", "../../area.py"),
        ("specs/a.yaml:7:33", None, "copy the file into the project: what is applied must be in git"),
    ),
    "absolute udf file": (
        SMALLEST_JOB.replace("area.py", "/etc/passwd"),
        (
            "specs/a.yaml:7:33",
            "/etc/passwd is not relative to the spec",
            "write a path relative to the spec, inside the project",
        ),
    ),
    "misspelt entrypoint": (
        SMALLEST_JOB.replace("file: area.py", "file: area.py, entrypoint: uff"),
        ("specs/a.yaml:7:54", 'specs/area.py has no function "uff"', 'did you mean "udf"?'),
    ),
    "misspelt parameter": (
        INLINE.replace("          code:", "          parameters: {m: 1}\n          code:").replace("(n)", "(n=1)"),
        ("specs/a.yaml:9:24", 'area has no parameter "m"', "it takes n"),
    ),
    "parameter without value": (
        INLINE,
        ("specs/a.yaml:9:11", 'area gets no value for "n"', "set it under parameters, or give the step an input"),
    ),
    "syntax error in a block": (
        INLINE.replace("def area(n):", "def area(n:"),
        ("specs/a.yaml:11:21", "not valid Python: '(' was never closed", "mend this line"),
    ),
    "no decorated function": (
        INLINE.replace("            @fused.udf\n", ""),
        (
            "specs/a.yaml:9:17",
            "the code has no function decorated with @fused.udf",
            "write @fused.udf above the one to call",
        ),
    ),
    "unknown need": (
        job("needs: [areass]"),
        (
            "specs/a.yaml:8:11",
            'no job is named "areass" in these specs',
            'did you mean "areas"?',
        ),
    ),
    "need of itself": (
        job("needs: [areas]"),
        ("specs/a.yaml:8:11", '"areas" needs itself', "remove it from its own needs"),
    ),
    "missing input file": (
        PARTITION,
        ("specs/a.yaml:8:23", "a.geojson does not exist", None),
    ),
    "ingestion without output": (
        PARTITION.replace("        output: fd://parts/\n", "").replace("{file: a.geojson}", "fd://a.parquet"),
        (
            "specs/a.yaml:7:9",
            "an ingestion without output leaves nothing behind",
            "say where the table goes, such as output: fd://datasets/buildings/",
        ),
    ),
    "place of a table without geometry": (
        PARTITION.replace("geospatial", "nongeospatial").replace("{file: a.geojson}", "fd://a.parquet")
        + "        expect: {crs: EPSG:4326}\n",
        (
            "specs/a.yaml:10:23",
            "a table without geometry has no crs",
            "leave it out, or use partition_geospatial",
        ),
    ),
    "expectation that no table fulfils": (
        PARTITION.replace("{file: a.geojson}", "fd://a.parquet") + "        expect: {rows: {min: 2, max: 1}}\n",
        ("specs/a.yaml:10:24", "min is more than max", "exchange the two"),
    ),
    "unknown udf": (
        TOKEN,
        (
            "specs/a.yaml:4:19",
            'no Udf is named "tiles" in these specs',
            "declare it, and apply its file together with this one",
        ),
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_problem_tells_place_cause_and_next_step(
    resolved: Resolve, text: str, expected: tuple[str, str | None, str | None]
) -> None:
    place, message, hint = said(the_problem(resolved(a__yaml=text)))
    assert place == expected[0]
    assert expected[1] in (None, message)
    assert expected[2] in (None, hint)


def test_a_syntax_error_in_a_file_is_placed_in_that_file(resolved: Resolve) -> None:
    problem = the_problem(resolved(a__yaml=SMALLEST_JOB, area__py="@fused.udf\ndef udf(\n"))
    assert str(problem.location) == "specs/area.py:2:8"


def test_a_udf_that_is_no_utf_8_is_placed_at_the_byte(resolved: Resolve) -> None:
    problem = the_problem(resolved(a__yaml=SMALLEST_JOB, area__py=b"# ok\n# caf\xe9\n"))
    assert str(problem.location) == "specs/area.py:2:6"


def test_a_loop_of_needs_is_shown_whole_and_once(resolved: Resolve) -> None:
    text = "---\n".join(
        job(f"needs: [{need}]").replace("areas", name) for name, need in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    assert the_problem(resolved(a__yaml=text)).message == "needs go in a circle: a → b → c → a"


def test_a_name_taken_twice_points_at_the_first(resolved: Resolve) -> None:
    problem = the_problem(resolved(a__yaml=SMALLEST_JOB, b__yaml=SMALLEST_JOB))
    assert said(problem) == (
        "specs/b.yaml:3:18",
        'another Job is named "areas"',
        "specs/a.yaml:3:18 has it first; rename one",
    )


def test_two_jobs_never_write_one_table(resolved: Resolve) -> None:
    problem = the_problem(
        resolved(a__yaml=PARTITION, b__yaml=PARTITION.replace("name: parts", "name: more"), a__geojson="{}")
    )
    assert problem.message == "two jobs write fd://parts"


def test_the_problems_of_all_files_and_parts_are_told_together(resolved: Resolve) -> None:
    resolution = resolved(
        a__yaml=job("instance_typ: m5.large").replace("area.py", "gone.py"), b__yaml="kind: Jbo\n", c__yaml="a: [\n"
    )
    assert {problem.location.path for problem in resolution.diagnostics} == {
        "specs/a.yaml",
        "specs/b.yaml",
        "specs/c.yaml",
    }
    assert {"unknown-field", "no-such-file"} <= {problem.code for problem in resolution.diagnostics}


def test_a_misspelt_key_of_an_element_is_doubted(resolved: Resolve) -> None:
    source = "@fused.udf\ndef udf(lon, lat=0): pass\n"
    text = SMALLEST_JOB.replace("udf: {file: area.py}", "udf: {file: area.py}, input: [{lon: 1, lt: 2}]")
    problem = the_problem(resolved(a__yaml=text, area__py=source))
    assert not problem.is_error
    assert problem.hint == 'did you mean "lat"?'


def test_a_misspelt_key_of_an_element_for_a_parameter_that_takes_no_object_is_wrong(resolved: Resolve) -> None:
    source = "@fused.udf\ndef udf(lon: float, lat: float = 0): pass\n"
    text = SMALLEST_JOB.replace("udf: {file: area.py}", "udf: {file: area.py}, input: [{lon: 1, lt: 2}]")
    problem = the_problem(resolved(a__yaml=text, area__py=source))
    assert problem.is_error
    assert problem.message == 'udf has no parameter "lt", and "lon" takes a number and not the object'
    assert problem.hint == 'did you mean "lat"?'


def test_only_the_first_element_that_lacks_a_value_is_told(resolved: Resolve) -> None:
    source = "@fused.udf\ndef udf(a, b): pass\n"
    text = SMALLEST_JOB.replace("udf: {file: area.py}", "udf: {file: area.py}, input: [1, 2, 3]")
    assert the_problem(resolved(a__yaml=text, area__py=source)).message == 'udf gets no value for "b"'


def test_a_saved_udf_brings_no_local_file(resolved: Resolve) -> None:
    text = SAVED.replace("{file: area.py}", "{file: area.py, parameters: {n: {file: b.csv}}}")
    assert the_problem(resolved(a__yaml=text, b__csv="x\n1\n")).code == "local-input"


@pytest.mark.parametrize("sink", ["../out", "/tmp/out", "specs"])
def test_a_sink_that_is_no_file_of_the_project_is_refused(resolved: Resolve, sink: str) -> None:
    text = f"{SAVED}---\n{TOKEN}".replace(".secrets/tiles", sink)
    assert the_problem(resolved(a__yaml=text)).code in ("outside-project", "not-a-file")


@pytest.mark.parametrize("kind", ["", "type: udv, ", "type: 7, ", "nulltype: udf, ", "type: null, ", "type: [udf], "])
@pytest.mark.parametrize("inside", ["udf: {nullfile: area.py}", "udf: 7", "input: {nullfile: a.geojson}, output: 7"])
def test_a_step_without_a_known_type_is_told_of_its_type(resolved: Resolve, kind: str, inside: str) -> None:
    text = INLINE[: INLINE.index("      - type")] + f"      - {{{kind}{inside}}}\n"
    assert "type" in resolved(job__yaml=text).diagnostics[0].message
