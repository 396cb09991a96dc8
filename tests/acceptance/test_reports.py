"""A run that partly failed, as a page that the command writes without asking a service."""

import uuid
from pathlib import Path

import pytest

from tests.acceptance.command import Shell

CODE = """\
@fused.udf
def udf(n: int, lon: float = 0.0, lat: float = 0.0):
    import geopandas, shapely
    print(f'reading {n}')
    if n == 2:
        raise KeyError('geom')
    return geopandas.GeoDataFrame({'name': [f'place {n}']}, geometry=[shapely.Point(lon, lat)], crs='EPSG:4326')
"""
SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
spec:
  config:
    steps:
      - type: udf
        udf: {file: tiles.py}
        ignore_chunk_error: true
        input: [{n: 0, lon: 8, lat: 47}, {n: 1, lon: 9, lat: 47}, {n: 2, lon: 10, lat: 47}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, shared_state: Path) -> Shell:
    """A job of three inputs, of which one failed."""
    folder = tmp_path_factory.mktemp("reports")
    shell = Shell(folder=folder / "work", home=folder / "home")
    shell.home.mkdir()
    shell.write("fused-spec.yaml", f"apiVersion: fused-spec/v1\nproject: {{name: roads, id: {uuid.uuid4()}}}\n")
    (shell.folder / ".fused-spec").mkdir()
    (shell.folder / ".fused-spec/service").symlink_to(shared_state)
    shell.write("specs/tiles.py", CODE)
    shell.write("specs/tiles.yaml", SPEC)
    assert shell.run("apply", "specs").code == 0
    return shell


def test_a_report_tells_which_input_failed_where_and_what_it_said(project: Shell) -> None:
    told = project.run("report", "tiles", "-o", "report.html")
    assert told.code == 0, told.err
    page = (project.folder / "report.html").read_text(encoding="utf-8")
    assert "KeyError" in page
    assert "tiles.py:6" in page
    assert "reading 2" in page
    assert "Where the tasks lie" in page
    assert "1 run" in told.err


def test_with_data_a_report_shows_what_the_run_made_on_a_map(project: Shell) -> None:
    told = project.run("report", "tiles", "--data", "-o", "data.html")
    assert told.code == 0, told.err
    page = (project.folder / "data.html").read_text(encoding="utf-8")
    assert "What it made" in page
    assert "place 1" in page


def test_without_data_no_value_of_a_result_is_in_a_report(project: Shell) -> None:
    assert project.run("report", "tiles", "-o", "bare.html").code == 0
    assert "What it made" not in (project.folder / "bare.html").read_text(encoding="utf-8")


def test_reports_of_a_run_and_of_a_time_are_the_same_each_time(project: Shell) -> None:
    for number in (1, 2):
        assert project.run("report", "tiles", "-o", f"run-{number}.html").code == 0
        assert project.run("report", "--since", "7d", "-o", f"time-{number}.html").code == 0
    read = [(project.folder / f"{name}.html").read_bytes() for name in ("run-1", "run-2", "time-1", "time-2")]
    assert read[0] == read[1]
    assert read[2] == read[3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "a.html"), "name one run, or give --since"),
        (("tiles", "--since", "1d", "-o", "a.html"), "name one run, or give --since"),
        (("--data", "--since", "1d", "-o", "a.html"), "--data is what one run made"),
        (("tiles", "-o", "a.pdf"), "give the file the ending .html, not .pdf"),
        (("tiles", "-o", "a"), "give the file the ending .html, not none"),
        (("tiels", "-o", "a.html"), "no run of tiels is archived"),
        (("--since", "yesterday", "-o", "a.html"), "is not a duration"),
    ],
)
def test_what_cannot_be_reported_is_said_and_nothing_is_written(
    project: Shell, words: tuple[str, ...], said: str
) -> None:
    told = project.run("report", *words)
    assert told.code != 0
    assert said in told.err
    assert not (project.folder / "a.html").exists()
