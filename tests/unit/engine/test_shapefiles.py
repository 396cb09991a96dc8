"""Shapefiles with all their parts, without some, and what their text is in."""

import shutil
import struct
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, plain_ingested, points, saved
from tests.unit.engine.gdal_files import cut, facts, lossy, plain_facts


def named(path: Path, name: str, *, encoding: str, page: str | None = None, code: int = 0) -> str:
    """A shapefile whose text is in some encoding, with what its .cpg says and the byte in its .dbf."""
    frame = gpd.GeoDataFrame({"name": [name] * 2}, geometry=[shapely.Point(1, 2)] * 2, crs=4326)
    saved(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if page is not None:
        path.with_suffix(".cpg").write_text(page)
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    content[29] = code
    path.with_suffix(".dbf").write_bytes(content)
    return str(path)


@pytest.mark.parametrize(
    ("encoding", "page", "code", "words"),
    [
        ("cp1252", "1252", 0, "1252, as its .cpg says"),
        ("utf-8", "UTF-8", 0, "UTF-8, as its .cpg says"),
        ("cp1252", None, 0x03, "CP1252, as its .dbf says"),
        ("cp1252", None, 0x57, "CP1252, as its .dbf says"),
        ("cp1252", None, 0, "CP1252, a guess"),
        ("utf-8", None, 0, "UTF-8, a guess"),
        ("utf-8", None, 0x57, "UTF-8, a guess"),
    ],
)
def test_text_is_read_in_what_it_is_in(
    encoding: str, page: str | None, code: int, words: str, tmp_path: Path, storage: Path
) -> None:
    source = named(tmp_path / "a.shp", "Köln 5€", encoding=encoding, page=page, code=code)
    assert ingested(source, storage)["name"].tolist() == ["Köln 5€"] * 2
    assert facts(source, storage, overwrite=True)["encoding"] == words


def test_a_code_page_of_the_table_counts(tmp_path: Path, storage: Path) -> None:
    source = named(tmp_path / "a.shp", "Köln", encoding="cp850", code=0x02)
    assert ingested(source, storage)["name"].tolist() == ["Köln"] * 2


def test_a_guess_is_told(tmp_path: Path, storage: Path) -> None:
    source = named(tmp_path / "a.shp", "Köln", encoding="cp1252")
    [sentence] = lossy(facts(source, storage))
    assert sentence == "it has no .cpg, so its text is taken for CP1252, a guess; open option ENCODING names another"


@pytest.mark.parametrize(("page", "why"), [("UTF-8", "its .cpg says UTF-8"), ("klingon", "column name is no UTF-8")])
def test_a_wrong_or_unknown_cpg_names_the_option_that_mends_it(
    page: str, why: str, tmp_path: Path, storage: Path
) -> None:
    source = named(tmp_path / "a.shp", "Köln", encoding="cp1252", page=page)
    with pytest.raises(StepFailed, match=rf"^a\.shp cannot be read: {why}.*open_options: {{ENCODING: CP1252}}"):
        ingested(source, storage)
    options: dict[str, Any] = {"gdal_config": {"open_options": {"ENCODING": "CP1252"}}}
    assert ingested(source, storage, **options)["name"].tolist() == ["Köln"] * 2


def test_the_step_may_name_the_encoding(tmp_path: Path, storage: Path) -> None:
    source = named(tmp_path / "a.shp", "Łódź", encoding="cp1250")
    read = {"fused-spec": {"read": {"encoding": "cp1250"}}}
    assert ingested(source, storage, metadata=read)["name"].tolist() == ["Łódź"] * 2


def test_text_that_looks_like_utf_8_under_another_name_is_told(tmp_path: Path, storage: Path) -> None:
    [sentence] = lossy(facts(named(tmp_path / "a.shp", "Köln", encoding="utf-8", page="1252"), storage))
    assert sentence.startswith("its .cpg says 1252, but its text looks like UTF-8")


def test_text_in_neither_guess_is_refused(tmp_path: Path, storage: Path) -> None:
    source = named(tmp_path / "a.shp", "中文", encoding="gbk")
    content = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(content.replace("中文".encode("gbk"), b"\x81\x8d\x8f\x90"))
    with pytest.raises(StepFailed, match=r"its text is neither UTF-8 nor CP1252; name what it is in: gdal_config"):
        ingested(source, storage)


def test_a_table_without_shapes_is_read_in_its_encoding(tmp_path: Path, storage: Path) -> None:
    named(tmp_path / "a.shp", "Köln", encoding="cp1252")
    (tmp_path / "a.shp").unlink()
    assert plain_ingested(str(tmp_path / "a.dbf"), storage)["name"].tolist() == ["Köln"] * 2
    assert plain_facts(str(tmp_path / "a.dbf"), storage, overwrite=True)["encoding"] == "CP1252, a guess"


def test_records_that_are_deleted_are_no_rows(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "a.shp")
    content = bytearray((tmp_path / "a.dbf").read_bytes())
    header, record = struct.unpack("<HH", content[8:12])
    content[header + 2 * record] = ord("*")
    (tmp_path / "a.dbf").write_bytes(content)
    assert sorted(ingested(source, storage)["row"]) == [0, 1, 3, 4]


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_part_that_is_cut_off_fails(part: str, share: float, tmp_path: Path, storage: Path) -> None:
    source = saved(points(30), tmp_path / "a.shp")
    cut(tmp_path / f"a{part}", share)
    with pytest.raises(StepFailed, match=rf"^a\.shp cannot be read: its {part} (ends after|has)"):
        ingested(source, storage)


def test_parts_of_different_shapefiles_are_refused(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "a.shp")
    saved(points(4), tmp_path / "b.shp")
    shutil.copy(tmp_path / "b.dbf", tmp_path / "a.dbf")
    with pytest.raises(StepFailed, match=r"its \.shx has 5 shapes, its \.dbf 4 records; one of them is damaged"):
        ingested(source, storage)


def test_a_missing_index_is_made_elsewhere_and_told(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "in/a.shp")
    (tmp_path / "in/a.shx").unlink()
    assert sorted(ingested(source, storage)["row"]) == [0, 1, 2, 3, 4]
    assert not (tmp_path / "in/a.shx").exists()
    assert "it has no .shx beside it; one was made of the .shp" in lossy(facts(source, storage, overwrite=True))[0]


def test_a_missing_table_is_told(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    found = facts(source, storage)
    assert (found["rows_read"], lossy(found)) == (5, ["it has no .dbf beside it, so there are no attributes"])


def test_a_missing_coordinate_system_is_told(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    assert facts(source, storage)["crs"] == {"in": None, "out": "EPSG:4326", "from": None}


def test_a_coordinate_system_is_known_to_be_of_the_prj(tmp_path: Path, storage: Path) -> None:
    found = facts(saved(points(5).to_crs(3857), tmp_path / "a.shp"), storage)
    assert found["crs"] == {"in": "EPSG:3857", "out": "EPSG:4326", "from": "its .prj"}


def test_parts_may_be_named_in_any_letters(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5).to_crs(3857), tmp_path / "a.shp")
    for part, name in ((".dbf", ".DBF"), (".shx", ".Shx"), (".prj", ".Prj"), (".cpg", ".Cpg")):
        (tmp_path / f"a{part}").rename(tmp_path / f"a{name}")
    table = ingested(source, storage)
    assert sorted(table["row"]) == [0, 1, 2, 3, 4]
    assert table.total_bounds.tolist() == pytest.approx([0, 0, 4, 4])


def test_parts_in_capitals_are_no_inputs_of_their_own(tmp_path: Path, storage: Path) -> None:
    saved(points(5), tmp_path / "in/a.shp")
    for part in list((tmp_path / "in").iterdir()):
        part.rename(part.with_suffix(part.suffix.upper()))
    (tmp_path / "in/a.SHP.XML").write_text("<metadata/>")
    assert len(ingested(f"{tmp_path}/in/", storage)) == 5


@pytest.mark.parametrize(("name", "driver"), [("a.tab", "MapInfo File"), ("a.mif", "MapInfo File"), ("a.gml", "GML")])
def test_parts_of_other_tables_are_no_inputs_of_their_own(
    name: str, driver: str, tmp_path: Path, storage: Path
) -> None:
    saved(points(5), tmp_path / "in" / name, driver=driver)
    assert len(ingested(f"{tmp_path}/in/", storage)) == 5


def test_a_zipped_shapefile_that_lacks_its_index_is_refused(tmp_path: Path, storage: Path) -> None:
    saved(points(5), tmp_path / "in/a.shp")
    (tmp_path / "in/a.shx").unlink()
    with pytest.raises(StepFailed, match=r"^z\.zip: a\.shp has no \.shx beside it; unpack the archive"):
        ingested(shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path / "in"), storage)


def test_the_encoding_of_a_zipped_shapefile_is_found_out_too(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "in").mkdir()
    named(tmp_path / "in/a.shp", "Köln", encoding="cp1252")
    source = shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path / "in")
    assert ingested(source, storage)["name"].tolist() == ["Köln"] * 2


def test_an_index_that_points_elsewhere_is_refused(tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / "a.shp")
    content = bytearray((tmp_path / "a.shx").read_bytes())
    content[100 + 2 * 8 + 3] ^= 4
    (tmp_path / "a.shx").write_bytes(content)
    with pytest.raises(
        StepFailed, match=r"its \.shx says that shape 3 is where the \.shp has none; it is damaged: rem"
    ):
        ingested(source, storage)


def test_a_length_in_a_header_that_is_not_the_files_is_refused(tmp_path: Path, storage: Path) -> None:
    source = Path(saved(points(5), tmp_path / "a.shp"))
    source.write_bytes(source.read_bytes() + b"more")
    with pytest.raises(StepFailed, match=r"its \.shp has 244 bytes, and says that it has 240; it is damaged"):
        ingested(str(source), storage)
