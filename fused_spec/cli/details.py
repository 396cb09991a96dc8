"""Everything that is known about one run, as the document of `show`."""

from typing import TYPE_CHECKING, Any

from fused_spec.cli.lookup import FoundRun, Surroundings
from fused_spec.views.shown import without_secrets

if TYPE_CHECKING:
    from datetime import datetime

    from fused_spec.api.reading import FusedReader

# A service that keeps no results by run answers the question in one of these ways.


def run_details(around: Surroundings, found: FoundRun) -> dict[str, Any]:
    """What the service knows of the run, and the archive; signed URLs and secrets stay out."""
    folder = around.archive.folder(found.receipt.key, found.receipt.job_id) if found.receipt else None
    identity = found.marker or found.receipt
    return {
        "target": around.target.name,
        "job_id": found.job_id,
        "key": str(identity.key) if identity else None,
        "scope": identity.scope if identity else None,
        "digest": identity.digest if identity else None,
        "attempt": identity.attempt if identity else None,
        "service": found.receipt.where if found.receipt and not found.in_history else around.service.name,
        **(_from_history(around.api, found) if found.in_history else _from_receipt(found)),
        "archive": folder,
    }


def _from_history(api: "FusedReader", found: FoundRun) -> dict[str, Any]:
    from fused_spec.reconcile.marker import FIELD
    from fused_spec.reconcile.refresh import status_of_run

    run = api.get_status(found.job_id)
    config = api.get_job_config(found.job_id)
    metadata = {name: value for name, value in (config.metadata or {}).items() if name != FIELD}
    shown = config.model_copy(update={"metadata": metadata or None})
    return {
        "status": str(status_of_run(run, api.server_time)),
        "created": _iso(found.created or _creation_date(api, found.job_id)),
        "ended": _iso(run.job_status_date) if run.finished else None,
        "instance_type": run.instance_type,
        "finished_tasks": run.finished_tasks,
        "total_tasks": run.total_tasks,
        "settings": without_secrets(found.marker.settings) if found.marker else {},
        "config": without_secrets(shown.model_dump(mode="json")),
        "results": _result_names(api, found.job_id),
    }


def _from_receipt(found: FoundRun) -> dict[str, Any]:
    receipt = found.receipt
    if receipt is None:
        raise AssertionError("a run outside the history is known by its receipt")
    return {
        "status": str(receipt.status),
        "created": _iso(receipt.created),
        "ended": _iso(receipt.ended),
        "instance_type": None,
        "finished_tasks": None,
        "total_tasks": None,
        "settings": {},
        "config": None,
        "results": [],
    }


def _creation_date(api: "FusedReader", job_id: str) -> "datetime | None":
    from fused_spec.reconcile.listing import list_jobs

    return next((job.creation_date for job in list_jobs(api) if job.id == job_id), None)


def _result_names(api: "FusedReader", job_id: str) -> list[str]:
    from fused_spec.api.errors import ApiError

    try:
        return [result.name for result in api.get_job_results(job_id)]
    except ApiError as error:
        if not error.lacks_the_call:
            raise
        return []


def _iso(when: "datetime | None") -> str | None:
    return when.isoformat() if when else None
