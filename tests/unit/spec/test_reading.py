"""How a step's inputs are to be read: what travels, what is part of the digest, and what cannot be meant."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.spec.checking.schema import complete
from fused_spec.spec.model import DesiredJob, Resolution
from fused_spec.spec.resolve import resolve
from tests.unit.spec.conftest import Resolve

INGESTION = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: parts}}
spec:
  config:
    steps:
      - type: partition_{kind}
        input: {given}
        output: fd://parts/
{more}"""
KEYS = (
    *("delimiter", "quote", "decimal", "null_values", "encoding", "types", "geometry", "crs", "layer", "open_options"),
    *("hive", "type", "lon", "nonsense"),
)
ODD = ("String", "Timestamp", "utf-16", "idna", "undefined", "base64", "EPSG:4326", "EPSG:0", "+proj=", "{}", "lon")
PROJECT = """\
apiVersion: fused-spec/v1
project: {name: parts, id: 10f43975-985c-4f7d-9702-f15956f9d5ba}
"""


def spec(more: str = "", *, given: str = "fd://a.csv", kind: str = "geospatial") -> str:
    return INGESTION.format(kind=kind, given=given, more="".join(f"        {line}\n" for line in more.splitlines()))


def reading(read: str, more: str = "", *, given: str = "fd://a.csv", kind: str = "geospatial") -> str:
    return spec(f"metadata: {{fused-spec: {{read: {read}}}}}\n{more}", given=given, kind=kind)


def the_job(resolution: Resolution) -> DesiredJob:
    assert resolution.diagnostics == ()
    [only] = resolution.desired
    assert isinstance(only, DesiredJob)
    return only


def the_problem(resolution: Resolution) -> Diagnostic:
    [only] = resolution.diagnostics
    return only


def first_step(declared: DesiredJob) -> Any:
    return declared.payload["config"]["steps"][0]


def test_how_inputs_are_read_is_part_of_the_digest(resolved: Resolve) -> None:
    plain, read = the_job(resolved(a__yaml=spec())), the_job(resolved(a__yaml=reading("{decimal: ','}")))
    assert first_step(read)["metadata"] == {"fused-spec": {"read": {"decimal": ","}}}
    assert read.digest != plain.digest


@pytest.mark.parametrize("read", ["{}", "{hive: true}"])
def test_what_says_nothing_of_reading_changes_no_digest(resolved: Resolve, read: str) -> None:
    assert the_job(resolved(a__yaml=reading(read))).digest == the_job(resolved(a__yaml=spec())).digest


def test_own_metadata_beside_it_changes_no_digest(resolved: Resolve) -> None:
    plain = the_job(resolved(a__yaml=reading("{decimal: ','}")))
    labelled = spec("metadata: {ticket: 1, fused-spec: {read: {decimal: ','}}}")
    assert the_job(resolved(a__yaml=labelled)).digest == plain.digest


