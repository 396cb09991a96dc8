"""Whatever goes wrong with a store is one error, with its place and the next step; nothing is taken for empty."""

import errno
import gzip
import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from fused_spec.errors import ArchiveError
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.remote import RemoteStore
from fused_spec.reconcile.store.store import Store
from fused_spec.reconcile.store.stores import open_store
from fused_spec.reconcile.store.trouble import TellingStore, archive_error
from tests.buckets import Served, make_bucket, serve_s3

pytestmark = [
    pytest.mark.xdist_group("buckets"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
USES: dict[str, Callable[[Store], Any]] = {
    "names": lambda store: store.names("runs"),
    "read": lambda store: store.read("runs/a"),
    "read_all": lambda store: store.read_all(["runs/a"]),
    "open": lambda store: store.open("runs/a").read(1),
    "write": lambda store: store.write("runs/a", b"1"),
    "create": lambda store: store.create("runs/b", b"1"),
    "remove": lambda store: store.remove("runs/a"),
    "publish": lambda store: published(store),
}


def published(store: Store) -> None:
    with store.staging() as draft:
        (draft / "receipt").write_bytes(b"{}")
        store.publish(draft, "runs/1", "receipt")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No credentials, no patience, and no client of an earlier test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    forget: Callable[[], None] = fsspec.get_filesystem_class("s3").clear_instance_cache
    forget()
    yield monkeypatch
    forget()


@pytest.fixture
def server(aws: pytest.MonkeyPatch) -> Iterator[Served]:
    server = serve_s3()
    aws.setenv("AWS_ENDPOINT_URL", server.url)
    for name in _KEYS:
        aws.setenv(name, "testing")
    yield server
    server.stop()


def nobody() -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_bucket_without_credentials_is_told(aws: pytest.MonkeyPatch, use: Callable[[Store], Any]) -> None:
    with pytest.raises(
        ArchiveError, match=r"^the archive s3://kept/x cannot be (read|written): Unable to locate"
    ) as told:
        use(open_store("s3://kept/x"))
    assert "AWS_ACCESS_KEY_ID" in str(told.value.hint)


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_bucket_that_nobody_answers_for_is_told(aws: pytest.MonkeyPatch, use: Callable[[Store], Any]) -> None:
    aws.setenv("AWS_ENDPOINT_URL", f"http://{nobody()}")
    for name in _KEYS:
        aws.setenv(name, "testing")
    with pytest.raises(ArchiveError, match=r"^the archive s3://kept/x cannot be (read|written): ") as told:
        use(open_store("s3://kept/x"))
    assert "network" in str(told.value.hint)


def test_a_bucket_that_is_not_there_is_no_empty_archive(server: Served) -> None:
    with pytest.raises(ArchiveError, match="s3://missing/x cannot be read: there is no such bucket") as told:
        open_store("s3://missing/x").names("runs")
    assert "make the bucket" in str(told.value.hint)


def test_no_bucket_is_made_by_writing_into_it(server: Served) -> None:
    with pytest.raises(ArchiveError, match="s3://missing/x cannot be written"):
        open_store("s3://missing/x").write("a", b"1")
    import boto3

    assert "missing" not in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def test_a_bucket_keeps_what_an_archive_keeps(server: Served) -> None:
    make_bucket("kept")
    store = open_store("s3://kept/x")
    assert store.names("runs") == []
    assert [store.create("runs/a", content) for content in (b"1", b"2")] == [True, False]
    published(store)
    assert {name: store.read(name) for name in store.names("runs")} == {"runs/a": b"1", "runs/1/receipt": b"{}"}


def test_a_store_that_goes_away_while_a_log_is_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise ConnectionResetError("cut")
            return super().read(size)

    memory = fsspec.filesystem("memory")
    log = gzip.compress(os.urandom(4 * 1024 * 1024))
    monkeypatch.setattr(type(memory), "open", lambda *_, **__: Cut(log))
    store = TellingStore(RemoteStore(memory, "/b", "s3://b"), "s3://b")
    with store.open("log") as packed, gzip.open(packed) as lines:
        assert lines.read(1)
        with pytest.raises(ArchiveError, match="the archive s3://b cannot be read: cut"):
            lines.read()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/kept",
        "https://127.0.0.1:9/kept",
        "webhdfs://127.0.0.1:9/kept",
        "ftp://127.0.0.1:9/x",
        "memory://x",
        "simplecache::s3://bucket/x",
        "zip://x::s3://bucket/x.zip",
        "nosuch://bucket",
    ],
)
def test_a_kind_of_store_that_cannot_keep_an_archive_is_refused(url: str) -> None:
    with pytest.raises(ArchiveError, match="cannot be an archive") as refused:
        open_store(url)
    assert str(refused.value).startswith(url)
    assert refused.value.hint == "name a folder, or a bucket: s3://bucket/prefix, gs://bucket/prefix"


