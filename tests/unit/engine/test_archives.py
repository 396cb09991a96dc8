"""Tables in archives, and compressed ones."""

import gzip
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import ingested, points, saved
from tests.unit.engine.gdal_files import cut

TABLES = [("a.shp", None), ("a.geojson", None), ("a.gpkg", None), ("a.gml", "GML"), ("a.gdb", "OpenFileGDB")]


def packed(folder: Path, form: str) -> str:
    """An archive of a folder."""
    return shutil.make_archive(str(folder.parent / "z"), form, folder)


@pytest.mark.parametrize("form", ["zip", "tar", "gztar"])
@pytest.mark.parametrize(("name", "driver"), TABLES)
def test_the_table_of_an_archive_is_read(
    name: str, driver: str | None, form: str, tmp_path: Path, storage: Path
) -> None:
    options = {} if driver is None else {"driver": driver}
    saved(points(5).assign(row=1.5), tmp_path / "in/deep" / name, **options)
    assert len(ingested(packed(tmp_path / "in", form), storage)) == 5


@pytest.mark.parametrize(("name", "driver"), [("a.geojson", None), ("a.geojsonl", "GeoJSONSeq"), ("a.gml", "GML")])
def test_compressed_text_is_read(name: str, driver: str | None, tmp_path: Path, storage: Path) -> None:
    source = saved(points(5), tmp_path / name, **({} if driver is None else {"driver": driver}))
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(Path(source).read_bytes()))
    assert len(ingested(str(tmp_path / f"{name}.gz"), storage)) == 5


@pytest.mark.parametrize(
    ("name", "command"),
    [("a.geojson.zst", "zstd -d"), ("a.gpkg.bz2", "bunzip2 -k"), ("a.csv.xz", "unxz -k"), ("a.7z", "7z x")],
)
def test_what_is_not_unpacked_names_the_command_that_does(
    name: str, command: str, tmp_path: Path, storage: Path
) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(StepFailed, match=rf"^{name} is packed in a way that is not read; unpack it: {command} {name}$"):
        ingested(str(tmp_path / name), storage)


@pytest.mark.parametrize("place", range(3))
def test_a_byte_that_changed_in_an_archive_is_found(place: int, tmp_path: Path, storage: Path) -> None:
    saved(points(12), tmp_path / "in/a.shp")
    source = Path(packed(tmp_path / "in", "zip"))
    with zipfile.ZipFile(source) as archive:
        member = archive.infolist()[place]
    content = bytearray(source.read_bytes())
    content[member.header_offset + 30 + len(member.filename) + member.compress_size // 2] ^= 1
    source.write_bytes(content)
    with pytest.raises(StepFailed, match=rf"^z\.zip cannot be read: {member.filename} in it is damaged"):
        ingested(str(source), storage)


@pytest.mark.parametrize(("form", "name"), [("zip", "z.zip"), ("tar", "z.tar"), ("gztar", "z.tar.gz")])
def test_an_archive_that_is_cut_off_is_named(form: str, name: str, tmp_path: Path, storage: Path) -> None:
    saved(points(500), tmp_path / "in/a.geojson")
    with pytest.raises(StepFailed, match=rf"^{name} cannot be read: "):
        ingested(cut(packed(tmp_path / "in", form)), storage)


def test_a_broken_directory_of_an_archive_is_named(tmp_path: Path, storage: Path) -> None:
    saved(points(5), tmp_path / "in/a.geojson")
    source = Path(packed(tmp_path / "in", "zip"))
    content = bytearray(source.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 2] = 0
    source.write_bytes(content)
    with pytest.raises(StepFailed, match=r"^z\.zip cannot be read: the archive is damaged, or not whole"):
        ingested(str(source), storage)


def test_compressed_text_whose_sum_is_wrong_is_refused(tmp_path: Path, storage: Path) -> None:
    content = bytearray(gzip.compress(Path(saved(points(5), tmp_path / "a.geojson")).read_bytes()))
    content[-6] ^= 1
    (tmp_path / "a.geojson.gz").write_bytes(content)
    with pytest.raises(StepFailed, match=r"^a\.geojson\.gz cannot be read: .*CRC"):
        ingested(str(tmp_path / "a.geojson.gz"), storage)


def test_an_encrypted_member_is_named(tmp_path: Path, storage: Path) -> None:
    saved(points(5), tmp_path / "in/a.geojson")
    source = Path(packed(tmp_path / "in", "zip"))
    content = bytearray(source.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    source.write_bytes(content)
    with pytest.raises(StepFailed, match=r"^z\.zip: a\.geojson is encrypted; unpack it with its password"):
        ingested(str(source), storage)


def test_an_archive_without_a_table_is_named(tmp_path: Path, storage: Path) -> None:
    with tarfile.open(tmp_path / "z.tar", "w") as tar:
        (tmp_path / "a.txt").write_text("hello")
        tar.add(tmp_path / "a.txt", "a.txt")
    with pytest.raises(StepFailed, match=r"^z\.tar holds no table that is read; unpack it"):
        ingested(str(tmp_path / "z.tar"), storage)


def test_an_archive_of_several_tables_is_read_by_layer(tmp_path: Path, storage: Path) -> None:
    for name, count in (("a", 2), ("b", 3)):
        saved(points(count), tmp_path / f"in/{name}.geojson")
    source = packed(tmp_path / "in", "tar")
    with pytest.raises(StepFailed, match=r"^z\.tar holds the tables .*; name one in gdal_config\.layer"):
        ingested(source, storage)
    assert len(ingested(source, storage, gdal_config={"layer": "b"})) == 3
