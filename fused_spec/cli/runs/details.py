"""Everything that is known about one run, as the document of `show`."""

from typing import TYPE_CHECKING, Any

from fused_spec.cli.runs.lookup import FoundRun, Surroundings, marked_jobs
from fused_spec.cli.runs.task_details import task_details
from fused_spec.messages.redaction import masked, redact, shown_env
from fused_spec.views.words.shown import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from fused_spec.api.reading import FusedReader


def run_details(around: Surroundings, found: FoundRun) -> dict[str, Any]:
    """What the service knows of the run, and the archive; signed URLs and secrets stay out."""
    folder = around.archive.folder(found.receipt.key, found.receipt.job_id) if found.receipt else None
    created, is_copy = _created(around, found)
    identity = None if is_copy else found.marker or found.receipt
    part = identity.part if identity else None
    shown = _from_history(around.api, found, created) if found.in_history else _from_receipt(found)
    return {
        "target": around.target.name,
        "job_id": found.job_id,
        "key": str(identity.key) if identity else None,
        "scope": identity.scope if identity else None,
        "digest": identity.digest if identity else None,
        "attempt": identity.attempt if identity else None,
        "service": found.receipt.where if found.receipt and not found.in_history else around.service.name,
        "copy_of": str(found.marker.key) if is_copy and found.marker else None,
        **shown,
        **task_details(around, found, shown["config"], part),
        "facts": _facts(around, found),
        "part": None if part is None else part.to_json(),
        "made_by": [] if is_copy else _made_by(around, found),
        "archive": folder,
        "notes": list(_notes(around, found, is_copy=is_copy)),
    }


def _made_by(around: Surroundings, found: FoundRun) -> list[dict[str, Any]]:
    """Of a run of a part, or one that did not make all: which run made which elements."""
    from fused_spec.cli.targets.memory import open_markers
    from fused_spec.reconcile.archive.made import made_by

    markers = open_markers(around.api, around.project, around.target, around.service)
    made = made_by(found.job_id, archive=around.archive, api=around.api, side_by_side=markers.side_by_side)
    return [{"job_id": one.job_id, "elements": None if one.elements is None else str(one.elements)} for one in made]


def _notes(around: Surroundings, found: FoundRun, *, is_copy: bool) -> "Iterator[str]":
    """What is odd about the run: a copied mark, a machine that is gone, an attempt after it that nobody settled."""
    identity = found.marker or found.receipt
    if is_copy and identity is not None:
        yield f"it carries the mark of another run of {identity.key}: somebody copied that one and started it anew"
        return
    if found.in_history and around.api.get_status(found.job_id).machine_is_gone:
        yield "its machine is gone while its work is said to go on; after some minutes of that it is lost"
    if identity is None:
        return
    for attempt in around.journal.open_intents():
        if attempt.key == identity.key and attempt.number > identity.attempt:
            sent = f" at {attempt.sent:%Y-%m-%d %H:%M:%S} UTC" if attempt.sent else ""
            yield (
                f"attempt {attempt.number} was sent{sent}, and the service answered with an older run, or not at all; "
                "the next apply looks for it"
            )


def _from_history(api: "FusedReader", found: FoundRun, created: "datetime | None") -> dict[str, Any]:
    from fused_spec.reconcile.history.statuses import status_of_run
    from fused_spec.reconcile.marking.marker import FIELD

    run = api.get_status(found.job_id)
    config = api.get_job_config(found.job_id)
    metadata = {name: value for name, value in (config.metadata or {}).items() if name != FIELD}
    shown = config.model_copy(update={"metadata": metadata or None})
    return {
        "status": str(status_of_run(run, api.server_time)),
        "created": _iso(created),
        "ended": _iso(run.job_status_date) if run.finished else None,
        "instance_type": run.instance_type,
        "finished_tasks": run.finished_tasks,
        "total_tasks": run.total_tasks,
        "settings": _settings(found.marker.settings) if found.marker else {},
        "config": without_secrets(shown.model_dump(mode="json")),
    }


def _settings(settings: "Mapping[str, Any]") -> dict[str, Any]:
    """What a marker tells of the start; in an environment the names of secrets are none."""
    shown: dict[str, Any] = without_secrets(settings)
    if isinstance(env := settings.get("additional_env"), dict):
        shown["additional_env"] = {name: masked(value, redact) for name, value in shown_env(env).items()}
    return shown


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
    }


def _created(around: Surroundings, found: FoundRun) -> "tuple[datetime | None, bool]":
    """When the run was created, and whether it only carries the mark of another: one found by name does not."""
    from fused_spec.reconcile.history.listing import list_jobs
    from fused_spec.reconcile.marking.copies import COPIED_AFTER, copies_in

    if found.created is not None or not found.in_history:
        return found.created, False
    listing = list_jobs(around.api)
    place = next((number for number, job in enumerate(listing) if job.id == found.job_id), None)
    if place is None:
        return None, False
    created = listing[place].creation_date
    if found.marker is None:
        return created, False
    before = [job for job in listing[place:] if created - job.creation_date <= COPIED_AFTER]
    return created, found.job_id in copies_in(marked_jobs(around, before))


def _facts(around: Surroundings, found: FoundRun) -> Any:
    """What came of each step: from the service, else from the archive."""
    told = around.api.get_job_facts(found.job_id) if found.in_history else None
    if told is not None or found.receipt is None:
        return without_secrets(told)
    return without_secrets(around.archive.facts(found.receipt.key, found.receipt.job_id))


def _iso(when: "datetime | None") -> str | None:
    return when.isoformat() if when else None