MISSPELT = {
    "s3:/bucket/x": "written s3://",
    "s3:bucket/x": "written s3://",
    "GS:/bucket/x": "written gs://",
    "S3://bucket/x": "written s3://",
    "file:/tmp/x": "begins with a slash",
    "file://kept/x": "begins with a slash",
    "https:/host/x": "cannot list",
    "s3://": "names no bucket",
    "s3:///x": "names no bucket",
    "s3://bucket/../x": "no other above it",
}


@pytest.mark.parametrize(("url", "why"), MISSPELT.items())
def test_a_misspelt_address_is_no_folder_of_that_name(url: str, why: str) -> None:
    with pytest.raises(ArchiveError, match=why):
        open_store(url)


def test_a_login_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(ArchiveError, match="cannot be an archive") as refused:
        open_store("s3://key:a-password@bucket/x")
    assert "a-password" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize("folder", ["a:b", "kept/s3:/x", "./s3:x", "2031:05"])
def test_a_folder_with_a_colon_in_its_name_is_one(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store(folder).write("runs/a", b"1")
    assert (tmp_path / folder / "runs/a").read_bytes() == b"1"


def test_a_bucket_whose_package_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(ArchiveError, match="s3://b cannot be opened: Install s3fs") as told:
        open_store("s3://b")
    assert "install" in str(told.value.hint)


def test_what_a_library_logs_of_its_failure_is_not_shown() -> None:
    script = """
import logging
from fused_spec.reconcile.store.stores import open_store
open_store("s3://b")
for name in ("gcsfs", "gcsfs.retry", "s3fs", "botocore.endpoint", "asyncio"):
    logging.getLogger(name).error("out of retries")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_no_secret_of_the_url_is_told() -> None:
    url = "s3://key:hunter2-SECRET@bucket/x"
    error = archive_error(url, "read", OSError(f"cannot open {url}"))
    assert "hunter2" not in f"{error}{error.hint}"


def test_what_a_library_says_is_one_line_of_bounded_length() -> None:
    error = archive_error("s3://b", "read", RuntimeError("a\n" * 10_000))
    assert len(str(error)) < 400
    assert "\n" not in str(error)


def test_a_fault_of_ours_is_none_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        open_store(tmp_path).write("a", 7)  # type: ignore[arg-type]


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path, use: Callable[[Store], Any]) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(ArchiveError, match=f"the archive {tmp_path}/kept cannot be") as told:
        use(open_store(tmp_path / "kept"))
    assert "name a folder" in str(told.value.hint)


class Broken(LocalStore):
    """A folder on a disk with a fault; that of a machine cannot be had without being somebody else there."""

    def __init__(self, root: Path, code: int) -> None:
        super().__init__(root)
        self._code = code

    def _fail(self, *_: object) -> Any:
        raise OSError(self._code, os.strerror(self._code), str(self.root))

    read = read_all = open = write = create = remove = names = staging = publish = _fail


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EACCES, "whether you may"),
        (errno.EROFS, "whether you may"),
        (errno.EIO, "run the command again"),
    ],
)
def test_what_a_disk_refuses_is_told(tmp_path: Path, use: Callable[[Store], Any], code: int, hint: str) -> None:
    with pytest.raises(ArchiveError, match=f"the archive {tmp_path} cannot be .*{os.strerror(code)}") as told:
        use(TellingStore(Broken(tmp_path, code), str(tmp_path)))
    assert hint in str(told.value.hint)


def test_a_disk_that_is_full_while_a_run_is_put_together_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(ArchiveError, match="No space left on device"),
        open_store(tmp_path).staging() as draft,
    ):
        (draft / "log").write_bytes(b"lines")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_listed_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "Job":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    store = open_store(tmp_path)
    store.write("runs/Job/a/receipt.json", b"{}")
    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ArchiveError, match="Permission denied"):
        store.names("runs")


def test_a_listing_that_fails_within_a_bucket_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")

    def broken(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(type(memory), "find", broken)
    with pytest.raises(ArchiveError, match="the archive s3://b cannot be read: TimeoutError"):
        TellingStore(RemoteStore(memory, "/b", "s3://b"), "s3://b").names("runs")
