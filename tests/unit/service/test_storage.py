"""The folder behind fd://: whole files, and no way out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fused_spec.service.storage.local import BadPath, Storage, TooDeep


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def broken() -> AsyncIterator[bytes]:
    yield b"half"
    raise ConnectionError


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    root = tmp_path / "storage"
    root.mkdir()
    return Storage(root)


def write(storage: Storage, url: str, content: bytes = b"x") -> None:
    asyncio.run(storage.write(url, pieces(content)))


def test_what_is_written_is_read_under_its_url(storage: Storage) -> None:
    write(storage, "fd://a b/ä.bin", b"content")
    file = storage.file("fd://a b/ä.bin")
    assert file is not None
    assert file.read_bytes() == b"content"
    assert storage.url(file) == "fd://a b/ä.bin"


@pytest.mark.parametrize("url", ["fd://../x", "fd://a/../../x", "s3://bucket/x", "/etc/passwd", "fd://a\0b", "x"])
def test_a_url_that_leads_out_is_refused(storage: Storage, url: str) -> None:
    with pytest.raises(BadPath):
        storage.path(url)


def test_a_link_that_leads_out_is_refused(storage: Storage) -> None:
    (storage.root / "link").symlink_to("/etc")
    with pytest.raises(BadPath):
        storage.file("fd://link/passwd")


def test_a_listing_tells_nothing_of_what_lies_outside(storage: Storage) -> None:
    (storage.root / "link").symlink_to("/etc/passwd")
    assert [storage.describe(path) for path in storage.entries("fd://")] == [None]


def test_an_upload_that_breaks_off_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(ConnectionError):
        asyncio.run(storage.write("fd://a/b", broken()))
    assert storage.entries("fd://a") == []


def test_an_upload_that_breaks_off_leaves_the_file_that_was_there(storage: Storage) -> None:
    write(storage, "fd://a/b", b"old")
    with pytest.raises(ConnectionError):
        asyncio.run(storage.write("fd://a/b", broken()))
    assert (storage.root / "a" / "b").read_bytes() == b"old"


def test_a_file_is_its_own_only_entry(storage: Storage) -> None:
    write(storage, "fd://a/b", b"four")
    [entry] = [storage.describe(path) for path in storage.entries("fd://a/b")]
    assert (entry["url"], entry["size"], entry["is_directory"]) == ("fd://a/b", 4, False)


def test_what_is_not_there_has_no_entries(storage: Storage) -> None:
    assert storage.entries("fd://nothing") == []


def test_a_folder_is_no_place_for_a_file(storage: Storage) -> None:
    write(storage, "fd://a/b")
    for url in ("fd://a", "fd://a/b/c", "fd://c/"):
        with pytest.raises(BadPath):
            write(storage, url)


def test_a_folder_deeper_than_allowed_is_left_whole(storage: Storage) -> None:
    write(storage, "fd://a/b/c")
    with pytest.raises(TooDeep):
        storage.delete("fd://a", 2)
    assert storage.file("fd://a/b/c")
    assert storage.delete("fd://a", 3)
    assert not storage.delete("fd://a", None)


def test_deleting_a_link_leaves_what_it_leads_to(storage: Storage) -> None:
    write(storage, "fd://kept/file")
    (storage.root / "a").mkdir()
    (storage.root / "a" / "link").symlink_to(storage.root / "kept")
    assert storage.delete("fd://a", None)
    assert storage.file("fd://kept/file")


def test_the_storage_itself_cannot_be_deleted(storage: Storage) -> None:
    with pytest.raises(BadPath):
        storage.delete("fd://", None)
