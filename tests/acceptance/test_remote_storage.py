"""A service whose storage is a bucket: a real S3 server on loopback, real processes, from the upload to the results."""

import io
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import psutil
import pytest
import requests
import s3fs
from moto.server import ThreadedMotoServer

from fused_spec.service.launch import ensure_service
from tests.unit.engine.building import grid
from tests.unit.engine.cluster import cluster

pytestmark = [
    pytest.mark.xdist_group("s3"),
    # What these libraries do with their sockets, and say of each other, is their own.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

_PATIENCE = 120  # seconds, so that a test that hangs fails instead
_ENV = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SERVICE_TOKEN": "not for jobs",
}

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
class Served:
    """A service, and a view of its bucket."""

    url: str
    token: str
    bucket: s3fs.S3FileSystem

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        response = requests.request(method, f"{self.url}{path}", headers=headers, timeout=60, **options)
        response.raise_for_status()
        return response

    def done(self, *steps: dict[str, Any]) -> str:
        """Run a job to its end, and return its id."""
        job_id: str = self.ask("POST", "/run", json={"config": {"steps": list(steps)}}).json()["job_id"]
        deadline = time.monotonic() + _PATIENCE
        while (run := self.ask("GET", f"/run/by-id/{job_id}").json())["job_status"] not in ("Done", "Failed"):
            assert time.monotonic() < deadline, run
        log = self.ask("GET", f"/logs/{job_id}").text
        assert run["job_status"] == "Done", log
        return job_id

    def results(self, job_id: str) -> list[Any]:
        named = self.ask("GET", f"/run/by-id/{job_id}/results").json()
        urls = [one["url"] for one in named if not one["name"].endswith(".metadata")]
        return [requests.get(url, timeout=60).json() for url in urls]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    for name, value in {**_ENV, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{abs(hash(request.node.name))}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    return name


def served(state: Path, bucket: str, **options: Any) -> Iterator[Served]:
    address = ensure_service(state, storage=f"s3://{bucket}/team", **options)
    files = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    yield Served(url=address.url, token=address.token, bucket=files)
    os.kill(address.pid, signal.SIGTERM)
    psutil.wait_procs([psutil.Process(address.pid)] if psutil.pid_exists(address.pid) else [], timeout=20)


@pytest.fixture
def service(tmp_path: Path, bucket: str) -> Iterator[Served]:
    yield from served(tmp_path / "state", bucket)


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


def test_upload_ingestion_and_results_go_through_the_bucket(service: Served, bucket: str) -> None:
    content = squares()
    service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=content)
    assert service.bucket.cat_file(f"{bucket}/team/uploads/squares.parquet") == content

    job_id = service.done(INGEST, udf(ROWS_IN_TABLE, input=[1, 2]))
    assert service.results(job_id) == [[1, 100, 100], [2, 100, 100]]
    assert service.bucket.cat_file(f"{bucket}/team/notes/2.txt") == b"seen"

    names = [path.rpartition("/")[2] for path in service.bucket.find(f"{bucket}/team/tables/squares")]
    assert names == ["0.parquet", "1.parquet", "2.parquet", "3.parquet", "_sample"]
    files = [f"{bucket}/team/tables/squares/{name}" for name in names if name.endswith(".parquet")]
    assert sum(len(gpd.read_parquet(io.BytesIO(service.bucket.cat_file(file)))) for file in files) == 100


def test_an_ingestion_replaces_an_earlier_table_of_more_files(service: Served, bucket: str) -> None:
    service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=squares())
    service.done(INGEST)
    service.done({**INGEST, "partitioning_maximum_per_file": 1000})
    names = [path.rpartition("/")[2] for path in service.bucket.find(f"{bucket}/team/tables/squares")]
    assert names == ["0.parquet", "_sample"]


def test_files_are_listed_read_signed_and_deleted(service: Served, bucket: str) -> None:
    for name in ("a/one.txt", "a/two.txt", "b/three.txt"):
        service.ask("PUT", "/files/upload", params={"path": f"fd://{name}"}, data=name.encode())
    service.bucket.pipe_file(f"{bucket}/outside.txt", b"not ours")

    def listed(url: str) -> Any:
        return service.ask("GET", "/files/list", params={"path": url}).json()

    assert listed("fd://") == ["fd://a/", "fd://b/"]
    assert listed("fd://a/") == ["fd://a/one.txt", "fd://a/two.txt"]
    [entry] = service.ask("GET", "/files/list-details", params={"path": "fd://b/three.txt"}).json()
    assert (entry["file_name"], entry["size"], entry["is_directory"]) == ("three.txt", 11, False)
    signed = service.ask("GET", "/files/sign", params={"path": "fd://a/one.txt"}).json()
    assert requests.get(signed, timeout=60).content == b"a/one.txt"
    assert service.ask("DELETE", "/files/delete", params={"path": "fd://a"}).json() is True
    assert listed("fd://") == ["fd://b/"]


@pytest.mark.parametrize("path", ["fd://../outside.txt", "fd://a/../../outside.txt"])
def test_no_path_leaves_the_prefix(service: Served, path: str) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        service.ask("GET", "/files/get", params={"path": path})


def test_a_cluster_and_a_bucket_work_together(tmp_path: Path, bucket: str) -> None:
    with cluster(tmp_path, workers=1) as dask:
        for service in served(tmp_path / "state", bucket, engine=f"dask={dask.address}"):
            service.ask("PUT", "/files/upload", params={"path": "fd://uploads/squares.parquet"}, data=squares())
            job_id = service.done(INGEST, udf(ROWS_IN_TABLE, input=[1, 2]))
            assert service.results(job_id) == [[1, 100, 100], [2, 100, 100]]
