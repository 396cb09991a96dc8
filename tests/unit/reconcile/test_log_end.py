"""What a script learns of a failure from the end of the log."""

import pytest

from fused_spec.reconcile.archive.log_end import Raised, end_of

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "<udf udf>", line 6, in udf',
    "    raise ValueError('no such tile')",
    "ValueError: no such tile",
]
FAILED = "ERROR: step 2 of 3 (udf) failed: input 7: ValueError: no such tile"


def test_a_log_that_tells_nothing_tells_nothing() -> None:
    end = end_of([])
    assert (end.step, end.number, end.input, end.raised, end.why, end.lines) == (None, None, None, None, None, ())


def test_the_step_the_input_and_the_exception_are_told() -> None:
    end = end_of(["step 1 of 3: udf", "step 2 of 3: udf tiles", *TRACEBACK, FAILED])
    assert (end.step, end.number, end.input) == ("step 2 of 3: udf tiles", 2, 7)
    assert end.raised == Raised(type="ValueError", message="no such tile")
    assert end.why == "ValueError: no such tile"


def test_a_service_that_ends_with_the_traceback_tells_the_exception() -> None:
    assert end_of(TRACEBACK).raised == Raised(type="ValueError", message="no such tile")


def test_of_several_tracebacks_the_one_that_ended_the_step_counts() -> None:
    caught = ["Traceback (most recent call last):", '  File "x"', "KeyError: 'caught'"]
    end = end_of([*TRACEBACK, *caught, FAILED])
    assert end.raised == Raised(type="ValueError", message="no such tile")


def test_an_exception_with_a_name_of_its_own_is_known_by_its_traceback() -> None:
    end = end_of([TRACEBACK[0], "  …", "tiles.Broken: x", "ERROR: step 1 of 1 (udf) failed: Broken: x"])
    assert end.raised == Raised(type="tiles.Broken", message="x")


def test_an_exception_without_words_is_one() -> None:
    assert end_of([TRACEBACK[0], "  …", "StopIteration"]).raised == Raised(type="StopIteration", message="")


@pytest.mark.parametrize("why", ["a.csv: no such file", "memory: more than 2 GiB", "it ended with exit code 3"])
def test_a_word_with_a_colon_is_no_exception(why: str) -> None:
    end = end_of([f"ERROR: step 1 of 1 (udf) failed: {why}"])
    assert (end.raised, end.why) == (None, why)


def test_what_is_told_is_bounded() -> None:
    end = end_of(["x" * 100_000] * 50)
    assert [len(line) for line in end.lines] == [2_000] * 10
