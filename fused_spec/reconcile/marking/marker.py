"""How a run, a saved UDF or a token tells which spec it came from.

The marker travels in the `metadata` of a job's config, which everyone in the team can read, and, without any
name, in the metadata of UDFs and tokens, which may be public. It is a hint from a foreign place: whatever is not
exactly right about it makes the run a foreign one, and never an error.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, ValidationError, convert, field

from fused_spec.jobs.carried import carried_in
from fused_spec.jobs.parts import Part, part_in, part_to_json
from fused_spec.plan.model import ReadRun
from fused_spec.reconcile.marking.reads import reads_in, reads_to_json
from fused_spec.spec.model import Key, Kind
from fused_spec.udfs.code_places import CodePlaces, places_to_json

FIELD = "fused-spec"
VERSION = 1


class Marker(Struct, frozen=True, kw_only=True):
    """The identity of one attempt; `settings` are start_job's keywords, sensitive values masked.

    `tries` counts the retries of one digest; `protect` travels too, so that it survives the removal of the spec.
    `reads` are the runs whose output the run reads, by the names of their jobs. `sent` is the service's time when the
    attempt was sent, as far as that was known: a run of much later only copied the mark. `part` are the elements that
    the run is for, where it is not all. `task_retries`, how often a task that failed is tried again, and `code_places`
    are for whoever runs the job; they are not read back.
    """

    scope: str
    key: Key
    digest: str
    attempt: int
    nonce: str
    tries: int = 1
    protect: bool = False
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    sent: datetime | None = None
    part: Part | None = None
    task_retries: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    code_places: CodePlaces = field(default_factory=dict)

    def to_metadata(self) -> dict[str, Any]:
        """The value that stands under `fused-spec` in the config's metadata."""
        return {
            "v": VERSION,
            "scope": self.scope,
            "kind": str(self.key.kind),
            "name": self.key.name,
            "digest": self.digest,
            "attempt": self.attempt,
            "tries": self.tries,
            "nonce": self.nonce,
            **({"protect": True} if self.protect else {}),
            **reads_to_json(self.reads),
            **({"sent": self.sent.isoformat()} if self.sent else {}),
            **part_to_json(self.part),
            **({"task_retries": self.task_retries} if self.task_retries else {}),
            "settings": dict(self.settings),
            **({"code": places_to_json(self.code_places)} if self.code_places else {}),
        }


class _Told(Struct, frozen=True, gc=False):
    """What has to be exactly right."""

    v: Literal[1]
    scope: str
    kind: Kind
    name: str
    digest: str
    attempt: int
    nonce: str


def marker_in(metadata: Mapping[str, Any] | None) -> Marker | None:
    """The marker in a config's metadata; None when there is none that this version understands."""
    marker: Any = (metadata or {}).get(FIELD)
    if marker is None:
        return None
    try:
        told = convert(marker, _Told)
        part = part_in(marker)
    except (ValidationError, ValueError):
        return None
    settings, tries = marker.get("settings"), marker.get("tries")
    return Marker(
        scope=told.scope,
        key=Key(kind=told.kind, name=told.name),
        digest=told.digest,
        attempt=told.attempt,
        tries=tries if isinstance(tries, int) else 1,
        nonce=told.nonce,
        protect=marker.get("protect") is True,
        reads=reads_in(marker),
        sent=_moment(marker.get("sent")),
        part=part,
        settings=settings if isinstance(settings, Mapping) else {},
    )


def _moment(told: Any) -> datetime | None:
    """A time with a zone; whatever else stands there is none."""
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def object_marker(scope: str, key: Key, *, protect: bool = False) -> dict[str, Any]:
    """The marker of a saved UDF or token: recognised by who knows scope and name, silent to everyone else."""
    marker = {"v": VERSION, "id": object_id(scope, key), "project": _opaque(scope)}
    return {**marker, "protect": True} if protect else marker


def object_id(scope: str, key: Key) -> str:
    """What stands for the key in a marker; it can be compared, and not read."""
    return _opaque(scope, str(key))


def is_marked(metadata: Mapping[str, Any] | None, scope: str, key: Key, *former: Key) -> bool:
    """Whether it is that of the key, or of a former one."""
    return object_field(metadata, "id") in {object_id(scope, one) for one in (key, *former)}


def is_of_project(metadata: Mapping[str, Any] | None, scope: str) -> bool:
    return bool(object_field(metadata, "project") == _opaque(scope))


def is_protected(metadata: Mapping[str, Any] | None) -> bool:
    return object_field(metadata, "protect") is True


def object_field(metadata: Mapping[str, Any] | None, name: str) -> Any:
    """One field of the marker of a saved UDF or token; None where there is none that this version understands."""
    marker = carried_in(metadata)
    return marker.get(name) if marker.get("v") == VERSION else None


def _opaque(*words: str) -> str:
    return hashlib.sha256("\n".join(("fused-spec", *words)).encode()).hexdigest()[:32]
