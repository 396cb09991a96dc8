"""A job as a value."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from msgspec import UNSET, Struct, UnsetType

from fused_spec.spec.resources.said import Free, Resource
from fused_spec.spec.resources.steps import Step


class RunPolicy(Struct, kw_only=True):
    """When an apply starts a run of the job, and how long it waits for one."""

    when: str | UnsetType = UNSET
    on_failure: str | UnsetType = UNSET
    retries: int | str | UnsetType = UNSET
    on_retry: str | UnsetType | None = UNSET
    task_retries: int | str | UnsetType = UNSET
    on_change_while_running: str | UnsetType = UNSET
    upstream: str | UnsetType = UNSET
    failed_tasks: str | UnsetType = UNSET
    timeout: str | UnsetType | None = UNSET
    max_age: str | UnsetType | None = UNSET
    max_duration: str | UnsetType | None = UNSET
    max_cost: float | str | UnsetType | None = UNSET


class JobConfig(Struct, kw_only=True):
    """What the job does: steps that run one after another on one machine."""

    steps: Sequence[Step]
    name: str | UnsetType | None = UNSET
    metadata: Free | UnsetType | None = UNSET


class Job(Resource, kw_only=True):
    """A batch job: what runs, on which machine, and when it runs again.

        Job("areas", instance_type="m5.large", config=JobConfig(steps=[UdfStep(udf=UdfSource(file="area.py"))]))

    A part may be a value or a mapping, as YAML has it.
    """

    kind: ClassVar[str] = "Job"

    config: JobConfig | Free
    instance_type: str | UnsetType | None = UNSET
    region: str | UnsetType | None = UNSET
    disk_size_gb: int | str | UnsetType | None = UNSET
    env: Mapping[str, str] | UnsetType = UNSET
    image_name: str | UnsetType | None = UNSET
    send_status_email: bool | UnsetType | None = UNSET
    cache_max_age: int | str | UnsetType | None = UNSET
    needs: Sequence[str | Free] | UnsetType = UNSET
    output: str | Sequence[str] | UnsetType | None = UNSET
    run: RunPolicy | Free | UnsetType = UNSET
