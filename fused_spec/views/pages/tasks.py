"""Tasks as a page shows them: a line each, the grid of all, failures that are alike, and where they lie."""

import heapq
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fused_spec.jobs.places import place_of
from fused_spec.jobs.tasks import Task, TaskState
from fused_spec.maps.model import Box, Boxes, MapData, State
from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import redact
from fused_spec.messages.visible import visible
from fused_spec.views.pages.data import Cell, ErrorGroup, Grid, TaskLine

MOST_LISTED = 1_500
_MOST_CELLS = 1_000
_MOST_GROUPS = 50
_MOST_ELEMENTS = 12
_PARTS = 120  # of a run's time, in each of which it is told how many tasks ran
_ORDER = {state: number for number, state in enumerate(State)}


class Elements(Struct, frozen=True):
    """The inputs of each step as they were declared; a step whose input is no list has none."""

    steps: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, spec: Mapping[str, Any] | None) -> "Elements":
        """Those of what a run was started with."""
        config = (spec or {}).get("config")
        steps = config.get("steps") if isinstance(config, Mapping) else None
        inputs = [one.get("input") if isinstance(one, Mapping) else None for one in steps or ()]
        return cls([one if isinstance(one, list | tuple) else () for one in inputs])

    def at(self, task: Task) -> Any:
        """The element that a task was given; None where that is not known."""
        inputs = self.count_of(task.step) and self.steps[task.step - 1]
        return inputs[task.index] if inputs and 0 <= task.index < len(inputs) else None

    def count_of(self, step: int) -> int:
        return len(self.steps[step - 1]) if 0 < step <= len(self.steps) else 0


def safe(text: object, most: int = 300) -> str:
    """Foreign text as one line that hides nothing and tells no secret."""
    return cut(redact(visible(str(text)[: 4 * most])), most)


def newest(tasks: Iterable[Task]) -> list[Task]:
    """The last of several attempts at one, in the order of steps and inputs."""
    found: dict[tuple[int, int], Task] = {}
    for task in tasks:
        known = found.get((task.step, task.index))
        if known is None or task.attempt >= known.attempt:
            found[task.step, task.index] = task
    return [found[place] for place in sorted(found)]


def listed(tasks: Sequence[Task], elements: Elements, begin: float) -> list[TaskLine]:
    """So many tasks as can be read: what failed first, then what took longest."""
    chosen = heapq.nsmallest(MOST_LISTED, tasks, key=_urgency)
    return [line_of(task, elements, begin) for task in chosen]


def line_of(task: Task, elements: Elements, begin: float) -> TaskLine:
    element = elements.at(task)
    return TaskLine(
        step=task.step,
        index=task.index,
        state=State(task.state),
        element="" if element is None else safe(json.dumps(element, ensure_ascii=False), 120),
        started=None if task.started is None else max(0.0, task.started / 1000 - begin),
        seconds=task.seconds,
        cpu_seconds=task.cpu_seconds,
        memory=task.peak_memory,
        rows=task.rows,
        attempt=task.attempt,
        error=safe(task.error or ""),
        where=safe(task.where or "", 120),
    )


def grids(tasks: Sequence[Task], elements: Elements, lines: Sequence[TaskLine]) -> list[Grid]:
    """A grid for each step that has several tasks; a square stands for many where there are more than can be seen."""
    by_step: dict[int, dict[int, State]] = {}
    for task in tasks:
        by_step.setdefault(task.step, {})[task.index] = State(task.state)
    shown = {(line.step, line.index) for line in lines}
    return [
        _grid(step, states, elements.count_of(step), shown)
        for step, states in sorted(by_step.items())
        if max(len(states), elements.count_of(step)) > 1
    ]


def _grid(step: int, states: Mapping[int, State], declared: int, shown: set[tuple[int, int]]) -> Grid:
    total = max(declared, max(states) + 1)
    each = -(-total // _MOST_CELLS)
    cells = []
    for first in range(0, total, each):
        places = range(first, min(first + each, total))
        found = [states.get(place, State.NOT_STARTED) for place in places]
        worst = min(found, key=_ORDER.__getitem__)
        leads = (place for place, state in zip(places, found, strict=True) if state is worst and (step, place) in shown)
        cells.append(
            Cell(state=worst, first=first, last=places[-1], count=found.count(worst), leads_to=next(leads, None))
        )
    return Grid(step=step, total=total, each=each, cells=tuple(cells))


def alike(tasks: Sequence[Task], elements: Elements, begin: float) -> list[ErrorGroup]:
    """Failures by their signature, the most frequent first."""
    groups: dict[tuple[str, str], list[Task]] = {}
    for task in tasks:
        if task.state is TaskState.FAILED:
            groups.setdefault((task.signature or task.error or "unknown", task.where or ""), []).append(task)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))[:_MOST_GROUPS]
    return [
        ErrorGroup(
            signature=safe(signature),
            where=safe(where, 120),
            count=len(many),
            first=line_of(many[0], elements, begin),
            elements=tuple(_named(one, elements) for one in many[:_MOST_ELEMENTS]),
        )
        for (signature, where), many in ordered
    ]


def counts(tasks: Sequence[Task], not_started: int) -> list[tuple[State, int]]:
    """How many tasks ended how, what needs a person first."""
    found = Counter(State(task.state) for task in tasks)
    found[State.NOT_STARTED] += not_started
    return [(state, found[state]) for state in State if found[state]]


def busy(tasks: Sequence[Task], begin: float, seconds: float) -> tuple[int, ...]:
    """How many tasks ran in each part of the run's time."""
    timed = [one for one in tasks if one.started is not None and one.seconds is not None]
    if not timed or seconds <= 0:
        return ()
    change = [0] * (_PARTS + 1)
    for task in timed:
        assert task.started is not None
        assert task.seconds is not None
        start = task.started / 1000 - begin
        first = min(_PARTS - 1, max(0, int(start / seconds * _PARTS)))
        last = min(_PARTS - 1, max(first, int((start + task.seconds) / seconds * _PARTS)))
        change[first] += 1
        change[last + 1] -= 1
    running, told = 0, []
    for one in change[:-1]:
        running += one
        told.append(running)
    return tuple(told)


def places(tasks: Sequence[Task], elements: Elements) -> MapData | None:
    """Where tasks lie: what their input says, else what their result covers; None where nothing is said."""
    layers: dict[str, list[Box]] = {}
    for task in tasks:
        bounds, crs = place_of(elements.at(task)), "OGC:CRS84"
        if bounds is None and task.bounds is not None and task.crs:
            bounds, crs = task.bounds, task.crs
        if bounds is not None:
            told = {} if task.error is None else {"error": task.error}
            layers.setdefault(crs, []).append(Box(bounds, _named(task, elements), State(task.state), told))
    made = [Boxes(boxes, crs, title="tasks") for crs, boxes in sorted(layers.items())]
    return MapData("Tasks where they lie", made) if made else None


def _named(task: Task, elements: Elements) -> str:
    element = elements.at(task)
    return f"{task.index}" if element is None else f"{task.index} {safe(json.dumps(element, ensure_ascii=False), 60)}"


def _urgency(task: Task) -> tuple[int, float, int, int]:
    return _ORDER[State(task.state)], -(task.seconds or 0.0), task.step, task.index
