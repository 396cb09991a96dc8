"""What left the specs: jobs that ended, with the table that stays behind, and saved UDFs.

Each is told by every plan until an apply has told it, once for its newest run. What runs on, and tokens, are the
planner's: they can be pruned. Nothing here is asked for unless something left.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fused_spec.api.errors import ApiError
from fused_spec.plan.ending import verb
from fused_spec.plan.model import History, Left, PastRun, Run
from fused_spec.reconcile.marker import is_marked
from fused_spec.reconcile.store import Store
from fused_spec.spec.addresses import addresses_written
from fused_spec.spec.model import DEFAULT_SCOPE, Desired, Key, Kind, Project, Resolution

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive import Archive

_MOST = 50  # so many are looked at, and told, at once
_MOST_FILES = 5_000
_MOST_FOLDERS = 20_000
_LARGEST_FILE = 1 << 20
_SPECS = (".yaml", ".yml", ".json")
_OURS = re.compile(r"""apiVersion["']?\s*:\s*["']?fused-spec/""")
_NOT_LOOKED_INTO = ("node_modules", "venv", "__pycache__")


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

    Without a project file there is nothing to tell them from those of others. One whose name stands in a file of the
    project that was not given is no matter: it has not left.
    """
    project = resolution.project
    declared = {one.key for one in resolution.desired}
    if project.scope == DEFAULT_SCOPE:
        return ()
    runs = _ended(history, declared)
    known = leavings.known()
    runs = {key: run for key, run in runs.items() if _told(Left(key=key, said="", reference=run.job_id)) not in known}
    names = {_udf_of(name) for name in known} - {None}
    udfs = {Key(kind=Kind.UDF, name=name) for name in names if name} - declared
    elsewhere = _mentioned(project, {key.name for key in (*runs, *udfs)})
    jobs = [(key, run) for key, run in runs.items() if key.name not in elsewhere][:_MOST]
    left = [_job_left(key, run, resolution.desired, api, archive) for key, run in jobs]
    gone = [key for key in sorted(udfs) if key.name not in elsewhere]
    left += [one for one in _udfs_left(gone, project.scope, api) if _told(one) not in known]
    return tuple(left)


def _ended(history: History, declared: set[Key]) -> dict[Key, Run | PastRun]:
    """The newest run of each job that nothing declares, where it is over."""
    newest: dict[Key, Run | PastRun] = {key: run for key, run in history.past.items() if key.kind is Kind.JOB}
    newest |= {key: runs[0] for key, runs in history.runs.items() if runs}
    return {key: run for key, run in sorted(newest.items()) if key not in declared and not run.status.in_flight}


def _job_left(key: Key, run: Run | PastRun, desired: Sequence[Desired], api: "FusedReader", archive: "Archive") -> Left:
    ended = f" on {run.ended.astimezone(UTC):%Y-%m-%d}" if run.ended else ""
    addresses = addresses_written(_config(key, run, api, archive))
    writers = {address: one.key for one in desired for address in addresses_written(one.payload.get("config"))}
    return Left(
        key=key,
        said=f"its last run {verb(run.status)}{ended}",
        reference=run.job_id,
        stays=tuple(address for address in addresses if address not in writers),
        taken=tuple((address, writers[address]) for address in addresses if address in writers),
    )


def _config(key: Key, run: Run | PastRun, api: "FusedReader", archive: "Archive") -> Any:
    kept = archive.spec(key, run.job_id)
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


def _mentioned(project: Project, names: set[str]) -> set[str]:
    """Those of the names that some spec of the project gives to something; all of them where nobody can look."""
    if not names:
        return set()
    if (files := _files(project.root)) is None:
        return names
    pattern = re.compile(rf"""\bname["']?\s*:\s*["']?({"|".join(map(re.escape, sorted(names)))})(?![\w.-])""")
    found: set[str] = set()
    for path in files:
        try:
            text = path.read_text("utf-8", errors="replace")
        except OSError:
            return names  # what cannot be read may declare any of them
        if _OURS.search(text):
            lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
            found.update(name for line in lines for name in pattern.findall(line))
    return found


def _files(root: Path) -> list[Path] | None:
    """What may be a spec below a folder; None where there is too much to look at."""
    found: list[Path] = []
    for number, (folder, folders, files) in enumerate(os.walk(root)):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_LOOKED_INTO]
        found += [Path(folder) / name for name in files if name.endswith(_SPECS)]
        if number > _MOST_FOLDERS or len(found) > _MOST_FILES:
            return None
    return [path for path in found if path.is_file() and path.stat().st_size <= _LARGEST_FILE]


def _told(left: Left) -> str:
    return f"told/{left.key.kind}/{left.key.name}/{hashlib.sha256(left.reference.encode()).hexdigest()[:32]}.json"


def _saved(key: Key) -> str:
    return f"udfs/{key.name}.json"


def _udf_of(name: str) -> str | None:
    return name.removeprefix("udfs/").removesuffix(".json") if name.startswith("udfs/") else None
