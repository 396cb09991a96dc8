"""The history of runs, kept in SQLite."""

import hashlib
import json
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.jobs.folder import now_ms
from fused_spec.service.state.times import at
from fused_spec.wire import JobConfig, UdfStep
from fused_spec.wire.jobs import job_name_of

PENDING, RUNNING, TERMINATED = "pending", "running", "terminated"
DONE, FAILED, CANCELED = "Done", "Failed", "Canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: `status` is the worker's state, `job_status` the work's, in the protocol's words.

    Times are milliseconds since the epoch.
    """

    job_id: str
    job_name: str
    config: str
    env: Mapping[str, str]
    created: int
    changed: int
    nonce: str | None = None
    instance_type: str | None = None
    region: str | None = None
    disk_size_gb: int | None = None
    image_name: str | None = None
    output_format: str | None = None
    tile: str | None = None
    listed: bool = True
    status: str = PENDING
    job_status: str = "Pending"
    total_tasks: int = 0
    finished_tasks: int = 0
    cancel_requested: bool = False
    pid: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the work is over."""
        return self.job_status in (DONE, FAILED, CANCELED)

    @property
    def terminated(self) -> bool:
        return self.status == TERMINATED

    @property
    def result_count(self) -> int:
        """How many results a job has when all goes well: those of its last step, of an ingestion none."""
        last = json.loads(self.config)["steps"][-1]
        return UdfStep.model_validate(last).task_count if last["type"] == "udf" else 0

    def as_run_response(self) -> dict[str, Any]:
        """What GET `/run/by-id/{id}` answers: the fields of every generation of the client."""
        return {
            "job_id": self.job_id,
            "job_name": self.job_name,
            "instance_id": self._instance_id,
            "instance_type": self.instance_type,
            "status": self.status,
            "terminal_status": self.terminated,
            "last_heartbeat": at(self.changed),
            "job_status": self.job_status,
            "job_status_date": at(self.changed),
            "finished_job_status": self.finished,
            "total_tasks": self.total_tasks,
            "finished_tasks": self.finished_tasks,
        }

    def as_job_response(self, user_id: str, environment_id: str) -> dict[str, Any]:
        """One line of the history."""
        return {
            "id": self.job_id,
            "user_id": user_id,
            "creation_date": at(self.created),
            "job_status": self.job_status,
            "job_status_date": at(self.changed),
            "instance_id": self._instance_id,
            "instance_type": self.instance_type,
            "execution_environment_id": environment_id,
        }

    @property
    def _instance_id(self) -> str | None:
        return f"local-{self.pid}" if self.pid else None


