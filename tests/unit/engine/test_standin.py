"""What UDF code finds under `import fused` where the published package is not installed."""

import asyncio
import functools
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fused_spec.engine.standin import provide_fused
from fused_spec.engine.standin.caching import cache
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from tests.unit.engine.building import grid, ingested, points, saved
from tests.unit.engine.running import end, job_folder, log, udf_step
from tests.waiting import PATIENCE


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delitem(sys.modules, "fused", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    return provide_fused()


def test_the_module_is_importable(fused: Any) -> None:
    import fused as imported

    assert imported is fused


def test_it_is_provided_once(fused: Any) -> None:
    assert provide_fused() is fused


def test_types_are_importable(fused: Any) -> None:
    from fused.types import Bounds

    assert fused.types.Bounds is Bounds


@pytest.mark.parametrize(
    ("name", "hint"),
    [("api", "in the spec"), ("ingest", "partition_geospatial step"), ("utils", "install the published package")],
)
def test_what_is_not_there_says_what_to_do(name: str, hint: str, fused: Any) -> None:
    with pytest.raises(AttributeError, match=hint):
        getattr(fused, name)


def test_a_file_of_the_jobs_own_has_a_folder(fused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Path(fused.file_path("a/b.txt")).write_text("x")
    assert Path(fused.file_path("a/c")).is_dir()


def test_a_download_is_fetched_once(fused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = tmp_path / "source.txt"
    source.write_text("first")
    fused.download(f"file://{source}", "copies/a.txt")
    source.write_text("second")
    copy = Path(fused.download(f"file://{source}", "copies/a.txt"))
    assert (copy.read_text(), [path.name for path in copy.parent.iterdir()]) == ("first", ["a.txt"])


def test_a_download_may_come_from_the_web(fused: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "page.txt").write_text("words")
    serve = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever).start()
        copy = fused.download(f"http://127.0.0.1:{server.server_port}/page.txt", "copy.txt")
        server.shutdown()
    assert Path(copy).read_text() == "words"


def test_a_cached_function_is_called_once_for_the_same_arguments() -> None:
    calls: list[int] = []
    remember = cache(calls.append)
    for number in (1, 1, 2):
        remember(number)
    assert calls == [1, 2]


def test_the_cache_may_have_options() -> None:
    assert cache(path="x")(lambda: 7)() == 7


def test_a_failure_is_not_cached() -> None:
    @cache
    def fail() -> None:
        calls.append(1)
        raise ValueError

    calls: list[int] = []
    for _ in range(2):
        with pytest.raises(ValueError):
            fail()
    assert len(calls) == 2


def test_a_cached_value_is_everybodys_own_copy() -> None:
    remember = cache(lambda: [1])
    remember().append(2)
    remember().append(3)
    assert remember() == [1]


def test_arguments_may_be_left_out_of_the_key() -> None:
    calls: list[int] = []

    @cache(cache_key_exclude=["verbose"])
    def square(n: int, verbose: bool = False) -> int:
        calls.append(n)
        return n * n

    assert [square(2), square(2, verbose=True), square(n=2)] == [4, 4, 4]
    assert calls == [2]


def test_a_cache_that_is_reset_remembers_nothing() -> None:
    calls: list[int] = []
    forget = cache(cache_reset=True)(calls.append)
    for _ in range(2):
        forget(1)
    assert calls == [1, 1]


def test_a_call_may_reset_the_cache_itself() -> None:
    calls: list[int] = []
    remember = cache(calls.append)
    remember(1)
    remember(1, cache_reset=True, cache_verbose=False)
    remember(1)
    assert calls == [1, 1]


def test_what_a_coroutine_returned_is_remembered() -> None:
    calls: list[int] = []

    @cache
    async def remember(number: int) -> int:
        calls.append(number)
        return number

    async def twice() -> list[int]:
        return [await remember(1), await remember(1)]

    assert (asyncio.run(twice()), calls) == ([1, 1], [1])


def test_a_generator_gives_its_values_each_time() -> None:
    @cache
    def numbers(count: int) -> Iterator[int]:
        yield from range(count)

    assert [list(numbers(2)), list(numbers(2))] == [[0, 1], [0, 1]]


def test_arguments_that_cannot_be_compared_are_not_cached() -> None:
    calls: list[object] = []
    remember = cache(calls.append)
    for _ in range(2):
        remember(object())
    assert len(calls) == 2


@pytest.fixture
def table(tmp_path: Path, storage: Path) -> str:
    """A table of four files of four chunks."""
    source = saved(grid(8, 8), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_maximum_per_file=16, partitioning_maximum_per_chunk=4)
    return "fd://table"


@pytest.mark.parametrize("suffix", ["", "/", "/_sample", "/_metadata"])
def test_a_table_is_found_by_any_of_its_names(suffix: str, table: str) -> None:
    assert len(get_chunks_metadata(table + suffix)) == 16


def test_every_chunk_can_be_read(table: str) -> None:
    chunks = get_chunks_metadata(table)
    rows = [get_chunk_from_table(table, chunk.file_id, chunk.chunk_id)["row"] for chunk in chunks.itertuples()]
    assert sorted(number for part in rows for number in part) == list(range(64))


def test_without_a_chunk_the_whole_file_is_read(table: str) -> None:
    assert len(get_chunk_from_table(table, "0", None)) == 16


def test_a_chunk_has_the_coordinate_system(table: str) -> None:
    assert get_chunk_from_table(table, 0, 0).crs == "EPSG:4326"  # type: ignore[attr-defined]


def test_without_its_geometry_a_chunk_is_a_plain_frame(table: str) -> None:
    assert type(get_chunk_from_table(table, 0, 0, columns=["row"])).__name__ == "DataFrame"


def test_a_chunk_of_rows_without_geometry_has_no_box(tmp_path: Path, storage: Path) -> None:
    frame = points(2)
    frame.loc[1, "geometry"] = None
    ingested(saved(frame, tmp_path / "a.parquet"), storage)
    assert get_chunks_metadata("fd://table").geometry.isna().tolist() == [False, True]


def test_a_folder_of_plain_files_is_no_table(storage: Path) -> None:
    saved(points(2), storage / "folder" / "a.parquet").replace("a.parquet", "_sample")
    (storage / "folder" / "a.parquet").rename(storage / "folder" / "_sample")
    with pytest.raises(ValueError, match="is not an ingested table"):
        get_chunks_metadata("fd://folder")


def test_the_published_packages_own_fd_gives_way_to_ours(tmp_path: Path) -> None:
    (tmp_path / "fused.py").write_text(
        "import fsspec\n"
        "from fsspec.implementations.memory import MemoryFileSystem\n"
        'fsspec.register_implementation("fd", MemoryFileSystem, clobber=True)\n'
        'options = type("Options", (), {})()\n',
        encoding="utf-8",
    )
    code = """\
import fsspec

@fused.udf
def udf():
    with fsspec.open("fd://a.txt", "r") as file:
        print(file.read())
"""
    job = job_folder(tmp_path, udf_step(code))
    (tmp_path / "storage" / "a.txt").write_text("ours", encoding="utf-8")
    command = [sys.executable, "-m", "fused_spec.engine.jobs.worker", str(job.path)]
    subprocess.run(command, check=False, timeout=PATIENCE, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (end(job), "ours" in log(job)) == (("Done", None), True)
