"""What left the specs: jobs that ended, with the table that stays behind, and saved UDFs.

Each is told by every plan until an apply has told it, once for its newest run. What runs on, and tokens, are the
planner's: they can be pruned. Nothing here is asked for unless something left.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from fused_spec.api.errors import ApiError
from fused_spec.plan.ending import verb
from fused_spec.plan.model import History, Left, PastRun, Run
from fused_spec.reconcile.marking.marker import is_marked
from fused_spec.reconcile.store.store import Store
from fused_spec.spec.model import DEFAULT_SCOPE, Desired, Key, Kind, Resolution
from fused_spec.spec.project.elsewhere import look_elsewhere
from fused_spec.spec.relations.addresses import addresses_written

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive.folders import Archive

_MOST = 50  # so many are looked at, and told, at once


class Leavings:
    """What applies of a project at a service have told, and the UDFs that they have saved: a folder of the store."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    def known(self) -> frozenset[str]:
        return frozenset(name.removeprefix(f"{self._folder}/") for name in self._store.names(self._folder))

    def remember(self, told: Iterable[Left], saved: Iterable[Key]) -> None:
        """Write down what was told, and which UDFs this project has saved."""
        known = self.known()
        for name in {*map(_told, told), *map(_saved, saved)} - known:
            self._store.create(f"{self._folder}/{name}", b"{}")


def what_left(
    resolution: Resolution, history: History, leavings: Leavings, *, api: "FusedReader", archive: "Archive"
) -> tuple[Left, ...]:
    """Jobs that ended and saved UDFs that no spec of the project declares any more, and that no apply has told yet.

    Without a project file there is nothing to tell them from those of others. What specs declare that were not given
    has not left.
    """
    project = resolution.project
    declared = {one.key for one in resolution.desired} | history.aliases.keys()
    if project.scope == DEFAULT_SCOPE:
        return ()
    runs = _ended(history, declared)
    known = leavings.known()
    runs = {key: run for key, run in runs.items() if _told(Left(key=key, said="", reference=run.job_id)) not in known}
    names = {_udf_of(name) for name in known} - {None}
    udfs = {Key(kind=Kind.UDF, name=name) for name in names if name} - declared
    if not (runs or udfs):
        return ()
    elsewhere = look_elsewhere(resolution)
    jobs = [(key, run) for key, run in runs.items() if not elsewhere.declares(key)][:_MOST]
    left = [_job_left(key, run, resolution.desired, api, archive) for key, run in jobs]
    gone = [key for key in sorted(udfs) if not elsewhere.declares(key)]
    left += [one for one in _udfs_left(gone, project.scope, api) if _told(one) not in known]
    return tuple(left)


def _ended(history: History, declared: set[Key]) -> dict[Key, Run | PastRun]:
    """The newest run of each job that nothing declares, where it is over."""
    newest: dict[Key, Run | PastRun] = {key: run for key, run in history.past.items() if key.kind is Kind.JOB}
    newest |= {key: runs[0] for key, runs in history.runs.items() if runs}
    return {key: run for key, run in sorted(newest.items()) if key not in declared and not run.status.in_flight}


def _job_left(key: Key, run: Run | PastRun, desired: Sequence[Desired], api: "FusedReader", archive: "Archive") -> Left:
    ended = f" on {run.ended.astimezone(UTC):%Y-%m-%d}" if run.ended else ""
    addresses = addresses_written(_config(run, api, archive))
    writers = {address: one.key for one in desired for address in addresses_written(one.payload.get("config"))}
    return Left(
        key=key,
        said=f"its last run {verb(run.status)}{ended}",
        reference=run.job_id,
        stays=tuple(address for address in addresses if address not in writers),
        taken=tuple((address, writers[address]) for address in addresses if address in writers),
    )


def _config(run: Run | PastRun, api: "FusedReader", archive: "Archive") -> Any:
    kept = archive.spec(run.own.key, run.job_id)
    if kept is not None:
        return kept.get("config")
    try:
        return api.get_job_config(run.job_id).model_dump(mode="json")
    except ApiError as error:
        if error.is_gone:
            return None
        raise


def _udfs_left(keys: Sequence[Key], scope: str, api: "FusedReader") -> Iterator[Left]:
    saved = list(api.get_udfs(n=None)) if keys else []
    for key in keys:
        for one in saved:
            if is_marked(one.udf.metadata, scope, key):
                yield Left(key=key, said="which stays saved, since nothing deletes a UDF", reference=one.id)


def _told(left: Left) -> str:
    return f"told/{left.key.kind}/{left.key.name}/{hashlib.sha256(left.reference.encode()).hexdigest()[:32]}.json"


def _saved(key: Key) -> str:
    return f"udfs/{key.name}.json"


def _udf_of(name: str) -> str | None:
    return name.removeprefix("udfs/").removesuffix(".json") if name.startswith("udfs/") else None
