"""What a look at local inputs tells before a job starts: columns that are not there, parts of a shapefile, archives."""

import zipfile
from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.resolve import resolve
from tests.unit.spec.conftest import Resolve
from tests.unit.spec.test_reading import reading, spec, the_problem

CITIES = "name,Longitude,lat\nOslo,10.7,59.9\n"
BESIDE = "{file: cities.csv}"


@pytest.mark.parametrize(
    ("more", "kind", "place", "message", "hint"),
    [
        (
            "lonlat_cols: [longitude, lat]",
            "geospatial",
            "lonlat_cols.0",
            'cities.csv has no column "longitude"',
            'did you mean "Longitude"?',
        ),
        (
            "lonlat_cols: [Longitude, lat]\nload_columns: [geometry, name, height]",
            "geospatial",
            "load_columns.2",
            'cities.csv has no column "height"',
            "there are name, Longitude, lat",
        ),
        (
            "lonlat_cols: [Longitude, lat]\nremove_cols: [names]",
            "geospatial",
            "remove_cols.0",
            'cities.csv has no column "names"',
            'did you mean "name"?',
        ),
        (
            "partition_col: country",
            "nongeospatial",
            "partition_col",
            'cities.csv has no column "country"',
            "there are name, Longitude, lat",
        ),
        (
            "metadata: {fused-spec: {read: {geometry: wkt}}}",
            "geospatial",
            "metadata.fused-spec.read.geometry",
            'cities.csv has no column "wkt"',
            "there are name, Longitude, lat",
        ),
        (
            "metadata: {fused-spec: {read: {types: {name: String, Lat: Float32}}}}",
            "nongeospatial",
            "metadata.fused-spec.read.types.Lat",
            'cities.csv has no column "Lat"',
            'did you mean "lat"?',
        ),
    ],
)
def test_a_column_that_a_csv_file_lacks_is_told_where_it_is_named(
    resolved: Resolve, more: str, kind: str, place: str, message: str, hint: str
) -> None:
    problem = the_problem(resolved(a__yaml=spec(more, given=BESIDE, kind=kind), cities__csv=CITIES))
    assert (problem.code, problem.severity) == ("no-column", Severity.ERROR)
    assert problem.pointer == f"spec.config.steps.0.{place}"
    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    "content",
    [
        CITIES,
        f"\ufeff{CITIES}",
        CITIES.replace("\n", "\r\n"),
        CITIES.replace("Longitude", '"Longitude"'),
        *(CITIES.replace(",", delimiter) for delimiter in ";\t|"),
        'name;"lat, or near it";Longitude;lat\n',
        f"\n\n{CITIES}",
        "name,Longitude,lat",
        f"sep=,\n{CITIES}",
        f"# cities\n{CITIES}",
    ],
)
def test_columns_are_found_however_a_file_parts_them(resolved: Resolve, content: str) -> None:
    text = spec("lonlat_cols: [Longitude, lat]", given=BESIDE)
    assert resolved(a__yaml=text, cities__csv=content).diagnostics == ()


def test_a_type_of_a_column_that_is_not_there_is_told_at_the_name(resolved: Resolve) -> None:
    text = reading("{types: {Lat: Float32}}", given=BESIDE, kind="nongeospatial")
    problem = the_problem(resolved(a__yaml=text, cities__csv=CITIES))
    line = text.splitlines()[problem.location.line - 1]
    assert line[problem.location.column - 1 :].startswith("Lat: ")


def test_the_delimiter_and_the_encoding_that_are_said_count(resolved: Resolve) -> None:
    text = reading("{delimiter: ':', encoding: utf-16}", "lonlat_cols: [Länge, lat]", given=BESIDE)
    assert resolved(a__yaml=text, cities__csv="Länge:lat\n1:2\n".encode("utf-16")).diagnostics == ()


@pytest.mark.parametrize(
    ("more", "content"),
    [
        ("lonlat_cols: [x, y]", "größe,lon\n".encode("latin-1")),  # the job says that this is no UTF-8
        ("lonlat_cols: [x, y]", "a" * 70_000),  # no first line in what is looked at
        ("lonlat_cols: [field_1, field_2]\ngdal_config: {open_options: {HEADERS: 'NO'}}", "1,2\n"),
        ("remove_cols: [height]\nlonlat_cols: [lon, lat]\ntable_schema: {fields: []}", "lon,lat\n"),
    ],
)
def test_where_the_names_are_not_sure_nothing_is_told(resolved: Resolve, more: str, content: str | bytes) -> None:
    assert resolved(a__yaml=spec(more, given=BESIDE), cities__csv=content).diagnostics == ()


