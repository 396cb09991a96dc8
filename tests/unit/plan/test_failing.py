"""The words for what failed in a run."""

import pytest

from fused_spec.jobs.failures import Alike, failures_among
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.jobs.tasks import Task, TaskCounts, TaskState
from fused_spec.plan.failing import alike_words, counts_words, placed, status_words


def failed(index: int, error: str, where: str | None = "udfs/area.py:10", step: int = 1) -> Task:
    return Task(step=step, index=index, state=TaskState.FAILED, error=error, where=where)


def test_failures_that_differ_by_what_is_quoted_and_by_numbers_are_alike() -> None:
    alike = failures_among([failed(7, "KeyError: 'a' at 12"), failed(3, "KeyError: 'b' at 9")]).alike
    assert [(one.error, one.count, one.inputs) for one in alike] == [("KeyError: 'b' at 9", 2, (3, 7))]


def test_failures_at_two_lines_are_not_alike() -> None:
    assert len(failures_among([failed(1, "KeyError: 1"), failed(2, "KeyError: 1", "udfs/area.py:11")]).alike) == 2


def test_what_most_tasks_failed_with_comes_first() -> None:
    alike = failures_among([failed(1, "ValueError"), failed(2, "KeyError"), failed(3, "KeyError")]).alike
    assert [one.error for one in alike] == ["KeyError", "ValueError"]


def test_a_task_that_succeeded_at_its_second_attempt_did_not_fail() -> None:
    good = Task(step=1, index=1, state=TaskState.SUCCEEDED, attempt=2)
    assert failures_among([failed(1, "KeyError"), good]).tasks == ()


def test_tasks_of_a_part_have_the_numbers_of_their_elements() -> None:
    part = Part(of=20, elements=Stretches.of([3, 17]), after="7e57")
    found = failures_among([failed(1, "KeyError")], part)
    assert ([task.index for task in found.tasks], found.alike[0].inputs) == ([17], (17,))


def test_tasks_that_were_ended_at_one_place_are_together() -> None:
    ended = [Task(step=1, index=index, state=TaskState.CANCELLED, where="a.py:4") for index in (5, 2)]
    [alike] = failures_among(ended).ended
    assert alike_words(alike, TaskCounts(total=9)) == "inputs 2 and 5: ended while running, at a.py:4"


def test_of_very_many_failures_a_thousand_are_told_and_all_are_counted() -> None:
    found = failures_among(failed(index, f"KeyError: {index}") for index in range(12_000))
    assert (len(found.tasks), [one.count for one in found.alike]) == (1_000, [12_000])


@pytest.mark.parametrize(
    ("inputs", "count", "words"),
    [
        ((3,), 1, "input 3: KeyError: 1, at a.py:2"),
        ((3, 7), 2, "inputs 3 and 7: KeyError: 1, at a.py:2"),
        ((3, 7, 9, 12), 9, "inputs 3, 7, 9 and 6 more: KeyError: 1, at a.py:2"),
    ],
)
def test_the_words_name_inputs_error_and_place(inputs: tuple[int, ...], count: int, words: str) -> None:
    alike = Alike(error="KeyError: 1", where="a.py:2", count=count, inputs=inputs)
    assert alike_words(alike, TaskCounts(total=20, failed=count)) == words


def test_the_only_task_of_a_run_has_no_input_to_name() -> None:
    alike = Alike(error="KeyError: 1", where=None, count=1, inputs=(0,))
    assert alike_words(alike, TaskCounts(total=1, failed=1)) == "KeyError: 1"


def test_a_place_that_the_error_names_is_not_told_twice() -> None:
    assert placed("ended by SIGSEGV at a.py:2", "a.py:2") == "ended by SIGSEGV at a.py:2"


def test_a_success_with_failed_tasks_says_how_many() -> None:
    assert status_words("succeeded", TaskCounts(total=20, succeeded=19, failed=1)) == "succeeded, 1 of 20 failed"


@pytest.mark.parametrize("tasks", [None, TaskCounts(total=20, succeeded=20)])
def test_a_success_without_says_nothing_more(tasks: TaskCounts | None) -> None:
    assert status_words("succeeded", tasks) == "succeeded"


def test_counts_tell_what_never_began() -> None:
    words = counts_words(TaskCounts(total=20, succeeded=12, failed=1))
    assert words == "20 tasks: 12 succeeded, 1 failed, 7 not started"