class Runs:
    """Adds, finds and changes runs; each call is one durable statement."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, run: Run) -> Run:
        """Keep a new run; when its attempt was seen before, the run of that attempt instead."""
        names = ", ".join(_COLUMNS)
        values = ", ".join(f":{name}" for name in _COLUMNS)
        self._database.execute(
            f"INSERT INTO runs ({names}) VALUES ({values}) ON CONFLICT (nonce) DO NOTHING",  # noqa: S608  # our names
            _row(run),
        )
        return self.get(run.job_id) or self._one("SELECT * FROM runs WHERE nonce = ?", run.nonce) or run

    def get(self, job_id: str) -> Run | None:
        return self._one("SELECT * FROM runs WHERE job_id = ?", job_id)

    def equal(self, run: Run, since_ms: int) -> list[Run]:
        """The jobs that are done and asked for the same, newest first, of those that began at this moment or later."""
        same = " AND ".join(f"{name} IS :{name}" for name in _ASKED)
        query = (
            f"SELECT * FROM runs WHERE created >= :since AND {same} AND listed AND nonce IS NULL "  # noqa: S608
            "AND job_status = 'Done' ORDER BY number DESC"
        )
        return [_run(row) for row in self._database.execute(query, {**_row(run), "since": since_ms})]

    def newest(self, skip: int, limit: int) -> list[Run]:
        """The jobs of the history, newest first."""
        query = "SELECT * FROM runs WHERE listed ORDER BY number DESC LIMIT ? OFFSET ?"
        return [_run(row) for row in self._database.execute(query, (limit, skip))]

    def unfinished(self) -> list[Run]:
        """What is not terminated, oldest first."""
        query = "SELECT * FROM runs WHERE status <> 'terminated' ORDER BY number"
        return [_run(row) for row in self._database.execute(query)]

    def change(self, run: Run, **fields: Any) -> Run:
        """Record new values of some fields, and return the run with them."""
        assignments = ", ".join(f"{name} = :{name}" for name in fields)
        self._database.execute(
            f"UPDATE runs SET {assignments} WHERE job_id = :job_id",  # noqa: S608  # the names are our fields
            {**fields, "job_id": run.job_id},
        )
        return replace(run, **fields)

    def advance(self, run: Run, *, finished: int, total: int) -> Run:
        """Record how far a run is, which never goes back: its code may have told more than its worker knows yet."""
        self._database.execute(
            "UPDATE runs SET finished_tasks = max(finished_tasks, ?), total_tasks = ? WHERE job_id = ?",
            (finished, total, run.job_id),
        )
        return self.get(run.job_id) or run

    def increment(self, run: Run, amount: int) -> Run:
        """Record that so many more tasks are done, at most all of them."""
        self._database.execute(
            "UPDATE runs SET finished_tasks = min(total_tasks, finished_tasks + ?) WHERE job_id = ?",
            (amount, run.job_id),
        )
        return self.get(run.job_id) or run

    def remove(self, run: Run) -> None:
        self._database.execute("DELETE FROM runs WHERE job_id = ?", (run.job_id,))

    def _one(self, query: str, value: object) -> Run | None:
        row = self._database.execute(query, (value,)).fetchone()
        return _run(row) if row else None


_COLUMNS = tuple(Run.__dataclass_fields__)
_FLAGS = ("listed", "cancel_requested")
_ASKED = ("config", "env", "image_name", "instance_type", "region", "disk_size_gb")


def _row(run: Run) -> dict[str, Any]:
    return {**{name: getattr(run, name) for name in _COLUMNS}, "env": json.dumps(dict(run.env))}


def _run(row: sqlite3.Row) -> Run:
    fields = {name: row[name] for name in _COLUMNS}
    fields.update({name: bool(row[name]) for name in _FLAGS}, env=json.loads(row["env"]))
    return Run(**fields)


def new_run(
    config: JobConfig, *, name: str | None = None, env: Mapping[str, str] | None = None, **settings: Any
) -> Run:
    """A run that begins now, under the name given or that of its config; `settings` are start_job's own."""
    now = now_ms()
    return Run(
        job_id=str(uuid.uuid4()),
        job_name=name or _name(config),
        nonce=_nonce(config),
        config=config.model_dump_json(),
        env=env or {},
        created=now,
        changed=now,
        total_tasks=sum(step.task_count for step in config.steps),
        **settings,
    )


def _name(config: JobConfig) -> str:
    """The job's own name, else one made up from what it does."""
    if name := job_name_of(config.model_dump(include={"name": True, "steps": {"__all__": {"name"}}})):
        return name
    first = config.steps[0]
    what = (first.udf.name or first.udf.entrypoint) if isinstance(first, UdfStep) else first.type
    return f"{what}-{secrets.token_hex(2)}"


def _nonce(config: JobConfig) -> str | None:
    """The attempt that a config tells, and what it asked for; configs of other clients tell none.

    A config that somebody read back, changed and started again carries the mark of another attempt.
    """
    attempt = attempt_of(config)
    if attempt is None:
        return None
    asked = hashlib.sha256(config.model_dump_json(exclude={"name", "metadata"}).encode()).hexdigest()
    return f"{_marker(config).get('scope')}/{attempt}/{asked}"


def attempt_of(config: JobConfig) -> str | None:
    """The nonce that fused-spec wrote into the config's metadata; other clients write none."""
    nonce = _marker(config).get("nonce")
    return nonce if isinstance(nonce, str) else None


def _marker(config: JobConfig) -> Mapping[str, Any]:
    marker = (config.metadata or {}).get("fused-spec")
    return marker if isinstance(marker, dict) else {}