def test_a_column_to_remove_may_be_in_any_of_the_inputs(resolved: Resolve) -> None:
    given = "[{file: cities.csv}, {file: towns.csv}]"
    text = spec("lonlat_cols: [lon, lat]\nremove_cols: [b, c]", given=given)
    problem = the_problem(resolved(a__yaml=text, cities__csv="lon,lat,a\n", towns__csv="lon,lat,b\n"))
    assert problem.message == 'no input has a column "c"'


def test_a_column_that_each_input_needs_is_told_of_the_one_without_it(resolved: Resolve) -> None:
    given = "[{file: cities.csv}, fd://more.csv, {file: towns.csv}]"
    text = spec("lonlat_cols: [lon, lat]\nremove_cols: [whatever]", given=given)
    problem = the_problem(resolved(a__yaml=text, cities__csv="lon,lat\n", towns__csv="lng,lat\n"))
    assert (problem.message, problem.hint) == ('towns.csv has no column "lon"', 'did you mean "lng"?')


@pytest.mark.parametrize(
    ("content", "pair"),
    [(CITIES, "lonlat_cols: [Longitude, lat]"), ("a;b\n", "lonlat_cols: [LONGITUDES, LATITUDES]")],
)
def test_a_csv_file_without_geometry_asks_for_its_coordinate_columns(
    resolved: Resolve, content: str, pair: str
) -> None:
    problem = the_problem(resolved(a__yaml=spec(given=BESIDE), cities__csv=content))
    assert (problem.message, problem.severity) == ("cities.csv has no column of geometry", Severity.ERROR)
    assert problem.hint == f"name its two coordinate columns in {pair}, or use partition_nongeospatial"


@pytest.mark.parametrize("content", ["name,WKT\n", 'name;"geom"\n'])
def test_a_csv_file_with_a_column_of_geometry_needs_no_word(resolved: Resolve, content: str) -> None:
    assert resolved(a__yaml=spec(given=BESIDE), cities__csv=content).diagnostics == ()


def archive(folder: Path, *names: str) -> bytes:
    path = folder / "made.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return path.read_bytes()


ZIP = spec(given="{file: a.zip}")


@pytest.mark.parametrize("names", [(), ("read.me.txt", "__MACOSX/a.shp"), ("scene.tif", "scene.pdf")])
def test_an_archive_without_a_table_is_an_error(resolved: Resolve, tmp_path: Path, names: tuple[str, ...]) -> None:
    content = archive(tmp_path, *names) if names else archive(tmp_path, "folder/")
    problem = the_problem(resolved(a__yaml=ZIP, a__zip=content))
    assert (problem.code, problem.pointer) == ("bad-input-file", "spec.config.steps.0.input.file")
    assert problem.message.startswith("there is no table in a.zip: it ")


@pytest.mark.parametrize("name", ["a.gdb/a00000001.gdbtable", "gtfs/stops.txt", "in/a.gpkg", "a.geojson", "a.tab", "a"])
def test_an_archive_that_may_hold_a_table_draws_no_word(resolved: Resolve, tmp_path: Path, name: str) -> None:
    assert resolved(a__yaml=ZIP, a__zip=archive(tmp_path, name, "read.me.txt")).diagnostics == ()


def test_an_archive_that_was_cut_is_an_error(resolved: Resolve, tmp_path: Path) -> None:
    problem = the_problem(resolved(a__yaml=ZIP, a__zip=archive(tmp_path, "a.gpkg")[:-20]))
    assert problem.message.startswith("a.zip cannot be opened as an archive: ")
    assert problem.is_error


PARTS = ("roads.shp", "roads.shx", "roads.dbf", "roads.prj")


