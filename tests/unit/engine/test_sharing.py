"""An exchange in an object store: what it becomes, and what is left of it and of those before."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.spreading import sharing
from fused_spec.engine.ingest.spreading.exchange import Exchange
from fused_spec.engine.ingest.spreading.sharing import shared_tables
from fused_spec.engine.ingest.writing.outputs import Outputs
from fused_spec.engine.storage import Remote

OUTPUTS = Outputs(url="fd://table", rows=Remote("memory://bucket", PurePosixPath("table")), measures=None, expected={})


@pytest.fixture
def store() -> Iterator[Any]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.rm("/bucket", recursive=True)


def left_by(store: Any, **owner: Any) -> None:
    """An exchange of another ingestion."""
    store.pipe_file("/bucket/.fused-spec/ingestions/old/.owner", json.dumps({**sharing._me(), **owner}).encode())
    store.pipe_file("/bucket/.fused-spec/ingestions/old/shelf.0", b"rows")


def shared(*names: str) -> None:
    with shared_tables(OUTPUTS, "job") as exchange, exchange.workplace() as work:
        for name in names:
            (work / name).write_text(name)
            exchange.deliver(work / name, name)


def found(store: Any) -> list[str]:
    return [path.removeprefix("/bucket/") for path in store.find("/bucket")]


def test_the_files_of_the_table_come_to_its_place_and_nothing_else_is_left(store: Any) -> None:
    shared("table.0.0.parquet", "table.0._sample", "shelf.0")
    assert found(store) == ["table/0.parquet", "table/_sample"]


def test_a_table_that_is_there_is_replaced(store: Any) -> None:
    shared("table.0.0.parquet", "table.0.1.parquet", "table.0._sample")
    shared("table.0.0.parquet", "table.0._sample")
    assert found(store) == ["table/0.parquet", "table/_sample"]


def test_a_failure_leaves_the_earlier_table(store: Any) -> None:
    shared("table.0.0.parquet", "table.0._sample")
    with pytest.raises(ZeroDivisionError), shared_tables(OUTPUTS, "job") as exchange:
        with exchange.workplace() as work:
            (work / "new").touch()
            exchange.deliver(work / "new", "table.0.1.parquet")
        raise ZeroDivisionError
    assert found(store) == ["table/0.parquet", "table/_sample"]


@pytest.mark.parametrize("owner", [{"pid": 2**22 + 1}, {"since": 0}], ids=["no such process", "an earlier process"])
def test_what_an_ended_process_left_is_cleared(owner: dict[str, Any], store: Any) -> None:
    left_by(store, **owner)
    shared("table.0._sample")
    assert found(store) == ["table/_sample"]


def test_what_came_when_its_owner_had_gone_is_cleared(store: Any) -> None:
    store.pipe_file("/bucket/.fused-spec/ingestions/old/shelf.0", b"rows")
    shared("table.0._sample")
    assert found(store) == ["table/_sample"]


@pytest.mark.parametrize("owner", [{}, {"host": "another", "pid": 1}], ids=["running", "on another machine"])
def test_what_may_be_in_use_is_left_alone(owner: dict[str, Any], store: Any) -> None:
    left_by(store, **owner)
    shared("table.0._sample")
    assert found(store)[-1] == "table/_sample"
    assert len(found(store)) == 3


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=f"does not see {tmp_path}; a cluster of several machines needs a storage"):
        Exchange(tmp_path / ".table.job-1.partial" / ".exchange").check()