@pytest.mark.parametrize(
    ("text", "key", "message", "hint"),
    [
        (
            reading("{encoding: windwos-1252}"),
            "encoding",
            'there is no encoding "windwos-1252"',
            'did you mean "windows-1252"?',
        ),
        (
            reading("{encoding: klingon}"),
            "encoding",
            'there is no encoding "klingon"',
            "write Python's name of it, such as cp1252, latin-1 or utf-16",
        ),
        (
            reading("{encoding: base64}"),  # a codec that makes no text
            "encoding",
            'there is no encoding "base64"',
            None,
        ),
        (
            reading("{crs: EPSG:99999}"),
            "crs",
            '"EPSG:99999" is no coordinate system',
            "write one that pyproj reads, such as EPSG:25832",
        ),
        (
            reading("{layer: roads}", given="fd://a.gpkg"),
            "layer",
            "layer of a partition_geospatial step stands in gdal_config",
            'write gdal_config: {layer: "roads"}',
        ),
        (
            reading("{open_options: {A: b}}", given="fd://a.gpkg"),
            "open_options",
            "open_options of a partition_geospatial step stands in gdal_config",
            "write gdal_config: {open_options: {…}}",
        ),
        (
            reading("{types: {a: String}}", "table_schema: {fields: []}"),
            "types",
            "table_schema says the types already",
            "keep one of the two",
        ),
        (
            reading("{geometry: wkt}", "lonlat_cols: [x, y]"),
            "geometry",
            "lonlat_cols makes the geometry already",
            "keep one of the two",
        ),
        (
            reading("{crs: EPSG:4326}", kind="nongeospatial"),
            "crs",
            'a table without geometry has no use for "crs"',
            "leave it out, or use partition_geospatial",
        ),
        (
            reading("{delimiter: ';'}", given="[fd://a.parquet, fd://b.gpkg]"),
            "delimiter",
            '"delimiter" says nothing of .gpkg and .parquet: it is for CSV and TSV',
            "remove it, or correct the input",
        ),
        (
            reading("{encoding: latin-1}", given="fd://a.geojson"),
            "encoding",
            '"encoding" says nothing of .geojson: it is for CSV, TSV, shapefiles, DXF and DGN',
            "remove it, or correct the input",
        ),
        (
            reading("{open_options: {A: b}}", given="fd://a.parquet", kind="nongeospatial"),
            "open_options",
            '"open_options" says nothing of .parquet: it is for what GDAL reads',
            "remove it, or correct the input",
        ),
        (
            reading("{delimiter: ';'}", "gdal_config: {open_options: {HEADERS: 'NO'}}"),
            "delimiter",
            'with open_options in gdal_config it is GDAL that reads text, and "delimiter" says nothing to it',
            "keep one of the two",
        ),
        (
            reading("{null_values: [a], open_options: {HEADERS: 'NO'}}", kind="nongeospatial"),
            "null_values",
            'with open_options in read it is GDAL that reads text, and "null_values" says nothing to it',
            "keep one of the two",
        ),
        (
            reading("{delimiter: ',', decimal: ','}"),
            "decimal",
            '"decimal" and "delimiter" are both ","',
            "one sign cannot mean both; change one of them",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_key(
    resolved: Resolve, text: str, key: str, message: str, hint: str | None
) -> None:
    problem = the_problem(resolved(a__yaml=text))
    assert problem.pointer == f"spec.config.steps.0.metadata.fused-spec.read.{key}"
    assert problem.message == message
    assert hint in (None, problem.hint)
    assert problem.location.line == 10
    assert problem.is_error


@pytest.mark.parametrize(
    "given", ["[fd://a.parquet, fd://b.csv]", "fd://a.csv.gz", "fd://folder/", "fd://a/*", "fd://a.zip"]
)
def test_a_key_stands_that_may_be_for_one_of_the_inputs(resolved: Resolve, given: str) -> None:
    assert the_job(resolved(a__yaml=reading("{delimiter: ';', encoding: latin-1}", given=given)))


def test_a_key_that_the_schema_refuses_is_told_once(resolved: Resolve) -> None:
    assert the_problem(resolved(a__yaml=reading("{encoding: 8}", given="fd://a.parquet"))).code == "wrong-type"


def resolved_with(folder: Path, project: str, text: str) -> Resolution:
    (folder / "fused-spec.yaml").write_text(PROJECT + project, encoding="utf-8")
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return resolve(["a.yaml"], cwd=folder)


HOSTED = "targets: {prod: {base_url: 'https://www.fused.io/server/v1'}}\n"


@pytest.mark.parametrize(("project", "name"), [(HOSTED, "prod"), ("target: hosted\n", "hosted")])
def test_where_a_target_is_hosted_a_note_says_that_the_words_are_not_heeded(
    tmp_path: Path, project: str, name: str
) -> None:
    note = the_problem(resolved_with(tmp_path, project, reading("{decimal: ','}")))
    assert (note.code, note.severity) == ("read-ignored", Severity.NOTE)
    assert f'target "{name}"' in note.message


def test_the_note_is_told_once_for_a_job(tmp_path: Path) -> None:
    text = reading("{decimal: ','}")
    step = text[text.index("      - type") :].replace("fd://parts/", "fd://other/")
    assert the_problem(resolved_with(tmp_path, HOSTED, text + step)).pointer.startswith("spec.config.steps.0.")


@pytest.mark.parametrize("project", ["", "targets: {team: {base_url: 'https://jobs.example.org/server/v1'}}\n"])
def test_where_no_target_is_hosted_there_is_no_note(tmp_path: Path, project: str) -> None:
    assert resolved_with(tmp_path, project, reading("{decimal: ','}")).diagnostics == ()


def test_a_job_that_says_nothing_of_reading_draws_no_note(tmp_path: Path) -> None:
    assert resolved_with(tmp_path, HOSTED, spec()).diagnostics == ()


def test_the_schema_knows_the_keys_and_types_of_the_engine() -> None:
    from fused_spec.engine.failures import StepFailed
    from fused_spec.engine.ingest.reading.options import reading_of
    from fused_spec.wire import PartitionNongeospatialStep

    def named_by_engine(read: Any) -> list[str]:
        step = PartitionNongeospatialStep(input="fd://a.csv", metadata={"fused-spec": {"read": read}})
        with pytest.raises(StepFailed) as failure:
            reading_of(step)
        return str(failure.value).partition("there are ")[2].split(", ")

    steps = complete("Job")["properties"]["spec"]["properties"]["config"]["properties"]["steps"]["items"]["allOf"]
    metadata = steps[1]["then"]["properties"]["metadata"]
    known = metadata["properties"]["fused-spec"]["properties"]["read"]["properties"]
    assert list(known) == named_by_engine({"nonsense": 1})
    assert known["types"]["additionalProperties"]["anyOf"][0]["enum"] == named_by_engine({"types": {"a": "Nonsense"}})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9999) | st.text("aA;,.\t\"'\\\0-8", max_size=4) | st.sampled_from(ODD),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inside, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_whatever_stands_there_is_told_and_never_raises(read: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "cities.csv").write_text("lon,lat\n", encoding="utf-8")
        text = reading(json.dumps(read), "lonlat_cols: [lon, lat]", given="{file: cities.csv}")
        (Path(folder) / "a.yaml").write_text(text, encoding="utf-8")
        resolution = resolve(["a.yaml"], cwd=Path(folder))
    assert all(problem.hint for problem in resolution.diagnostics)
