"""Schedules of saved UDFs, which the clients call cron jobs."""

from typing import Annotated, Any

from pydantic import Field

from fused_spec.wire.base import WireModel

Minute = Annotated[int, Field(ge=0, le=59)]
Hour = Annotated[int, Field(ge=0, le=23)]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]
Month = Annotated[int, Field(ge=1, le=12)]
DayOfWeek = Annotated[int, Field(ge=0, le=6)]


class CronJob(WireModel):
    """When a UDF runs, in UTC: at every moment that is in all five lists; day 0 of the week is Sunday."""

    id: str | None = None
    name: str
    description: str | None = None
    execution_environment_id: str | None = None
    enabled: bool = True
    minute: list[Minute] = Field(min_length=1)
    hour: list[Hour] = Field(min_length=1)
    day_of_month: list[DayOfMonth] = Field(min_length=1)
    month: list[Month] = Field(min_length=1)
    day_of_week: list[DayOfWeek] = Field(min_length=1)
    udf: str
    udf_args: dict[str, Any] | None = None
    last_run: str | None = None


class SecretValue(WireModel):
    """The body of a PUT of one secret."""

    value: str = Field(repr=False)
