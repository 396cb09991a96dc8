"""The record kept of a finished run: enough to know, years later, what ran and how it ended."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, convert, field, to_builtins

from fused_spec.configuration.service_identity import ServiceIdentity, is_service_id
from fused_spec.jobs.parts import Part, Stretches, part_in, part_to_json
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.model import ReadRun
from fused_spec.reconcile.marking.reads import reads_in, reads_to_json
from fused_spec.reconcile.store.formats import check_version
from fused_spec.spec.model import Key, Kind

VERSION = 1


class Receipt(Struct, frozen=True, kw_only=True):
    """One run's record; times are in UTC, `log_sha256` is that of the compressed log beside it.

    `service` names the one where it ran (`ServiceIdentity.name`); receipts of earlier versions have only its URL.
    `log_missing` says in words what that log lacks; `log_index_sha256` is of the index of a long one. A cell of a
    matrix has the name of its `group`, and its `cell` by dimension. `tasks` is None where nobody told them. `part` are
    the elements that the run was started for, where it was not all; `done` those that it made a result of, where that
    is told and is not all of a success.
    """

    scope: str
    key: Key
    digest: str
    job_id: str
    attempt: int
    tries: int
    status: RunStatus
    created: datetime
    ended: datetime | None
    archived: datetime
    base_url: str
    log_lines: int
    log_sha256: str
    log_missing: str | None = None
    log_index_sha256: str | None = None
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    service: str | None = None
    group: str | None = None
    cell: Mapping[str, str] = field(default_factory=dict)
    tasks: TaskCounts | None = None
    part: Part | None = None
    done: Stretches | None = None

    @property
    def is_adopted(self) -> bool:
        """Whether a person took it for done, under a version that did not tell at which service."""
        return self.service is None and not self.base_url

    @property
    def where(self) -> str:
        """Where it ran, for people."""
        place = self.base_url or "a service that had forgotten it"
        return f"{place} (service {self.service[:8]})" if self.service and is_service_id(self.service) else place

    def ran_at(self, service: ServiceIdentity) -> bool:
        """Whether it tells of a run at this service."""
        return self.service == service.name or service.is_at(self.service or self.base_url)

    def to_json(self) -> str:
        return json.dumps(
            {
                "version": VERSION,
                "scope": self.scope,
                "kind": str(self.key.kind),
                "name": self.key.name,
                "digest": self.digest,
                "job_id": self.job_id,
                "attempt": self.attempt,
                "tries": self.tries,
                "status": str(self.status),
                "created": self.created.isoformat(),
                "ended": self.ended.isoformat() if self.ended else None,
                "archived": self.archived.isoformat(),
                "base_url": self.base_url,
                **reads_to_json(self.reads),
                "service": self.service,
                **({"group": self.group, "cell": dict(self.cell)} if self.group is not None else {}),
                **({"tasks": to_builtins(self.tasks)} if self.tasks is not None else {}),
                **part_to_json(self.part),
                **({"done": str(self.done)} if self.done is not None else {}),
                "log": {
                    "lines": self.log_lines,
                    "sha256": self.log_sha256,
                    "missing": self.log_missing,
                    **({"index": self.log_index_sha256} if self.log_index_sha256 is not None else {}),
                },
            },
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """Read a receipt; ValueError when this is none, `LaterFormat` for one of a later version."""
        content: dict[str, Any] = json.loads(text)
        try:
            check_version("a receipt", content["version"], VERSION)
            return cls(
                scope=content["scope"],
                key=Key(kind=Kind(content["kind"]), name=content["name"]),
                digest=content["digest"],
                job_id=content["job_id"],
                attempt=content["attempt"],
                tries=content.get("tries", 1),
                status=RunStatus(content["status"]),
                created=datetime.fromisoformat(content["created"]),
                ended=datetime.fromisoformat(content["ended"]) if content["ended"] else None,
                archived=datetime.fromisoformat(content["archived"]),
                base_url=content["base_url"],
                log_lines=content["log"]["lines"],
                log_sha256=content["log"]["sha256"],
                log_missing=content["log"].get("missing"),
                log_index_sha256=content["log"].get("index"),
                reads=reads_in(content),
                service=content.get("service"),
                group=content.get("group"),
                cell=dict(content.get("cell") or {}),
                tasks=convert(content["tasks"], TaskCounts) if content.get("tasks") else None,
                part=part_in(content),
                done=None if content.get("done") is None else Stretches.parse(content["done"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a receipt: {error!r}") from None
