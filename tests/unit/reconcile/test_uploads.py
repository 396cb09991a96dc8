"""Inputs that several jobs read are brought to the storage once."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.errors import StalePlan
from fused_spec.reconcile.uploads import Uploads
from fused_spec.spec.model import LocalFile
from fused_spec.wire import FileDetails

CONTENT = b"x,y\n1,2\n"


class Storage:
    """A storage into which an upload goes only after somebody else has asked for the same, unless nobody can."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.asked = threading.Semaphore(0)

    def list(self, url: str, details: bool) -> list[FileDetails]:
        self.asked.release()
        found = self.kept.get(url)
        return [] if found is None else [FileDetails(url=url, file_name="a", is_directory=False, size=len(found))]

    def upload(self, url: str, stream: BinaryIO) -> None:
        self.sent.append(url)
        self.asked.acquire()  # its own question
        self.asked.acquire(timeout=0.05)  # that of another, where both may ask before one has sent
        self.kept[url] = stream.read()


def file(folder: Path, name: str = "a.csv") -> LocalFile:
    path = folder / name
    path.write_bytes(CONTENT)
    return LocalFile(path=path, sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT), url=f"fd://in/{name}")


def test_jobs_that_start_side_by_side_send_a_shared_file_once(tmp_path: Path) -> None:
    storage, uploads, shared = Storage(), Uploads(), file(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: uploads.ensure(cast(FusedAPI, storage), shared), range(4)))
    assert (sorted(sent), storage.sent) == ([False, False, False, True], [shared.url])


def test_a_file_that_could_not_be_sent_is_sent_by_the_next(tmp_path: Path) -> None:
    storage: Any = Storage()
    uploads, shared = Uploads(), file(tmp_path)
    shared.path.write_bytes(b"changed")
    with pytest.raises(StalePlan):
        uploads.ensure(storage, shared)
    shared.path.write_bytes(CONTENT)
    assert uploads.ensure(storage, shared)
