"""The ids of runs that this machine knows of, with the names of their jobs: no service is asked, and no bucket."""

from fused_spec.cli.targets.memory import archive_place
from fused_spec.cli.targets.target import find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.storage_url import is_meant_as_url
from fused_spec.reconcile.archive.places import places_of, receipts_in
from fused_spec.reconcile.history.marker_file import remembered
from fused_spec.reconcile.store.stores import open_store
from fused_spec.spec.model import Project


def run_ids(context: Context, project: Project) -> dict[str, str]:
    """Runs of the project at its target: those that earlier commands met, and those that are archived."""
    scope = project.at(find_target(context, project)).scope
    found: dict[str, str] = {}
    for file in sorted((project.state / "cache").glob("markers-*.jsonl")):
        met = ((job_id, marker) for job_id, marker in remembered(file) if marker is not None)
        found |= {job_id: marker.key.name for job_id, marker in met if marker.scope == scope}
    place = archive_place(project)
    if not is_meant_as_url(place):
        found |= {one.job_id: one.name for one in places_of(receipts_in(open_store(place), scope))}
    return found
