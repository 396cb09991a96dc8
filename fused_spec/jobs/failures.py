"""Tasks that failed, those together that failed alike: with one error, but for what differs by input, at one place."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.jobs.parts import Part
from fused_spec.jobs.tasks import Task, TaskState

MOST_TASKS = 1_000
"""So many failed tasks are told one by one."""

_MOST_COMPARED = 10_000  # of more only the first are remembered, since a million may fail
_MOST_INPUTS = 20
_LONGEST_SIGNATURE = 200
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
_NUMBER = re.compile(r"(?<![A-Za-z])[-+]?\d[\w.:+-]*")
_UNKNOWN = "it is not known why"
_ENDED = "ended while running"


class Alike(Struct, frozen=True, kw_only=True):
    """Tasks that failed alike: `error` is that of the first of them, `inputs` are the first of them by index."""

    error: str
    where: str | None
    count: int
    inputs: tuple[int, ...]


class Failures(Struct, frozen=True, kw_only=True):
    """The first tasks that failed, by step and index, and how many of all failed alike, the most first.

    `ended` are those that ran when the run was ended, by where in the user's own code they were, as far as that is
    known.
    """

    tasks: tuple[Task, ...] = ()
    alike: tuple[Alike, ...] = ()
    ended: tuple[Alike, ...] = ()


def signature(problem: str) -> str:
    """An error without what differs from input to input: what is quoted, and numbers."""
    return _NUMBER.sub("…", _QUOTED.sub("…", problem))[:_LONGEST_SIGNATURE]


def failures_among(tasks: Iterable[Task], part: Part | None = None) -> Failures:
    """Those that failed, of a run of a part with the numbers of their elements; the last attempt at a task counts."""
    failed: dict[tuple[int, int], Task] = {}
    ended: dict[tuple[int, int], Task] = {}
    more = Counter[tuple[str, str | None]]()
    for task in tasks:
        place = (task.step, task.index)
        if task.state is TaskState.CANCELLED and task.where is not None and len(ended) < _MOST_COMPARED:
            ended[place] = replace(task, error=_ENDED)
        if task.state is not TaskState.FAILED:
            failed.pop(place, None)
        elif place in failed or len(failed) < _MOST_COMPARED:
            failed[place] = task
        else:
            more[_kind(task)] += 1
    ordered = _in_order(failed, part)
    return Failures(
        tasks=tuple(ordered[:MOST_TASKS]), alike=_together(ordered, more), ended=_together(_in_order(ended, part), {})
    )


def _in_order(tasks: Mapping[tuple[int, int], Task], part: Part | None) -> list[Task]:
    return [_by_element(tasks[place], part) for place in sorted(tasks)]


def _together(tasks: Iterable[Task], more: Mapping[tuple[str, str | None], int]) -> tuple[Alike, ...]:
    """Those that are alike together, the most first; `more` of each kind are only counted."""
    of_kind: dict[tuple[str, str | None], list[Task]] = {}
    for task in tasks:
        of_kind.setdefault(_kind(task), []).append(task)
    alike = [_alike(of_one, more.get(kind, 0)) for kind, of_one in of_kind.items()]
    return tuple(sorted(alike, key=lambda one: -one.count))


def _by_element(task: Task, part: Part | None) -> Task:
    return task if part is None else replace(task, index=part.number_of(task.index))


def _kind(task: Task) -> tuple[str, str | None]:
    return task.signature or signature(task.error or _UNKNOWN), task.where


def _alike(tasks: list[Task], more: int) -> Alike:
    first = tasks[0]
    return Alike(
        error=first.error or _UNKNOWN,
        where=first.where,
        count=len(tasks) + more,
        inputs=tuple(task.index for task in islice(tasks, _MOST_INPUTS)),
    )
