"""The end of a log in a line, whichever service wrote it."""

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.reviewing.held import error_in

TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/app/udf.py", line 3, in udf',
    "    raise ValueError('no such tile')",
    "ValueError: no such tile",
]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["step 1 of 2: udf", *TRACEBACK, "ERROR: step 1 of 2 (udf) failed: input 3: ValueError: x"],
            "step 1 of 2 (udf) failed: input 3: ValueError: x",
        ),
        (TRACEBACK, "ValueError: no such tile"),
        ([*TRACEBACK, "shutting down", ""], "ValueError: no such tile"),
        (["botocore.exceptions.ClientError: denied", "bye"], "botocore.exceptions.ClientError: denied"),
        (["step 1 of 2: udf", "step 2 of 2: ingest", "Killed"], "step 2 of 2: ingest: Killed"),
        (["it just stops"], "it just stops"),
        (["step 1 of 1: udf"], "step 1 of 1: udf"),
        ([], None),
        (["", "  "], None),
    ],
)
def test_the_error_of_a_failed_run_is_the_most_telling_line_at_the_end_of_its_log(
    lines: list[str], said: str | None
) -> None:
    assert error_in(lines, RunStatus.FAILED) == said


def test_of_a_cancelled_run_the_step_at_work_is_told_and_no_line_of_its_own() -> None:
    assert error_in(["step 1 of 1: udf", "reading ValueError: of old", "canceled"], RunStatus.CANCELLED) == (
        "it was in step 1 of 1: udf"
    )
    assert error_in(["canceled"], RunStatus.CANCELLED) is None


def test_an_endless_line_is_cut_and_a_secret_masked() -> None:
    secret = "fsh_" + "AbCdEfGh12345678"
    said = error_in([f"ValueError: {secret} {'x' * 10_000}"], RunStatus.FAILED)
    assert said is not None and len(said) == 300 and secret not in said
