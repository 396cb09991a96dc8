"""The runs whose output counts of jobs whose newest run is no success."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import PastRun, Run
from fused_spec.reconcile.history.losses import fails
from fused_spec.spec.model import DesiredJob, Key
from fused_spec.spec.relations.moves import Moves

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt


def successes(
    jobs: Mapping[Key, DesiredJob],
    runs: Mapping[Key, Sequence[Run]],
    past: Mapping[Key, PastRun],
    archive: "Archive",
    moves: Moves,
) -> dict[Key, Run | PastRun]:
    """The newest success of each job whose output is read and whose newest run is no success."""

    def is_good(seen: "Receipt") -> bool:
        fell = seen.key in jobs and fails(jobs[seen.key], seen.digest, seen.tasks)
        return seen.status is RunStatus.SUCCEEDED and not fell

    read = {key for job in jobs.values() for key in job.reads}
    wanted = {key for key in read if not _has_succeeded(runs.get(key, ())[:1], past.get(key))}
    kept = archive.past(moves, among=is_good) if wanted else {}
    found: dict[Key, Run | PastRun] = {key: kept[key] for key in wanted if key in kept}
    for key in wanted:
        listed = next((run for run in runs.get(key, ()) if run.status is RunStatus.SUCCEEDED), None)
        began = kept[key].created if key in kept else None
        if listed is not None and (began is None or began <= listed.created):
            found[key] = listed
    return found


def _has_succeeded(newest: Sequence[Run], past: PastRun | None) -> bool:
    return all(run.status is RunStatus.SUCCEEDED for run in (*newest, past) if run is not None)
