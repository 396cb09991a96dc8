"""Tasks that failed, those together that failed alike: with one error, but for what differs by input, at one place."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from msgspec import Struct

from fused_spec.jobs.tasks import Task, TaskState

MOST_TASKS = 1_000
"""So many failed tasks are told one by one."""

_MOST_COMPARED = 10_000  # of more only the first are remembered, since a million may fail
_MOST_INPUTS = 20
_LONGEST_SIGNATURE = 200
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
_NUMBER = re.compile(r"(?<![A-Za-z])[-+]?\d[\w.:+-]*")
_UNKNOWN = "it is not known why"


class Alike(Struct, frozen=True, kw_only=True):
    """Tasks that failed alike: `error` is that of the first of them, `inputs` are the first of them by index."""

    error: str
    where: str | None
    count: int
    inputs: tuple[int, ...]


class Failures(Struct, frozen=True, kw_only=True):
    """The first tasks that failed, by step and index, and how many of all failed alike, the most first."""

    tasks: tuple[Task, ...] = ()
    alike: tuple[Alike, ...] = ()


def signature(problem: str) -> str:
    """An error without what differs from input to input: what is quoted, and numbers."""
    return _NUMBER.sub("…", _QUOTED.sub("…", problem))[:_LONGEST_SIGNATURE]


def failures_among(tasks: Iterable[Task]) -> Failures:
    """Those that failed; of several attempts at a task the last one counts."""
    failed: dict[tuple[int, int], Task] = {}
    more = Counter[tuple[str, str | None]]()
    for task in tasks:
        place = (task.step, task.index)
        if task.state is not TaskState.FAILED:
            failed.pop(place, None)
        elif place in failed or len(failed) < _MOST_COMPARED:
            failed[place] = task
        else:
            more[_kind(task)] += 1
    ordered = sorted(failed.values(), key=lambda task: (task.step, task.index))
    of_kind: dict[tuple[str, str | None], list[Task]] = {}
    for task in ordered:
        of_kind.setdefault(_kind(task), []).append(task)
    alike = [_alike(of_one, more[kind]) for kind, of_one in of_kind.items()]
    alike.sort(key=lambda one: -one.count)
    return Failures(tasks=tuple(ordered[:MOST_TASKS]), alike=tuple(alike))


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
