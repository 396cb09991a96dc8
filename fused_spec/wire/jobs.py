"""Runs, the job history and results."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictStr

from fused_spec.wire.base import Told, WireModel
from fused_spec.wire.config import JobConfig

# Times without a zone are in UTC.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment if moment.tzinfo else moment.replace(tzinfo=UTC))]

# A count that is missing or cannot be read is shown as none, and loses no run.
Count = Annotated[
    int, BeforeValidator(lambda told: told if isinstance(told, int) and not isinstance(told, bool) else 0)
]


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
    job_name: Told[StrictStr] = None
    instance_id: Told[StrictStr] = None
    instance_type: Told[StrictStr] = None
    status: StrictStr
    terminal_status: StrictBool
    last_heartbeat: Told[Moment] = None
    job_status: StrictStr | None = None
    job_status_date: Told[Moment] = None
    finished_job_status: StrictBool | None = None
    total_tasks: Count = 0
    finished_tasks: Count = 0

    @property
    def finished(self) -> bool:
        """Whether the run is over: by the work where that is told, by the machine where not."""
        return self.terminal_status if self.finished_job_status is None else self.finished_job_status

    @property
    def machine_is_gone(self) -> bool:
        """Whether the machine is gone while the work is said to go on: the record may only be late, or never come."""
        return self.terminal_status and not self.finished


class JobResponse(WireModel):
    """One line of the job history, as GET `/job/self` lists it, newest first."""

    id: StrictStr
    user_id: Told[StrictStr] = None
    creation_date: Moment
    job_status: StrictStr | None = None
    job_status_date: Told[Moment] = None
    instance_id: Told[StrictStr] = None
    instance_type: Told[StrictStr] = None
    execution_environment_id: Told[StrictStr] = None


class RunResult(WireModel):
    """One stored result: result `k` belongs to input element `k`."""

    name: str
    url: str = Field(repr=False)  # signed: whoever has it can read the result


def job_name_of(config: dict[str, Any]) -> str | None:
    """The name a server gives a job: the config's, else the first named step's."""
    steps = config.get("steps") or []
    return config.get("name") or next((step.get("name") for step in steps if step.get("name")), None)
