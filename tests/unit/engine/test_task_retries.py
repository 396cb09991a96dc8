"""Tasks that failed are tried again within their run, as often as it is asked for."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest

from fused_spec.engine.jobs.task_retries import TaskRetries, Tasks
from fused_spec.engine.processes.task_process import Answer
from fused_spec.engine.processes.telling import Done, Part
from fused_spec.jobs.log_origins import Origin


class Lines(list[str]):
    def write(self, text: str, origin: Origin) -> None:
        self.append(text)

    def write_part(self, text: str, origin: Origin) -> str:
        return text

    def write_parts(self, parts: Sequence[Part]) -> None:
        self.extend(text for text, _ in parts)

    def flush(self) -> None:
        """Nothing waits."""


class Flaky:
    """Tasks of which each fails so many times first; `rounds` are those that ran together."""

    def __init__(self, **failures: int) -> None:
        self.left = {int(name.strip("_")): count for name, count in failures.items()}
        self.rounds: list[list[int]] = []

    def __call__(self, tasks: Sequence[int]) -> Generator[list[Done]]:
        self.rounds.append(list(tasks))
        for index in tasks:
            fails = self.left.get(index, 0) > 0
            self.left[index] = self.left.get(index, 0) - 1
            yield [Done(index, 0.1, Answer("KeyError: 'geom'" if fails else None), '"seconds": 0.1')]


def ends(run: Tasks, most: int, log: Lines | None = None, pauses: list[float] | None = None) -> Iterator[Done]:
    sleep = [] if pauses is None else pauses
    retries = TaskRetries(most=most, sleep=sleep.append, random=lambda: 0.5)
    for batch in retries.run(run, range(3), Lines() if log is None else log, lambda index: index, lambda: None):
        yield from batch


def test_without_retries_each_task_ends_once() -> None:
    flaky = Flaky(_1=1)
    assert [(done.index, done.answer.error) for done in ends(flaky, 0)] == [
        (0, None),
        (1, "KeyError: 'geom'"),
        (2, None),
    ]


def test_a_task_that_failed_is_tried_again_after_the_others() -> None:
    flaky = Flaky(_1=1)
    assert [(done.index, done.answer.error) for done in ends(flaky, 2)] == [(0, None), (2, None), (1, None)]
    assert flaky.rounds == [[0, 1, 2], [1]]


def test_a_task_that_fails_each_time_fails_once_in_the_end() -> None:
    flaky = Flaky(_1=9)
    assert [done.answer.error for done in ends(flaky, 2) if done.index == 1] == ["KeyError: 'geom'"]
    assert flaky.rounds == [[0, 1, 2], [1], [1]]


def test_which_attempt_it_was_is_among_the_facts_of_a_task() -> None:
    assert [done.facts for done in ends(Flaky(_1=1), 2)][-1] == '"seconds": 0.1, "attempt": 2'


def test_pauses_double_up_to_half_a_minute() -> None:
    pauses: list[float] = []
    list(ends(Flaky(_1=9), 7, pauses=pauses))
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(("chance", "pause"), [(0.0, 0.75), (1.0, 1.25)])
def test_pauses_differ_by_chance(chance: float, pause: float) -> None:
    pauses: list[float] = []
    TaskRetries(most=1, sleep=pauses.append, random=lambda: chance).pause(1)
    assert pauses == [pause]


def test_the_log_tells_what_is_tried_again() -> None:
    log = Lines()
    list(ends(Flaky(_1=1), 2, log))
    assert log == ["input 1: KeyError: 'geom' (tried again, 1 of 2)"]


def test_nothing_is_told_to_run_while_nothing_does() -> None:
    idle: list[bool] = []
    retries = TaskRetries(most=1, sleep=lambda _: None, random=lambda: 0.5)
    list(retries.run(Flaky(_0=1), range(1), Lines(), lambda index: index, lambda: idle.append(True)))
    assert idle == [True]


@pytest.mark.parametrize(
    ("metadata", "most"),
    [
        ({"fused-spec": {"task_retries": 3}}, 3),
        ({"fused-spec": {"task_retries": 10**9}}, 100),
        ({"fused-spec": {"task_retries": -1}}, 0),
        ({"fused-spec": {"task_retries": True}}, 0),
        ({"fused-spec": {"task_retries": "3"}}, 0),
        ({"fused-spec": "3"}, 0),
        ({}, 0),
        (None, 0),
    ],
)
def test_how_often_is_what_the_config_says(metadata: dict[str, Any] | None, most: int) -> None:
    assert TaskRetries.of(metadata).most == most
