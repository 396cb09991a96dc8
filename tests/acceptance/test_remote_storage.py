"""A service whose storage is a bucket: servers of S3 and of Google's storage on loopback, and real processes."""

import io
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import fsspec
import geopandas as gpd
import pytest
import requests

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.cli.outputs.finding import outputs_at
from fused_spec.cli.outputs.looking import heads
from fused_spec.configuration.settings import Credentials
from fused_spec.engine.jobs import ingesting
from fused_spec.engine.outputs.facts import told
from fused_spec.engine.outputs.model import Kind
from fused_spec.engine.outputs.writing.forms import Form
from fused_spec.engine.outputs.writing.saving import save_each
from tests.acceptance.command import Shell
from tests.acceptance.served import serving
from tests.buckets import serve_s3
from tests.unit.engine.building import grid, saved
from tests.unit.engine.cluster import cluster
from tests.unit.engine.running import job_folder, log, run
from tests.waiting import PATIENCE, until

pytestmark = [
    pytest.mark.xdist_group("buckets"),
    # What these libraries do with their sockets, and say of each other, is their own.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

_AWS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
_SECRET = {"SERVICE_TOKEN": "not for jobs"}

ROWS_IN_TABLE = """\
import fused
@fused.udf
def udf(number):
    import os
    import geopandas as gpd
    assert "SERVICE_TOKEN" not in os.environ
    chunks = fused.get_chunks_metadata("fd://tables/squares")
    ids = zip(chunks.file_id, chunks.chunk_id)
    rows = sum(len(fused.get_chunk_from_table("fd://tables/squares", *one)) for one in ids)
    with __import__("fsspec").open(f"fd://notes/{number}.txt", "w") as stream:
        stream.write("seen")
    return [number, rows, len(gpd.read_parquet("fd://uploads/squares.parquet"))]
"""


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """An empty bucket, and a view of what is in it."""

    scheme: str
    name: str
    env: dict[str, str]
    files: Any

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}/team"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A service whose storage is a bucket."""

    url: str
    token: str

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = requests.request(method, f"{self.url}{path}", headers=headers, timeout=PATIENCE, **options)
        response.raise_for_status()
        return response

    def done(self, *steps: dict[str, Any]) -> str:
        """Run a job to its good end, and return its id."""
        job_id, status, log = self._run(*steps)
        assert status == "Done", log
        return job_id

    def ended(self, *steps: dict[str, Any]) -> tuple[str, str]:
        """How a job ends, and its log."""
        return self._run(*steps)[1:]

    def _run(self, *steps: dict[str, Any]) -> tuple[str, str, str]:
        job_id: str = self.ask("POST", "/run", json={"config": {"steps": list(steps)}}).json()["job_id"]
        until(lambda: self._status(job_id)["terminal_status"], "the job ends")
        return job_id, self._status(job_id)["job_status"], self.ask("GET", f"/logs/{job_id}").text

    def _status(self, job_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self.ask("GET", f"/run/by-id/{job_id}").json()
        return status

    def results(self, job_id: str) -> list[Any]:
        named = self.ask("GET", f"/run/by-id/{job_id}/results").json()
        urls = [one["url"] for one in named if not one["name"].endswith(".metadata")]
        return [requests.get(url, timeout=PATIENCE).json() for url in urls]


@contextmanager
def amazon() -> Iterator[dict[str, str]]:
    """A server of S3, by the variables that lead to it."""
    server = serve_s3()
    yield {**_AWS, "AWS_ENDPOINT_URL": server.url}
    server.stop()


@contextmanager
def google() -> Iterator[dict[str, str]]:
    """A server of Google's storage, by the variables that lead to it."""
    from gcp_storage_emulator.server import create_server

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = create_server("127.0.0.1", port, in_memory=True)
    server.start()
    # What kind a bucket is would be asked of Google, by way of credentials that are looked for in the network.
    yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}", "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
    server.stop()


KINDS = [pytest.param(("s3", amazon), id="s3"), pytest.param(("gs", google), id="gs")]


