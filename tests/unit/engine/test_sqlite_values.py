"""GeoPackages and SQLite files, whose columns hold any value."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, plain_ingested, points, saved
from tests.unit.engine.gdal_files import facts, lossy, plain_facts


@contextmanager
def base(path: Path | str) -> Iterator[sqlite3.Connection]:
    """The file as another program writes to it, without GDAL's triggers."""
    opened = sqlite3.connect(path)
    for (name,) in opened.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        opened.execute(f"drop trigger [{name}]")
    yield opened
    opened.commit()
    opened.close()


def layered(path: Path) -> str:
    """A GeoPackage with a view, another layer, and a table of attributes."""
    saved(points(3), path, layer="towns")
    saved(points(2), path, layer="villages", mode="a")
    with base(path) as opened:
        opened.executescript(
            "create view large as select fid, geom, row * 2 as twice from towns where row > 0;"
            "insert into gpkg_contents (table_name, identifier, data_type, srs_id) "
            "values ('large', 'l', 'features', 4326);"
            "insert into gpkg_geometry_columns values ('large', 'geom', 'POINT', 4326, 0, 0);"
            "create table notes (fid integer primary key, note text);"
            "insert into notes values (1, 'x');"
            "insert into gpkg_contents (table_name, identifier, data_type) values ('notes', 'n', 'attributes')"
        )
    return str(path)


@pytest.mark.parametrize("value", ["'abc'", "3.5"])
def test_what_is_no_integer_in_a_column_of_them_is_told(value: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.gpkg")
    with base(source) as opened:
        opened.execute(f"update a set row = {value} where fid = 2")
    [sentence] = lossy(facts(source, storage))
    assert sentence.startswith("column row: 1 of its values are not of its type, which SQLite allows")


def test_what_is_no_date_in_a_column_of_them_is_told(tmp_path: Path, storage: Path) -> None:
    with base(tmp_path / "a.sqlite") as opened:
        opened.executescript("create table t (n text, d date); insert into t values ('a', '2024-01-02'), ('b', 'soon')")
    [sentence] = lossy(plain_facts(str(tmp_path / "a.sqlite"), storage))
    assert sentence.startswith("column d: 1 of its values are not of its type")


def test_values_of_their_types_are_told_nothing_about(tmp_path: Path, storage: Path) -> None:
    assert lossy(facts(saved(points(3), tmp_path / "a.gpkg"), storage)) == []


def test_a_wrong_count_that_a_geopackage_carries_does_no_harm(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.gpkg")
    with base(source) as opened:
        opened.execute("update gpkg_ogr_contents set feature_count = 77")
    assert len(ingested(source, storage)) == 3


def test_a_key_that_is_more_than_a_number_of_rows_is_a_column(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.gpkg", layer_options={"FID": "parcel"})
    assert ingested(source, storage)["parcel"].tolist() == [1, 2, 3]
    with base(tmp_path / "b.sqlite") as opened:
        opened.executescript("create table t (id integer primary key, n text); insert into t values (7, 'x')")
    assert plain_ingested(str(tmp_path / "b.sqlite"), storage, overwrite=True)["id"].tolist() == [7]


def test_a_number_of_rows_is_no_column(tmp_path: Path, storage: Path) -> None:
    assert list(ingested(saved(points(3), tmp_path / "a.gpkg"), storage).columns) == ["row", "word", "geometry"]


@pytest.mark.parametrize(("layer", "rows"), [("towns", 3), ("villages", 2), ("large", 2)])
def test_layers_and_views_are_read_by_name(layer: str, rows: int, tmp_path: Path, storage: Path) -> None:
    assert len(ingested(layered(tmp_path / "a.gpkg"), storage, gdal_config={"layer": layer})) == rows


def test_a_column_that_a_view_computes_is_told_to_be_text(tmp_path: Path, storage: Path) -> None:
    [sentence] = lossy(facts(layered(tmp_path / "a.gpkg"), storage, gdal_config={"layer": "large"}))
    assert sentence.startswith(
        "column twice: 2 of its values are not of its type, which SQLite allows, and become text"
    )


def test_a_table_without_geometry_in_a_geopackage_is_read(tmp_path: Path, storage: Path) -> None:
    read = {"fused-spec": {"read": {"layer": "notes"}}}
    assert plain_ingested(layered(tmp_path / "a.gpkg"), storage, metadata=read)["note"].tolist() == ["x"]


def test_other_layers_are_told(tmp_path: Path, storage: Path) -> None:
    sentence = lossy(facts(layered(tmp_path / "a.gpkg"), storage))[0]
    assert sentence.startswith("of its layers towns, villages, large, notes only towns is read")


def test_a_geopackage_without_an_index_is_read(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.gpkg", layer_options={"SPATIAL_INDEX": "NO"})
    assert facts(source, storage)["crs"]["from"] == "gpkg_spatial_ref_sys in it"


def test_a_damaged_page_is_an_error(tmp_path: Path, storage: Path) -> None:
    source = Path(saved(points(5000), tmp_path / "a.gpkg"))
    content = bytearray(source.read_bytes())
    start = content.rindex(b"word1") // 4096 * 4096
    content[start : start + 4096] = bytes(4096)
    source.write_bytes(content)
    with pytest.raises(StepFailed, match=r"^a\.gpkg cannot be read: .*malformed"):
        ingested(str(source), storage)
