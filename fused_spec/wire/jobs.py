"""Runs, the job history, logs and results."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictBool, StrictStr

from fused_spec.wire.base import WireModel
from fused_spec.wire.config import JobConfig

# Times without a zone are in UTC.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment if moment.tzinfo else moment.replace(tzinfo=UTC))]


class RunRequest(WireModel):
    """The body of POST `/run`; region, instance type and disk travel in the query."""

    config: JobConfig
    additional_env: list[str] | None = None
    image_name: str | None = None
    send_status_email: bool | None = None
    cache_max_age: int | None = None


class ProgressIncrement(WireModel):
    """The body of POST `/run/by-id/{id}/increment-progress`."""

    amount: int = Field(ge=0, le=2**53)


class RunResponse(WireModel):
    """One run: `status` is the machine's state, `job_status` the work's; 1.x answers lack the latter."""

    job_id: StrictStr
    job_name: StrictStr | None = None
    instance_id: StrictStr | None = None
    instance_type: StrictStr | None = None
    status: StrictStr
    terminal_status: StrictBool
    last_heartbeat: Moment | None = None
    job_status: StrictStr | None = None
    job_status_date: Moment | None = None
    finished_job_status: StrictBool | None = None
    total_tasks: int = 0
    finished_tasks: int = 0

    @property
    def finished(self) -> bool:
        """Whether the run is over: by the work where that is told, by the machine where not."""
        return self.terminal_status if self.finished_job_status is None else self.finished_job_status


class JobResponse(WireModel):
    """One line of the job history, as GET `/job/self` lists it, newest first."""

    id: StrictStr
    user_id: StrictStr | None = None
    creation_date: Moment
    job_status: StrictStr | None = None
    job_status_date: Moment | None = None
    instance_id: StrictStr | None = None
    instance_type: StrictStr | None = None
    execution_environment_id: StrictStr | None = None


class LogLine(WireModel):
    """One record of a job's log; `timestamp` is whole milliseconds since the epoch."""

    timestamp: int
    message: str = ""


class RunResult(WireModel):
    """One stored result: result `k` belongs to input element `k`."""

    name: str
    url: str = Field(repr=False)  # signed: whoever has it can read the result


def job_name_of(config: dict[str, Any]) -> str | None:
    """The name a server gives a job: the config's, else the first named step's."""
    steps = config.get("steps") or []
    return config.get("name") or next((step.get("name") for step in steps if step.get("name")), None)
