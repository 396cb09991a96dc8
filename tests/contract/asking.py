"""The service in memory, asked over its routes, with something behind each kind of id."""

import json
from typing import Any
from urllib.parse import urlencode

import requests

from tests.asgi import AsgiAdapter
from tests.waiting import until

TOKEN = "contract-token-0123456789"
BASE = "http://127.0.0.1:8000/server/v1"
CODE = "@fused.udf\ndef udf(n: int = 1):\n    return n\n"
UDF: dict[str, Any] = {"name": "points", "entrypoint": "udf", "code": CODE, "parameters": {"n": 1}}
STEP: dict[str, Any] = {"type": "udf", "udf": UDF, "input": [{"n": 1}]}
INGESTION = {"type": "partition_geospatial", "input": "fd://a", "partitioning_method": "rows", "output": "fd://b/"}
EVERY = {"minute": [0], "hour": [3], "day_of_month": [1], "month": [1], "day_of_week": [0]}
BODIES: list[Any] = [
    {"config": {"name": "a", "steps": [STEP], "metadata": {"fused-spec": {"nonce": "x"}}}, "additional_env": ["A=1"]},
    {"config": {"steps": [{**INGESTION, "partitioning_split_method": "mean"}]}, "image_name": None},
    {"slug": "points", "udf_body": json.dumps(UDF), "allow_public_read": True},
    {"udf_slug": "points", "metadata_json": {"a": 1}, "enabled": True, "client_id": None},
    {"name": "nightly", "udf": "UDF_ID", "udf_args": {"n": 2}, **EVERY},
    {"step_config": json.dumps(STEP), "format": "json", "profile": False},
    {"value": "hunter2"},
    {"amount": 3},
    {"item": "a/b"},
    {"name": "maps", "access_scope": "team", "allow_public_read": None, "dashboard_body": "{}"},
]


def as_json(content: Any) -> bytes:
    return json.dumps(content).encode()


class Service:
    """The app in memory, with something behind each kind of id."""

    def __init__(self, adapter: AsgiAdapter) -> None:
        self.adapter = adapter
        saved = self.ask("POST", "/udf/new", body=as_json(BODIES[2])).json()
        token = self.ask("POST", "/udf-access-token/new", body=as_json({"udf_id": saved["id"]})).json()
        run = self.ask("POST", "/run", body=as_json(BODIES[0])).json()
        job = {**BODIES[4], "udf": saved["id"]}
        schedule = self.ask("POST", "/cronjob/create", body=as_json(job)).json()
        self.ask("PUT", "/files/upload", query={"path": "fd://a/b.txt"}, body=b"content")
        self.known = {
            "udf_id": saved["id"],
            "job_id": run["job_id"],
            "token": token["token"],
            "schedule_id": schedule["id"],
            "slug": "points",
            "user": "local@fused-spec.invalid",
            "client_id": "local",
            "collection": "default",
            "collection_id": "default",
            "z": "1",
            "x": "0",
            "y": "1",
            "name": "0.parquet",
            "path": "a/b.txt",
            "key": "DB",
            "call_id": "c",
        }

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """One request; `path` is quoted already."""
        request = requests.PreparedRequest()
        request.method = method
        request.url = BASE + path + (f"?{urlencode(query)}" if query else "")
        request.headers = requests.structures.CaseInsensitiveDict(
            {"Authorization": f"Bearer {TOKEN}", "Content-Length": str(len(body)), **(headers or {})}
        )
        request.body = body
        return self.adapter.send(request)


def status_of(service: Service, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = service.ask("GET", f"/run/by-id/{job_id}").json()
    return found


def end_of(service: Service, job_id: str) -> dict[str, Any]:
    """The status of a job once it is over."""
    until(lambda: status_of(service, job_id)["terminal_status"], f"job {job_id} ends")
    return status_of(service, job_id)
