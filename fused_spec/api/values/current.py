"""What objects ask of their client, and the client of those that came from none."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fused_spec import wire
from fused_spec.api.errors import NoCredentials
from fused_spec.api.http.ranges import RemoteContent

if TYPE_CHECKING:
    from fused_spec.api.values.objects import Jobs, RunResponse
    from fused_spec.api.values.results import JobResult


class Reader(Protocol):
    """What these objects ask of their client."""

    def job_page(self, job: str, /) -> str: ...

    def get_jobs(self, n: int | None, *, skip: int, per_request: int, max_requests: int | None) -> "Jobs": ...

    def get_status(self, job: str, /) -> "RunResponse": ...

    def get_job_config(self, job: str, /) -> wire.JobConfig: ...

    def get_logs(self, job: str, since_ms: int | None, /) -> list[wire.LogLine]: ...

    def tail_logs(
        self, job: str, refresh_seconds: float, sample_logs: bool, timeout: float | None, retries: int, /
    ) -> None: ...

    def wait_for_job(self, job: str, poll_interval_seconds: float, timeout: float | None, /) -> "RunResponse": ...

    def get_job_results(self, job: str, /) -> "list[JobResult]": ...

    def _fetch_result(self, url: str, /) -> bytes: ...

    def open_result(self, result: "JobResult", /) -> RemoteContent: ...

    def save_job_tasks(self, job: str, file: Path, /) -> bool: ...

    def _fetch_result_metadata(self, url: str, /) -> dict[str, Any]: ...


class Client(Reader, Protocol):
    """The same of one that may also change things."""

    def cancel_job(self, job: str, /) -> "RunResponse": ...


_current: Client | None = None


def set_current(api: Client) -> None:
    """Make this the client of objects that came from none, such as `RunResponse.from_job_id`."""
    global _current
    _current = api


def current_client() -> Client:
    if _current is None:
        raise NoCredentials("this object belongs to no client", hint="make one first: api = FusedAPI()")
    return _current
