"""Where things are kept: a folder, or a bucket that fsspec opens; both hold what the others rely on."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from fused_spec.errors import ArchiveError
from fused_spec.reconcile.store import local
from fused_spec.reconcile.store.remote import RemoteStore
from fused_spec.reconcile.store.store import Store
from fused_spec.reconcile.store.stores import open_store
from fused_spec.reconcile.store.trouble import TellingStore


@pytest.fixture(params=["folder", "memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = fsspec.filesystem("memory")
    yield {
        "folder": lambda: open_store(str(tmp_path / "a")),
        "file": lambda: open_store(f"file://{tmp_path}/a"),
        "memory": lambda: TellingStore(RemoteStore(memory, f"/{uuid4()}/a", "memory://a"), "memory://a"),
    }[request.param]()
    memory.store.clear()


def test_nothing_is_there_before_it_is_written(store: Store) -> None:
    assert store.read("x/y.json") is None
    assert store.names("x") == []


def test_what_was_written_is_read(store: Store) -> None:
    store.write("x/y.json", b"one")
    store.write("x/y.json", b"two")
    assert store.read("x/y.json") == b"two"
    with store.open("x/y.json") as stream:
        assert stream.read() == b"two"


def test_many_are_read_at_once_and_those_that_are_not_there_left_out(store: Store) -> None:
    store.write("x/b", b"2")
    store.write("x/a", b"1")
    assert list(store.read_all(["x/b", "x/none", "x/a"]).items()) == [("x/b", b"2"), ("x/a", b"1")]
    assert store.read_all([]) == {}


def test_one_that_cannot_be_read_is_never_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise ConnectionResetError("cut")

    store.write("a", b"1")
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "cat_file", broken)
    monkeypatch.setattr(local, "open", broken, raising=False)
    with pytest.raises(ArchiveError, match="cannot be read: cut"):
        store.read_all(["a"])


def test_only_one_can_create_a_file(store: Store) -> None:
    assert store.create("lock/1", b"mine")
    assert not store.create("lock/1", b"yours")
    assert store.read("lock/1") == b"mine"


def test_what_is_removed_is_gone_and_may_be_removed_again(store: Store) -> None:
    store.write("a", b"1")
    store.remove("a")
    store.remove("a")
    assert store.read("a") is None


def test_names_are_those_of_all_files_below_a_folder_in_order(store: Store) -> None:
    for name in ("runs/b/2", "runs/a/1", "other/3"):
        store.write(name, b"")
    assert store.names("runs") == ["runs/a/1", "runs/b/2"]


def test_a_published_folder_holds_every_staged_file(store: Store) -> None:
    with store.staging() as draft:
        (draft / "log").write_bytes(b"lines")
        (draft / "receipt").write_bytes(b"{}")
        store.publish(draft, "runs/1", "receipt")
    assert {name: store.read(name) for name in store.names("runs")} == {
        "runs/1/log": b"lines",
        "runs/1/receipt": b"{}",
    }


def test_what_was_published_first_stays(store: Store) -> None:
    for content in (b"first", b"second"):
        with store.staging() as draft:
            (draft / "receipt").write_bytes(content)
            store.publish(draft, "runs/1", "receipt")
    assert store.read("runs/1/receipt") == b"first"
