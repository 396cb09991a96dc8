"""What runs made, looked into and brought here by the command, at a real service."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import jsonschema
import pandas as pd
import pytest
from PIL import Image

from tests.acceptance.command import Shell
from tests.schemas import schema_of
from tests.waiting import until

CODE = """\
@fused.udf
def udf(n: int):
    import geopandas, numpy, shapely
    if n == 0:
        raise KeyError('geom')
    if n == 10:
        return numpy.full((20, 30), 7.0), [0, 40, 10, 50]
    if n == 11:
        return '<b>\\x1b[31mred</b> ' + 'AKIA' + 'ABCDEFGHIJKLMNOP'
    points = [shapely.Point(x, x) for x in range(n)]
    return geopandas.GeoDataFrame({'x': range(n), 'na\\x1b[31mme': 'a'}, geometry=points, crs='EPSG:32631')
"""
SPEC = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: made.py}}
        input: {input}
        ignore_chunk_error: true
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shared_state: Path) -> Iterator[Shell]:
    """Three jobs that have run: of tables, of a raster, and of a value."""
    folder = tmp_path_factory.mktemp("results")
    shell = Shell(folder=folder / "work", home=folder / "home")
    shell.home.mkdir()
    shell.write("fused-spec.yaml", f"apiVersion: fused-spec/v1\nproject: {{name: roads, id: {uuid.uuid4()}}}\n")
    (shell.folder / ".fused-spec").mkdir()
    (shell.folder / ".fused-spec/service").symlink_to(shared_state)
    shell.write("specs/made.py", CODE)
    inputs = {"tables": [0, 2, 3], "raster": [10], "value": [11]}
    shell.write("specs/a.yaml", "".join(SPEC.format(name=name, input=given) for name, given in inputs.items()))
    assert shell.run("apply", "specs").code == 0
    yield shell


def test_results_are_a_table_of_what_is_known(project: Shell) -> None:
    head, *lines = project.run("results", "tables").out.splitlines()
    assert head.split() == ["TASK", "NAME", "KIND", "ROWS", "COLUMNS", "CRS", "BOUNDS", "SIZE"]
    assert [line.split()[:7] for line in lines] == [
        ["0", "0.none", "none", "-", "-", "-", "-"],
        ["1", "1.parquet", "table", "2", "3", "EPSG:32631", "0"],
        ["2", "2.parquet", "table", "3", "3", "EPSG:32631", "0"],
    ]


def test_of_a_raster_its_size_and_place_are_told(project: Shell) -> None:
    [one] = project.run("results", "raster", "--output", "json").document["results"]
    assert (one["kind"], one["shape"], one["bounds"]) == ("raster", [1, 20, 30], [0.0, 40.0, 10.0, 50.0])


def test_the_document_is_as_its_schema_says(project: Shell) -> None:
    asked = ("--task", "1", "--task", "2", "--head", "4", "--schema", "--describe", "--output", "json")
    document = project.run("results", "tables", *asked).document
    jsonschema.validate(document, schema_of("results"))
    first, second = document["results"]
    assert [row["x"] for row in (*first["head"], *second["head"])] == [0, 1, 0, 1]
    assert [column["type"] for column in second["schema"]] == ["int64", "string", "geometry"]
    assert second["describe"][0]["mean"] == 1.0


def test_nothing_of_a_result_reaches_a_terminal_as_it_is(project: Shell) -> None:
    for asked in (["--head", "3"], ["--schema"], ["--describe"]):
        assert "\x1b" not in project.run("results", "tables", *asked).out
    shown = project.run("results", "value", "--head", "1").out
    assert shown == "<b>\\x1b[31mred</b> ***\n"


def test_a_hostile_column_is_harmless_in_what_is_said_of_files(project: Shell, tmp_path: Path) -> None:
    ended = project.run("results", "tables", "-o", f"{tmp_path}/a.gpkg")
    assert "\x1b" not in ended.err
    together = project.run("results", "tables", "-o", f"{tmp_path}/a.shp")
    assert "\x1b" not in together.err


def test_results_are_written_a_file_for_each(project: Shell, tmp_path: Path) -> None:
    said = project.run("results", "tables", "-o", f"{tmp_path}/each/")
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == ["1.parquet", "2.parquet"]
    assert "1 of 3 tasks have no result" in said.err
    frame = gpd.read_parquet(tmp_path / "each/2.parquet")
    assert (frame["x"].tolist(), frame.crs.to_epsg()) == ([0, 1, 2], 32631)


def test_results_are_written_together_in_another_form(project: Shell, tmp_path: Path) -> None:
    assert project.run("results", "tables", "-o", f"{tmp_path}/all.csv").code == 0
    assert pd.read_csv(tmp_path / "all.csv")["x"].tolist() == [0, 1, 0, 1, 2]


def test_results_are_drawn(project: Shell, tmp_path: Path) -> None:
    assert project.run("results", "tables", "--map", f"{tmp_path}/a.html").code == 0
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "5 features" in page
    assert "\x1b" not in page
    assert project.run("results", "raster", "--map", f"{tmp_path}/a.png").code == 0
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.width > 500


def test_what_was_drawn_is_opened(project: Shell, tmp_path: Path) -> None:
    opener = tmp_path / "bin/xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    path = f"{opener.parent}:{project.env()['PATH']}"
    assert project.run("results", "tables", "--open", PATH=path).code == 0
    [drawn] = (project.folder / ".fused-spec/maps").iterdir()
    opened = tmp_path / "opened"
    until(lambda: opened.exists() and opened.read_text() == str(drawn), "the map is opened")
    assert drawn.name == "tables.html"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tabels"], 1, 'did you mean "tables"?'),
        (["tables", "--task", "7"], 1, "tables has no result of task 7"),
        (["tables", "-o", "a.shp"], 1, "says no form"),
        (["tables", "-o", "a.tiff"], 1, "tiff holds rasters"),
        (["value", "-o", "a.csv"], 1, "csv holds tables"),
        (["value", "--map", "a.svg"], 1, "a map is of tables with geometry and of rasters"),
        (["raster", "--head", "1"], 1, "--head is for tables"),
        (["tables", "--map", "a.pdf"], 2, "says no form of a map"),
        (["tables", "--format", "csv"], 2, "--format says how -o writes"),
        (["fd://nothing/here"], 1, "nothing lies at fd://nothing/here"),
        (["s3://elsewhere/here"], 8, "s3://elsewhere/here"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(project: Shell, words: list[str], code: int, said: str) -> None:
    ended = project.run("results", *words)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_show_tells_of_the_outputs(project: Shell) -> None:
    document = project.run("show", "tables", "--output", "json").document
    jsonschema.validate(document, schema_of("show"))
    assert [one["rows"] for one in document["outputs"]] == [None, 2, 3]
    assert "2 tables, 5 rows, EPSG:32631, 0 0 2 2" in project.run("show", "tables").out


def test_two_runs_are_compared_and_drawn(project: Shell, tmp_path: Path) -> None:
    asked = ("show", "tables", "--diff", "raster")
    ended = project.run(*asked, "--map", f"{tmp_path}/a.svg", "--output", "json")
    jsonschema.validate(ended.document, schema_of("show-diff"))
    assert {one["name"] for one in ended.document["differences"]} >= {"1.parquet", "2.parquet"}
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "differ" in project.run(*asked).out
