"""Tasks that failed, by the elements of their job."""

from fused_spec.cli.runs.elements import element_of
from fused_spec.jobs.failures import failures_among
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.jobs.tasks import Task, TaskState

PART = Part(of=300, elements=Stretches.parse("16,40,202"), after="7e57")


def failed(index: int) -> Task:
    return Task(step=1, index=index, state=TaskState.FAILED, error="KeyError: 'geom'", where="area.py:3")


def test_failed_tasks_of_a_part_have_the_numbers_of_their_elements() -> None:
    found = failures_among([failed(2), failed(0)], PART)
    assert [task.index for task in found.tasks] == [16, 202]
    assert [one.inputs for one in found.alike] == [(16, 202)]


def test_a_number_that_is_no_task_of_the_part_stays() -> None:
    assert [task.index for task in failures_among([failed(7)], PART).tasks] == [7]


def test_the_element_is_found_in_the_config_of_a_part_and_in_that_of_the_job() -> None:
    sent = {"steps": [{"input": ["a", "b", "c"]}]}
    whole = {"steps": [{"input": list(range(300))}]}
    assert (element_of(sent, 1, 202, PART), element_of(whole, 1, 202, PART)) == ("c", 202)
