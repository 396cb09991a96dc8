"""The tasks of a run as boxes of a map, where the elements of its input have a place."""

from collections.abc import Mapping
from typing import Any

from fused_spec.api.reading import FusedReader
from fused_spec.api.tasks import told_tasks
from fused_spec.cli.outputs.finding import Found
from fused_spec.jobs.parts import elements_of, number_in
from fused_spec.jobs.places import place_of
from fused_spec.jobs.tasks import Task, tasks_in
from fused_spec.maps.model import Box, Boxes, State

_MOST = 4_000


def task_boxes(api: FusedReader, found: Found) -> Boxes | None:
    """A box for each task by the state that it is in, first those that did not succeed; None where nothing has a place.

    Of a service that tells nothing of tasks their state is unknown.
    """
    if found.run is None:
        return None
    config = api.get_job_config(found.run.job_id)
    elements = elements_of(config.model_dump(mode="json")) or []
    placed = [(number, place) for number, element in enumerate(elements) if (place := place_of(element)) is not None]
    if not placed:
        return None
    tasks, name = _tasks(api, found.run.job_id, found.last_step), number_in(config.metadata)
    boxes = [
        Box(place, f"task {name(number)}", _state(tasks, number), _told(tasks, number)) for number, place in placed
    ]
    boxes.sort(key=lambda box: box.state is State.SUCCEEDED)
    return Boxes(boxes[:_MOST], title="tasks", of=len(boxes))


def _tasks(api: FusedReader, job_id: str, step: int) -> Mapping[int, Task] | None:
    with told_tasks(api, job_id) as lines:
        return None if lines is None else {task.index: task for task in tasks_in(lines) if task.step == step}


def _state(tasks: Mapping[int, Task] | None, number: int) -> State:
    if tasks is None:
        return State.UNKNOWN
    return State(tasks[number].state) if number in tasks else State.NOT_STARTED


def _told(tasks: Mapping[int, Task] | None, number: int) -> dict[str, Any]:
    task = None if tasks is None else tasks.get(number)
    error = None if task is None else task.error
    return {} if error is None else {"error": error}