@pytest.fixture(scope="module", params=[KINDS[0], pytest.param(("gs", google), id="gs", marks=pytest.mark.thorough)])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, str]]]:
    """A scheme, and the environment in which its library finds the server."""
    scheme, started = request.param
    with started() as env:
        yield scheme, env


@pytest.fixture
def bucket(
    server: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Bucket:
    scheme, env = server
    for name, value in {**_SECRET, **env}.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(
        scheme=scheme,
        name=f"bucket-{abs(hash(request.node.name))}",
        env=env,
        files=fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False),
    )
    bucket.files.mkdir(bucket.name)
    return bucket


@contextmanager
def served(folder: Path, bucket: Bucket, *arguments: str) -> Iterator[Served]:
    shell = Shell(folder=folder, home=folder)
    with serving(shell, "--storage", bucket.url, *arguments, **_SECRET, **bucket.env) as service:
        yield Served(url=service.url, token=service.token)


@pytest.fixture
def service(tmp_path: Path, bucket: Bucket) -> Iterator[Served]:
    with served(tmp_path, bucket) as one:
        yield one


def squares() -> bytes:
    buffer = io.BytesIO()
    grid().to_parquet(buffer)
    return buffer.getvalue()


INGEST = {
    "type": "partition_geospatial",
    "input": "fd://uploads/squares.parquet",
    "output": "fd://tables/squares",
    "partitioning_method": "rows",
    "partitioning_split_method": "mean",
    "partitioning_maximum_per_file": 40,
}


def udf(code: str, **fields: Any) -> dict[str, Any]:
    return {"type": "udf", "udf": {"name": "rows", "entrypoint": "udf", "code": code}, **fields}


def test_a_table_in_a_bucket_is_looked_into_where_it_lies(service: Served, tmp_path: Path) -> None:
    service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=squares())
    service.done(INGEST)
    api = FusedAPI.over(Transport(service.url, Credentials(access_token=service.token)))
    [table] = outputs_at(api, "fd://tables/squares")
    [found] = told([table])
    assert (found.facts.kind, found.facts.rows, found.facts.problem) == (Kind.TABLE, 100, None)
    assert [len(rows.records or ()) for rows in heads([found], 7)] == [7]
    [file] = save_each([found], tmp_path / "out", Form.GEOPACKAGE, lambda _: None)
    assert len(gpd.read_file(file)) == 100


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_upload_ingestion_and_results_go_through_the_bucket(service: Served, bucket: Bucket) -> None:
    content = squares()
    service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=content)
    assert bucket.files.cat_file(f"{bucket.name}/team/uploads/squares.parquet") == content

    job_id = service.done(INGEST, udf(ROWS_IN_TABLE, input=[1, 2]))
    assert service.results(job_id) == [[1, 100, 100], [2, 100, 100]]
    assert bucket.files.cat_file(f"{bucket.name}/team/notes/2.txt") == b"seen"

    names = [path.rpartition("/")[2] for path in bucket.files.find(f"{bucket.name}/team/tables/squares")]
    assert names == ["0.parquet", "1.parquet", "2.parquet", "3.parquet", "_sample"]
    files = [f"{bucket.name}/team/tables/squares/{name}" for name in names if name.endswith(".parquet")]
    assert sum(len(gpd.read_parquet(io.BytesIO(bucket.files.cat_file(file)))) for file in files) == 100


@pytest.mark.thorough
def test_an_ingestion_replaces_an_earlier_table_of_more_files(service: Served, bucket: Bucket) -> None:
    service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=squares())
    service.done(INGEST)
    service.done({**INGEST, "partitioning_maximum_per_file": 1000})
    names = [path.rpartition("/")[2] for path in bucket.files.find(f"{bucket.name}/team/tables/squares")]
    assert names == ["0.parquet", "_sample"]