@pytest.mark.parametrize(
    ("part", "loss", "severity"),
    [
        (".shx", ", and within an archive none is made", Severity.ERROR),
        (".dbf", ": its rows have no columns but the geometry", Severity.WARNING),
        (".prj", ": its coordinates are taken as EPSG:4326", Severity.WARNING),
    ],
)
def test_a_shapefile_in_an_archive_that_lacks_a_part_is_told(
    resolved: Resolve, tmp_path: Path, part: str, loss: str, severity: Severity
) -> None:
    content = archive(tmp_path, *(f"in/{name}" for name in PARTS if not name.endswith(part)), f"elsewhere/roads{part}")
    problem = the_problem(resolved(a__yaml=ZIP, a__zip=content))
    assert (problem.message, problem.severity) == (f"in/roads.shp has no {part} beside it{loss}", severity)
    assert problem.hint
    assert f"add roads{part}" in problem.hint


def test_a_whole_shapefile_draws_no_word(resolved: Resolve, tmp_path: Path) -> None:
    content = archive(tmp_path, "Roads.SHP", "Roads.shx", "Roads.Dbf", "Roads.PRJ", "read.me.txt")
    assert resolved(a__yaml=ZIP, a__zip=content).diagnostics == ()


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("geospatial", "name one of them, such as gdal_config: {layer: a}"),
        ("nongeospatial", "name one of them, such as metadata: {fused-spec: {read: {layer: a}}}"),
    ],
)
def test_of_several_tables_in_an_archive_one_is_to_be_named(
    resolved: Resolve, tmp_path: Path, kind: str, hint: str
) -> None:
    text = spec(given="{file: a.zip}", kind=kind)
    problem = the_problem(resolved(a__yaml=text, a__zip=archive(tmp_path, "a.gpkg", "b.geojson")))
    assert (problem.message, problem.hint) == ("a.zip holds the tables a.gpkg and b.geojson", hint)


def test_the_layer_names_one_of_several_tables(resolved: Resolve, tmp_path: Path) -> None:
    text = spec("gdal_config: {layer: b}", given="{file: a.zip}")
    assert resolved(a__yaml=text, a__zip=archive(tmp_path, "a.gpkg", "b.geojson")).diagnostics == ()


def test_parquet_in_an_archive_is_to_be_unpacked(resolved: Resolve, tmp_path: Path) -> None:
    problem = the_problem(resolved(a__yaml=ZIP, a__zip=archive(tmp_path, "a.parquet", "read.me.txt")))
    assert problem.message == "a.zip holds Parquet, which is not read within an archive"


@pytest.mark.parametrize("form", ["file://{}", "{}"])
@pytest.mark.parametrize(
    ("part", "loss"),
    [
        (".shx", "one is made of it, wherever the job runs"),
        (".prj", "its coordinates are taken as EPSG:4326"),
    ],
)
def test_a_shapefile_of_this_machine_that_lacks_a_part_draws_a_warning(
    resolved: Resolve, tmp_path: Path, form: str, part: str, loss: str
) -> None:
    for name in PARTS:
        if not name.endswith(part):
            (tmp_path / name).write_bytes(b"x")
    problem = the_problem(resolved(a__yaml=spec(given=form.format(tmp_path / "roads.shp"))))
    assert problem.message == f"roads.shp has no {part} beside it: {loss}"
    assert problem.severity is Severity.WARNING


def test_a_coordinate_system_that_is_said_is_not_missed(resolved: Resolve, tmp_path: Path) -> None:
    for name in PARTS[:3]:
        (tmp_path / name).write_bytes(b"x")
    assert resolved(a__yaml=reading("{crs: EPSG:25832}", given=f"file://{tmp_path}/roads.shp")).diagnostics == ()


def test_what_lies_outside_the_project_is_not_opened(resolved: Resolve, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text(CITIES, encoding="utf-8")
    text = spec("lonlat_cols: [x, y]", given=f"file://{tmp_path}/cities.csv")
    assert resolved(a__yaml=text).diagnostics == ()


def test_no_heavy_library_is_loaded_for_a_look(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "cities.csv").write_text(CITIES, encoding="utf-8")
    (tmp_path / "a.zip").write_bytes(archive(tmp_path, *PARTS))
    text = reading("{encoding: latin-1}", "lonlat_cols: [x, lat]", given="[{file: cities.csv}, {file: a.zip}]")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert resolve(["a.yaml"], cwd=tmp_path).diagnostics[0].code == "no-column"
    code = (
        "import sys; from pathlib import Path; from fused_spec.spec.resolve import resolve;"
        "resolve(['a.yaml'], cwd=Path.cwd()); print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"geopandas", "pandas", "pyarrow", "numpy", "pyogrio", "shapely", "pyproj"}
