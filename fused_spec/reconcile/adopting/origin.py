"""A start as it is known without a spec: what a service tells of a run, or what a recording heard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fused_spec.errors import FusedSpecError
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.history.statuses import record_of, status_of, status_of_run
from fused_spec.reconcile.marking.marker import Marker, marker_in

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.wire import JobConfig

SETTINGS = ("instance_type", "region", "disk_size_gb", "image_name")
_NEVER_TOLD = ("region", "disk_size_gb", "image_name", "env")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One start: its config, and start_job's keywords as far as they are known.

    `env` is None where nobody tells it. `unread` are the fields of a spec of which nothing could be read. `run` is the
    id of what was started; a recording has none. `name` is what whoever started it called it.
    """

    config: "JobConfig"
    settings: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] | None = None
    unread: tuple[str, ...] = ()
    name: str | None = None
    run: str | None = None
    status: RunStatus | None = None
    created: datetime | None = None
    ended: datetime | None = None
    marker: Marker | None = None

    @property
    def shown(self) -> str:
        """The start as a message names it."""
        return self.run or self.name or "a recorded start"


def read_origin(api: "FusedReader", job_id: str, line: "JobResponse | None" = None) -> Origin:
    """What the service tells of a run, `line` being the one of its listing where that was read.

    Of a run of a part of its job's elements the config is that of all. Raises `FusedSpecError` for a run that it does
    not know, and the client's errors.
    """
    record = record_of(api, job_id)
    if record is None and line is None:
        raise FusedSpecError(f"the service knows no run {job_id}", hint="`fused-spec jobs` lists runs")
    config = api.get_job_config(job_id)
    marker = marker_in(config.metadata)
    if line is not None:
        status, created, ended = status_of(api, line), line.creation_date, line.job_status_date
    else:
        assert record is not None
        status, created, ended = status_of_run(record, api.server_time), None, record.job_status_date
    told = (record and record.instance_type) or (line and line.instance_type) or None
    common: dict[str, Any] = {"run": job_id, "status": status, "created": created}
    common["ended"] = None if status.in_flight else ended
    if marker is None:
        settings = {"instance_type": told} if told else {}
        return Origin(config=config, settings=settings, unread=_NEVER_TOLD, name=config.name, **common)
    config = _of_all_elements(api, config, marker)
    kept = marker.settings
    env = kept.get("additional_env")
    return Origin(
        config=config,
        settings={name: kept[name] for name in SETTINGS if name in kept},
        env={str(name): str(value) for name, value in env.items()} if isinstance(env, Mapping) else {},
        name=marker.key.name,
        marker=marker,
        **common,
    )


def _of_all_elements(api: "FusedReader", config: "JobConfig", marker: Marker) -> "JobConfig":
    """The config of the run that was for all elements, before those that were for what had no result."""
    met: set[str] = set()
    last: Marker | None = marker
    while last is not None and last.part is not None and last.part.after not in met:
        met.add(last.part.after)
        config = api.get_job_config(last.part.after)
        last = marker_in(config.metadata)
    return config
