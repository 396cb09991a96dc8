"""How the tasks of one run ended, and which of them failed, as parts of the document of `show`."""

from typing import TYPE_CHECKING, Any

from fused_spec.api.tasks import told_tasks
from fused_spec.cli.runs.elements import element_of
from fused_spec.jobs.failures import Failures, failures_among
from fused_spec.jobs.parts import Part
from fused_spec.jobs.tasks import Tally, Task, TaskCounts, tasks_in
from fused_spec.views.documents.outcomes import alike_document
from fused_spec.views.documents.plans import tasks_document
from fused_spec.views.words.shown import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fused_spec.cli.runs.lookup import FoundRun, Surroundings


def task_details(
    around: "Surroundings", found: "FoundRun", config: "Mapping[str, Any] | None", part: Part | None
) -> dict[str, Any]:
    """The tasks, as the archive has them, else as the service tells, by their elements.

    `config` is what the run was started with, `part` the elements that it was started for, None for all.
    """
    counts, failures = _archived(around, found, part) or _told(around, found, part) or (None, Failures())
    if failures.tasks and config is None and found.receipt is not None:
        config = (around.archive.spec(found.receipt.key, found.job_id) or {}).get("config")
    return {
        "tasks": tasks_document(counts),
        "failed_tasks": [_failed(task, config, part) for task in failures.tasks],
        "failed_alike": [alike_document(one) for one in failures.alike],
        "ended_alike": [alike_document(one) for one in failures.ended],
    }


def _archived(around: "Surroundings", found: "FoundRun", part: Part | None) -> tuple[TaskCounts, Failures] | None:
    receipt = found.receipt
    if receipt is None or receipt.tasks is None:
        return None
    has_any = receipt.tasks.failed or receipt.tasks.cancelled
    kept = around.archive.tasks(receipt.key, receipt.job_id) if has_any else None
    return receipt.tasks, failures_among(kept or (), part)


def _told(around: "Surroundings", found: "FoundRun", part: Part | None) -> tuple[TaskCounts, Failures] | None:
    if not found.in_history:
        return None
    with told_tasks(around.api, found.job_id) as lines:
        if lines is None:
            return None
        tally = Tally()
        failures = failures_among(tasks_in(tally.counting(lines)), part)
        return tally.counts, Failures() if around.unmasked(found) else failures  # an error may quote a secret


def _failed(task: Task, config: "Mapping[str, Any] | None", part: Part | None) -> dict[str, Any]:
    return {
        "step": task.step,
        "index": task.index,
        "input": without_secrets(element_of(config or {}, task.step, task.index, part)),
        "error": task.error,
        "where": task.where,
    }
