"""What was learned of a history when it was last read whole, so that it need be read again only down to there.

Of runs that are over nothing changes any more, but that a service forgets them; so of all that is older than some time
only the project's own runs are remembered. The argument for it is in docs/reliability.md.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fused_spec.reconcile.marking.marker import FIELD, VERSION, Marker, marker_in

if TYPE_CHECKING:
    from fused_spec.api.values.objects import JobResponse

_VERSIONS = [3, VERSION]
"""Of this form, and of markers: another version may see the mark of the project where this one sees none."""


class MarkedRun(Struct, frozen=True, kw_only=True):
    """A run of the project: its line of the history, its marker, and how many lines stood above it."""

    line: "JobResponse"
    marker: Marker
    place: int


class Known(Struct, frozen=True, kw_only=True):
    """The older part of a history: `runs` are the project's in it, and every one of them is over.

    `newest` are the ids of its newest lines, in their order, of which the first was created at `top`: a later reading
    that meets them has met what is known. The places of `runs` count from the first of them. `listed` are ids of
    archived runs that were listed there. Every config was looked at of what was created after `down_to`; without that,
    every one there is.
    """

    top: datetime
    newest: tuple[str, ...]
    runs: tuple[MarkedRun, ...] = ()
    listed: frozenset[str] = frozenset()
    down_to: datetime | None = None

    def reaches(self, moment: datetime | None) -> bool:
        """Whether every config was looked at that was created since then, or since ever."""
        return self.down_to is None or (moment is not None and moment > self.down_to)

    def to_json(self) -> dict[str, Any]:
        return {
            "v": _VERSIONS,
            "top": self.top.isoformat(),
            "newest": self.newest,
            "runs": [
                {"line": run.line.model_dump(mode="json"), "marker": run.marker.to_metadata(), "place": run.place}
                for run in self.runs
            ],
            "listed": sorted(self.listed),
            "down_to": self.down_to.isoformat() if self.down_to else None,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Known":
        """Read one back; ValueError, KeyError or TypeError for anything else."""
        if content["v"] != _VERSIONS:
            raise ValueError(f"versions {content['v']}")
        return cls(
            top=datetime.fromisoformat(content["top"]),
            newest=tuple(content["newest"]),
            runs=tuple(map(_run, content["runs"])),
            listed=frozenset(content["listed"]),
            down_to=datetime.fromisoformat(content["down_to"]) if content["down_to"] else None,
        )


def _run(content: Mapping[str, Any]) -> MarkedRun:
    from fused_spec.api.values.objects import JobResponse

    marker = marker_in({FIELD: content["marker"]})
    if marker is None:
        raise ValueError("no marker")
    return MarkedRun(line=JobResponse.model_validate(content["line"]), marker=marker, place=int(content["place"]))


class Memory(Struct, kw_only=True):
    """Keeps what is known of a project's history at one service: in a file, or without one for as long as this lives.

    A run comes to be listed at most `late` seconds after it was created, whatever came in between. Whatever cannot be
    read, or written, is only read again.
    """

    late: float
    file: Path | None = None
    _known: Known | None = None

    def known(self) -> Known | None:
        if self.file is None:
            return self._known
        try:
            return Known.from_json(json.loads(self.file.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def learn(self, known: Known) -> None:
        """Keep it instead of what was known before."""
        if self.file is None:
            self._known = known
            return
        with contextlib.suppress(OSError):
            replace_file(self.file, json.dumps(known.to_json()).encode())

    def before(self, began: datetime) -> datetime:
        """All older than this is in a reading that began then, if it is in any: nothing so old comes any more."""
        return began - timedelta(seconds=self.late)


def newest_of_each(runs: Iterable[MarkedRun], most: int) -> tuple[MarkedRun, ...]:
    """Of each job so many runs, and its newest success, where `runs` come newest first."""
    count: dict[str, int] = {}
    succeeded: set[str] = set()
    kept = []
    for run in runs:
        name = str(run.marker.key)
        count[name] = count.get(name, 0) + 1
        is_success = run.line.job_status == "Done" and name not in succeeded
        if is_success:
            succeeded.add(name)
        if is_success or count[name] <= most:
            kept.append(run)
    return tuple(kept)


def replace_file(file: Path, content: bytes) -> None:
    """Write a file that is for its user alone; whoever reads meanwhile sees all of the former, or of this one."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
