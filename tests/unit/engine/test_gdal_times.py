"""Times in formats that GDAL reads: the instant, or the naive time, as it was."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely

from tests.unit.engine.building import geo_step, ingested, partition_geospatial
from tests.unit.engine.gdal_files import collection, facts, feature, lines_of, lossy, timed

NOON = datetime(2024, 1, 1, 12, 0, 0, 123000)
FORMATS = [
    ("a.fgb", "FlatGeobuf"),
    ("a.gpkg", "GPKG"),
    ("a.geojson", "GeoJSON"),
    ("a.geojsonl", "GeoJSONSeq"),
    ("a.sqlite", "SQLite"),
    ("a.gml", "GML"),
    ("a.gmt", "OGR_GMT"),
    ("a.jml", "JML"),
]
GPX = (
    '<?xml version="1.0"?><gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
    '<wpt lat="1" lon="2"><time>2024-01-01T12:00:00Z</time></wpt>'
    '<wpt lat="1" lon="2"><time>2024-01-01T12:00:00.5+02:00</time></wpt></gpx>'
)
KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    "<TimeStamp><when>{}</when></TimeStamp><Point><coordinates>1,2</coordinates></Point>"
    "</Placemark></Document></kml>"
)


def times(storage: Path, name: str = "t") -> tuple[str, list[object]]:
    """The type of a column of the table, and its values."""
    column = pq.read_table(storage / "table")[name]
    return str(column.type), column.to_pylist()


@pytest.mark.parametrize(("name", "driver"), FORMATS)
def test_times_with_an_offset_stay_the_instants_that_they_are(
    name: str, driver: str, tmp_path: Path, storage: Path
) -> None:
    berlin = pd.to_datetime(["2024-01-01 12:00", "2024-06-01 12:00"]).tz_localize("Europe/Berlin")
    found = facts(timed(berlin, tmp_path / name, driver=driver), storage)
    assert times(storage) == ("timestamp[ms, tz=UTC]", [one.to_pydatetime() for one in berlin])
    assert lossy(found) == ["column t: the offsets of its times (+01:00, +02:00) are left out, the instants are in UTC"]


@pytest.mark.parametrize(("name", "driver"), FORMATS)
def test_times_in_utc_stay_in_utc(name: str, driver: str, tmp_path: Path, storage: Path) -> None:
    found = facts(timed([NOON.replace(tzinfo=UTC)], tmp_path / name, driver=driver), storage)
    assert times(storage) == ("timestamp[ms, tz=UTC]", [NOON.replace(tzinfo=UTC)])
    assert lossy(found) == []


@pytest.mark.parametrize(("name", "driver"), [*FORMATS, ("a.mif", "MapInfo File"), ("a.tab", "MapInfo File")])
def test_times_without_an_offset_get_none(name: str, driver: str, tmp_path: Path, storage: Path) -> None:
    found = facts(timed([NOON], tmp_path / name, driver=driver), storage)
    assert times(storage) == ("timestamp[ms]", [NOON])
    assert lossy(found) == []


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-01-01T12:00:00Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01T12:00:00+02:00", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("2024-01-01T12:00:00", datetime(2024, 1, 1, 12)),
    ],
)
def test_times_of_kml_are_as_they_are_written(written: str, instant: datetime, tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.kml").write_text(KML.format(written))
    facts(str(tmp_path / "a.kml"), storage)
    assert times(storage, "timestamp")[1] == [instant]


def test_times_of_gpx_are_instants(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.gpx").write_text(GPX)
    facts(str(tmp_path / "a.gpx"), storage)
    instants = [
        datetime(2024, 1, 1, 12, tzinfo=UTC),
        datetime(2024, 1, 1, 12, 0, 0, 500000, timezone(timedelta(hours=2))),
    ]
    assert times(storage, "time")[1] == instants


def test_times_of_which_some_have_an_offset_stay_as_they_are_written(tmp_path: Path, storage: Path) -> None:
    written = ["2024-01-01T12:00:00+01:00", "2024-06-01T12:00:00", None]
    found = facts(collection(tmp_path / "a.geojson", written, "t"), storage)
    assert times(storage) == ("string", written)
    assert lossy(found) == ["column t: 1 of its times have an offset and 1 have none; all are text, as in the file"]


@pytest.mark.parametrize("written", ["2024-01-01T12:00:00", "2024-01-01 12:00:00"])
def test_naive_times_that_others_wrote_into_a_geopackage_stay_naive(
    written: str, tmp_path: Path, storage: Path
) -> None:
    source = timed([NOON], tmp_path / "a.gpkg")
    _update(source, "t", written)
    facts(source, storage)
    assert times(storage) == ("timestamp[ms]", [datetime(2024, 1, 1, 12)])


def test_what_is_no_time_in_a_column_of_times_stays_text(tmp_path: Path, storage: Path) -> None:
    source = timed([NOON, NOON], tmp_path / "a.gpkg")
    _update(source, "t", "soon")
    found = facts(source, storage)
    assert times(storage) == ("string", ["soon", "soon"])
    assert lossy(found) == ["column t: 2 of its times cannot be read as such; all are text, as in the file"]


def test_fractions_beyond_milliseconds_are_kept(tmp_path: Path, storage: Path) -> None:
    facts(collection(tmp_path / "a.geojson", ["2024-01-01T12:00:00.123456Z"], "t"), storage)
    assert times(storage) == ("timestamp[us, tz=UTC]", [datetime(2024, 1, 1, 12, 0, 0, 123456, UTC)])


def test_fractions_that_gdal_cuts_are_told(tmp_path: Path, storage: Path) -> None:
    record = json.dumps(feature({"t": "2024-01-01T12:00:00.123456Z"}))
    [sentence] = lossy(facts(lines_of(tmp_path / "a.geojsonl", [record, record]), storage))
    assert sentence.startswith("column t: 2 of its times are finer than milliseconds")


@pytest.mark.parametrize("year", ["0001", "1500", "9999"])
def test_times_far_away_are_kept(year: str, tmp_path: Path, storage: Path) -> None:
    facts(collection(tmp_path / "a.geojson", [f"{year}-12-31T23:59:59Z"], "t"), storage)
    assert times(storage)[1] == [datetime(int(year), 12, 31, 23, 59, 59, tzinfo=UTC)]


def test_dates_of_shapefiles_are_dates(tmp_path: Path, storage: Path) -> None:
    days = np.array(["2024-01-01", "NaT"], "datetime64[D]")
    shapes = shapely.to_wkb([shapely.Point(1, 2)] * 2)
    pyogrio.raw.write(tmp_path / "a.shp", shapes, [days], ["t"], geometry_type="Point", crs="EPSG:4326")
    facts(str(tmp_path / "a.shp"), storage)
    assert times(storage) == ("date32[day]", [NOON.date(), None])


def test_the_facts_have_words_for_zones(tmp_path: Path, storage: Path) -> None:
    zoned = collection(tmp_path / "a.geojson", ["2024-01-01T12:00:00+05:30"], "t")
    account = partition_geospatial(geo_step(zoned), storage, "job-1")
    assert account["columns_in"][0][0]["zone"] == "+05:30 in the file, UTC in the table"


def test_a_column_of_times_that_nobody_loads_does_not_matter(tmp_path: Path, storage: Path) -> None:
    source = collection(tmp_path / "a.geojson", ["2024-01-01T12:00:00Z", "2024-01-01T12:00:00"], "t")
    assert list(ingested(source, storage, load_columns=["geometry"]).columns) == ["geometry"]


def _update(path: str, column: str, value: object) -> None:
    """Write a value into each row, as another program than GDAL does."""
    base = sqlite3.connect(path)
    for (name,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        base.execute(f"drop trigger [{name}]")
    base.execute(f"update a set [{column}] = ?", [value])
    base.commit()
    base.close()