def test_files_are_listed_read_signed_and_deleted(service: Served, bucket: Bucket) -> None:
    assert service.ask("GET", "/files/list", params={"path": "fd://"}).json() == []
    for name in ("a/one.txt", "a/two.txt", "b/three.txt"):
        service.ask("PUT", "/files/upload", params={"path": f"fd://{name}"}, data=name.encode())
    bucket.files.pipe_file(f"{bucket.name}/outside.txt", b"not ours")

    def listed(url: str) -> Any:
        return service.ask("GET", "/files/list", params={"path": url}).json()

    assert listed("fd://") == ["fd://a/", "fd://b/"]
    assert listed("fd://a/") == ["fd://a/one.txt", "fd://a/two.txt"]
    [entry] = service.ask("GET", "/files/list-details", params={"path": "fd://b/three.txt"}).json()
    assert (entry["file_name"], entry["size"], entry["is_directory"]) == ("three.txt", 11, False)
    signed = service.ask("GET", "/files/sign", params={"path": "fd://a/one.txt"}).json()
    assert requests.get(signed, timeout=PATIENCE).content == b"a/one.txt"
    assert service.ask("DELETE", "/files/delete", params={"path": "fd://a"}).json() is True
    assert listed("fd://") == ["fd://b/"]


@pytest.mark.thorough
@pytest.mark.parametrize("path", ["fd://../outside.txt", "fd://a/../../outside.txt"])
def test_no_path_leaves_the_prefix(service: Served, path: str) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        service.ask("GET", "/files/get", params={"path": path})


@pytest.mark.thorough
def test_a_cluster_and_a_bucket_work_together(tmp_path: Path, bucket: Bucket) -> None:
    with (
        cluster(tmp_path, workers=1) as dask,
        served(tmp_path, bucket, "--engine", f"dask={dask.address}") as service,
    ):
        service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=squares())
        job_id = service.done(INGEST, udf(ROWS_IN_TABLE, input=[1, 2]))
        assert service.results(job_id) == [[1, 100, 100], [2, 100, 100]]


@pytest.mark.thorough
def test_a_bucket_that_is_not_there_is_told_to_whoever_uploads_and_to_whoever_reads(
    tmp_path: Path, bucket: Bucket
) -> None:
    gone = replace(bucket, name=f"{bucket.name}-gone")
    with served(tmp_path, gone) as service:
        with pytest.raises(requests.HTTPError, match="502") as refused:
            service.ask("PUT", "/files/upload", params={"path": "fd://a.txt"}, data=b"x")
        assert f"the storage {gone.url} cannot be used: " in refused.value.response.json()["detail"]
        assert service.ask("GET", "/files/list", params={"path": "fd://"}).json() == []
        status, log = service.ended({**INGEST, "input": str(saved(grid(), tmp_path / "squares.parquet"))})
        assert status == "Failed"
        assert f"the storage {gone.url} cannot be used: " in log
        assert "Traceback" not in log


@pytest.mark.thorough
def test_a_cluster_spreads_an_ingestion_by_way_of_the_bucket(
    tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "LOT_BYTES", 1)
    names = ("a.parquet", "b.parquet", "c.gpkg")
    step = {**INGEST, "input": "fd://uploads", "output_metadata": "fd://tables/measures"}
    (tmp_path / "alone" / "storage" / "uploads").mkdir(parents=True)
    for number, name in enumerate(names):
        path = tmp_path / "alone" / "storage" / "uploads" / name
        frame = grid(width=number + 5)
        frame.to_parquet(path, row_group_size=9) if path.suffix == ".parquet" else frame.to_file(path)
        bucket.files.put_file(str(path), f"{bucket.name}/team/uploads/{name}")
    assert run(job_folder(tmp_path / "alone", step))

    with cluster(tmp_path, workers=2) as dask:
        for _ in range(2):  # the second table takes the place of the first
            shutil.rmtree(tmp_path / "job", ignore_errors=True)
            job = job_folder(tmp_path, step, storage=bucket.url, engine=dask.address)
            assert run(job), "\n".join(log(job))

    alone = tmp_path / "alone" / "storage"
    expected = {str(path.relative_to(alone)): path.read_bytes() for path in alone.rglob("*") if path.is_file()}
    root = f"{bucket.name}/team/"
    found = {path.removeprefix(root): bucket.files.cat_file(path) for path in bucket.files.find(root)}
    assert found == expected
