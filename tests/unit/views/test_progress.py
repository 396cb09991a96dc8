"""Events as lines, as rows, and as a table in a terminal."""

import io
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action
from fused_spec.reconcile.applying.events import (
    Attached,
    Cancelling,
    Event,
    Finished,
    ServiceSilent,
    Started,
    StatusChanged,
    Uploaded,
)
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.spec.model import LocalFile
from fused_spec.views.live.progress import Board, PlainLog, event_line
from fused_spec.views.live.table import board_table
from tests.unit.views.things import NOW, change, job_key

CHANGE = change("a")


def running(finished: int = 1, total: int = 4, status: RunStatus = RunStatus.RUNNING) -> StatusChanged:
    return StatusChanged(
        key=job_key("a"), job_id="7e57", status=status, finished_tasks=finished, total_tasks=total, at=NOW
    )


def started() -> Started:
    return Started(change=CHANGE, job_id="7e57", at=NOW)


def finished(status: OutcomeStatus = OutcomeStatus.SUCCEEDED) -> Finished:
    return Finished(outcome=Outcome(change=CHANGE, status=status, job_id="7e57"), at=NOW + timedelta(seconds=65))


def board(*events: Event) -> Board:
    shown = Board.of([CHANGE, change("b")])
    for event in events:
        shown.take(event)
    return shown


def drawn(shown: Board, most: int = 10) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(board_table(shown, now=NOW + timedelta(seconds=5), most=most))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_an_event_is_a_line_with_its_time() -> None:
    assert event_line(started()) == "12:00:00 Job/a: started as 7e57"


def test_progress_is_told_in_tasks() -> None:
    assert event_line(running()) == "12:00:00 Job/a: running, 1 of 4 tasks"


def test_the_end_of_a_run_is_told_once() -> None:
    assert event_line(running(4, 4, RunStatus.SUCCEEDED)) is None
    assert event_line(finished()) == "12:01:05 Job/a: succeeded"


def test_what_was_there_already_is_no_line() -> None:
    file = LocalFile(path=Path("a.csv"), sha256="0", size=1200, url="fd://a")
    assert event_line(Uploaded(key=job_key("a"), file=file, sent=False, at=NOW)) is None
    assert event_line(Uploaded(key=job_key("a"), file=file, sent=True, at=NOW)) == (
        "12:00:00 Job/a: uploaded a.csv (1,200 bytes)"
    )


def test_what_stays_as_it_is_has_no_row() -> None:
    assert list(Board.of([change("a", action=Action.NONE), change("b")]).rows) == [job_key("b")]


def test_a_row_follows_its_run() -> None:
    row = board(started(), running()).rows[job_key("a")]
    assert (row.state, row.job_id, row.finished_tasks, row.over) == ("running", "7e57", 1, False)


def test_what_runs_goes_on_when_nobody_waits() -> None:
    assert [row.key for row in board(started()).in_flight] == [job_key("a")]
    assert board(started(), finished()).in_flight == []
    assert len(board(Attached(change=CHANGE, job_id="7e57", at=NOW)).in_flight) == 1


def test_a_cancelling_row_says_so() -> None:
    event = Cancelling(key=job_key("a"), job_id="7e57", why="its spec changed", at=NOW)
    assert board(started(), event).rows[job_key("a")].state == "cancelling"


def test_the_table_draws_progress_and_time() -> None:
    lines = drawn(board(started(), running()))
    assert lines[0].split() == ["Job/a", "running", "━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌", "1/4", "5s", "7e57"]
    assert lines[1].split() == ["Job/b", "waiting"]


def test_a_run_that_ended_shows_how_long_it_took() -> None:
    assert "1m 05s" in drawn(board(started(), finished()))[0]


def test_a_table_longer_than_the_terminal_says_how_much_is_hidden() -> None:
    assert drawn(board(started()), most=1)[-1].strip() == "… 1 more"


def test_a_silent_service_is_shown_until_it_speaks() -> None:
    silent = ServiceSilent(error="connection refused", at=NOW)
    assert "connection refused" in "".join(drawn(board(started(), silent)))
    assert "connection refused" not in "".join(drawn(board(started(), silent, running())))


def test_the_end_of_a_run_that_was_started_twice_leaves_the_row_of_the_one_that_counts() -> None:
    extra = change("a", action=Action.CANCEL)
    ended = Finished(outcome=Outcome(change=extra, status=OutcomeStatus.CANCELLED, job_id="twice"), at=NOW)
    cancelling = Cancelling(key=job_key("a"), job_id="twice", why="it was started twice", at=NOW)
    [row] = board(started(), running(), cancelling, ended).in_flight
    assert (row.job_id, row.state) == ("7e57", "running")


def lines(*events: Event) -> list[str | None]:
    log = PlainLog()
    return [log.line(event) for event in events]


def test_a_status_is_told_again_only_in_other_words() -> None:
    other = StatusChanged(
        key=job_key("a"), job_id="7e58", status=RunStatus.RUNNING, finished_tasks=0, total_tasks=1, at=NOW
    )
    assert lines(running(0, 1), running(1, 1), other, running(0, 4), running(0, 4), running(1, 4)) == [
        "12:00:00 Job/a: running",
        None,
        "12:00:00 Job/a: running",
        "12:00:00 Job/a: running, 0 of 4 tasks",
        None,
        "12:00:00 Job/a: running, 1 of 4 tasks",
    ]


def test_what_is_no_status_is_told_as_often_as_it_happens() -> None:
    assert lines(started(), started()) == ["12:00:00 Job/a: started as 7e57"] * 2
