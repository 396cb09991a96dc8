"""Inputs that no reader takes, told by their names before a job starts."""

import pytest

from fused_spec.jobs.input_formats import CONVERT, advice, unread
from fused_spec.messages.diagnostics import Severity
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.test_reading import reading, spec, the_problem

CERTAIN = """
    tif TIFF jp2 las laz 7z rar tar.xz tbz2 sav dta rds pkl avro orc sdc duckdb qgz tif.gz parquet.gz gpkg.zst
    json.bz2 csv.xz
"""
ELSEWHERE = "vrt xls mdb accdb dwg nc h5"
READ = """
    parquet pq geoparquet arrow arrows feather ipc csv tsv csv.gz tsv.zst csv.bz2 psv.zst txt.gz gpkg geojson json
    geojsonl json.gz gpkg.gz tar tgz tar.gz ndjson fgb shp shz zip shp.zip gdb gdb.zip kml kmz gpx gml gml.gz tab
    mif osm pbf osm.pbf topojson xlsx xlsm ods sqlite db dxf dgn e00 dbf pmtiles mbtiles weights v1.2 2024
"""


@pytest.mark.parametrize("ending", CERTAIN.split())
def test_a_name_that_no_reader_takes_is_an_error(resolved: Resolve, ending: str) -> None:
    problem = the_problem(resolved(a__yaml=spec(given=f"[fd://ok.parquet, s3://bucket/folder/x.{ending}]")))
    assert (problem.code, problem.severity) == ("unread-input", Severity.ERROR)
    assert problem.pointer == "spec.config.steps.0.input.1"
    assert problem.message.startswith(f"x.{ending} is ")
    assert problem.hint


@pytest.mark.parametrize("ending", ELSEWHERE.split())
def test_a_name_that_another_build_of_gdal_may_read_is_a_warning(resolved: Resolve, ending: str) -> None:
    problem = the_problem(resolved(a__yaml=spec(given=f"fd://folder/*.{ending}")))
    assert (problem.code, problem.severity) == ("unread-input", Severity.WARNING)
    assert problem.hint


@pytest.mark.parametrize("ending", READ.split())
def test_a_name_that_may_be_read_draws_no_word(ending: str) -> None:
    assert unread(f"x.{ending}") is None


@pytest.mark.parametrize(
    "given", ["fd://tif", "fd://folder.tif/", "fd://.tif/*", "fd://a/*.t[i]f", "https://host/a.csv?as=x.tif", "fd://a"]
)
def test_a_name_that_tells_nothing_is_left_alone(resolved: Resolve, given: str) -> None:
    assert resolved(a__yaml=spec(given=given)).diagnostics == ()


def test_text_that_is_called_as_a_raster_is_read_where_the_step_says_how(resolved: Resolve) -> None:
    text = reading("{delimiter: ';'}", given="fd://stations.asc")
    assert resolved(a__yaml=text).diagnostics == ()


def test_what_the_suffix_leaves_out_is_left_alone(resolved: Resolve) -> None:
    given = "[fd://a.parquet, fd://a.tif]"
    assert resolved(a__yaml=spec("file_suffix: .parquet", given=given)).diagnostics == ()


def test_a_file_beside_the_spec_is_told_at_its_path(resolved: Resolve) -> None:
    problem = the_problem(resolved(a__yaml=spec(given="{file: a.dta}"), a__dta="<stata_dta>"))
    assert problem.pointer == "spec.config.steps.0.input.file"
    assert problem.hint == """`python -c "import pandas; pandas.read_stata('in.dta').to_parquet('out.parquet')"`"""


def test_a_parameter_of_a_udf_may_be_any_file(resolved: Resolve) -> None:
    text = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec: {config: {steps: [{type: udf, udf: {file: area.py, parameters: {n: {file: a.tif}}}}]}}
"""
    assert resolved(a__yaml=text, a__tif=b"II*\0rest").diagnostics == ()


def test_a_command_names_the_input_by_its_own_ending() -> None:
    known = unread("s3://bucket/DRAWING.DWG")
    assert known is not None
    assert "ogr2ogr out.gpkg in.dwg" in known.instead


def test_what_nothing_is_known_of_is_to_be_converted() -> None:
    assert advice("a.weights") == CONVERT
