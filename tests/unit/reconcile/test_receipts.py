"""What is kept of a run, and read again."""

from datetime import UTC, datetime

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.spec.model import Key, Kind

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def receipt(group: str | None, cell: dict[str, str]) -> Receipt:
    return Receipt(
        scope="scope",
        key=Key(kind=Kind.JOB, name="tiles-2024-05"),
        digest="d1:0",
        job_id="run",
        attempt=1,
        tries=1,
        status=RunStatus.SUCCEEDED,
        created=NOW,
        ended=NOW,
        archived=NOW,
        base_url="http://localhost",
        log_lines=0,
        log_sha256="",
        group=group,
        cell=cell,
    )


@pytest.mark.parametrize(("group", "cell"), [(None, {}), ("tiles", {"month": "2024-05"})])
def test_a_receipt_knows_the_cell_that_ran(group: str | None, cell: dict[str, str]) -> None:
    read = Receipt.from_json(receipt(group, cell).to_json())
    assert (read.group, read.cell) == (group, cell)


def test_the_receipt_of_a_job_without_a_matrix_says_nothing_of_one() -> None:
    assert "cell" not in receipt(None, {}).to_json()
