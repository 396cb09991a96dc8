"""Statuses, deadlines, nearest words: the values that everything else is made of."""

from itertools import islice

import pytest

from fused_spec.jobs.status import RunStatus, run_status
from fused_spec.messages.diagnostics import nearest
from fused_spec.messages.phrases import counted, cut, listed
from fused_spec.system.polling import Deadline, intervals


@pytest.mark.parametrize(
    ("work", "machine", "terminal", "finished", "status"),
    [
        ("Pending", "pending", False, False, RunStatus.QUEUED),
        ("In Progress", "running", False, False, RunStatus.RUNNING),
        ("Done", "running", False, True, RunStatus.SUCCEEDED),
        ("Failed", "terminated", True, True, RunStatus.FAILED),
        ("Canceled", "terminated", True, True, RunStatus.CANCELLED),
        # 1.x says nothing of the work
        (None, "pending", False, None, RunStatus.QUEUED),
        (None, "running", False, None, RunStatus.RUNNING),
        (None, "terminated", True, None, RunStatus.LOST),
        # the machine is gone, and nobody said how the work ended
        ("In Progress", "terminated", True, None, RunStatus.LOST),
        ("In Progress", "terminated", True, True, RunStatus.LOST),
        # an unknown word is no end
        ("Compressing", "running", False, False, RunStatus.RUNNING),
    ],
)
def test_two_state_machines_become_one_status(
    work: str | None, machine: str, terminal: bool, finished: bool | None, status: RunStatus
) -> None:
    assert run_status(job_status=work, machine_status=machine, terminal=terminal, finished=finished) is status


def test_only_queued_and_running_are_in_flight() -> None:
    assert [status for status in RunStatus if status.in_flight] == [RunStatus.QUEUED, RunStatus.RUNNING]


def test_intervals_grow_up_to_the_longest() -> None:
    assert list(islice(intervals(1.0, 3.0, factor=2), 4)) == [1.0, 2.0, 3.0, 3.0]


def test_a_deadline_passes_when_its_seconds_are_over() -> None:
    now = [100.0]
    deadline = Deadline(10, clock=lambda: now[0])
    assert (deadline.remaining, deadline.passed) == (10.0, False)
    now[0] = 115.0
    assert (deadline.remaining, deadline.passed) == (0.0, True)


def test_without_a_limit_a_deadline_never_passes() -> None:
    assert (Deadline(None).remaining, Deadline(None).passed) == (None, False)


@pytest.mark.parametrize(
    ("word", "meant"), [("M5.Large", "m5.large"), ("m5large", "m5.large"), ("m5.lrge", "m5.large"), ("zebra", None)]
)
def test_the_nearest_word_is_found_whatever_its_case_and_dots(word: str, meant: str | None) -> None:
    assert nearest(word, ["m5.large", "r5.xlarge"]) == meant


@pytest.mark.parametrize(("number", "words"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs")])
def test_one_thing_is_told_in_the_singular(number: int, words: str) -> None:
    assert counted(number, "run") == words


@pytest.mark.parametrize(
    ("words", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a, b"), (["a", "b", "c", "d"], "a, b and 2 more")]
)
def test_of_many_words_the_first_are_told_and_the_others_counted(words: list[str], told: str) -> None:
    assert listed(words, 2) == told


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    assert (cut("abc", 3), cut("abcd", 3)) == ("abc", "ab…")
