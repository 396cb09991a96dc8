"""Events as lines, as rows, and as a table in a terminal."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from rich.text import Text

from fused_spec.jobs.parts import Part, Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import RunningTask, Standing
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
from fused_spec.views.live.redrawing import Redrawn
from fused_spec.views.live.table import board_table
from fused_spec.views.words.tasks import left, straggler
from tests.unit.views.things import NOW, change, job_key

CHANGE = change("a")


def running(finished: int = 1, total: int = 4, status: RunStatus = RunStatus.RUNNING) -> StatusChanged:
    return StatusChanged(
        key=job_key("a"), job_id="7e57", status=status, finished_tasks=finished, total_tasks=total, at=NOW
    )


def test_a_run_of_a_part_says_for_how_many_elements_it_was_started() -> None:
    part = Part(of=300, elements=Stretches.of([7, 8, 100]), after="7e56")
    line = event_line(replace(started(), part=part))
    assert line is not None
    assert line.endswith("started as 7e57, for 3 of 300 elements")


def started() -> Started:
    return Started(change=CHANGE, job_id="7e57", at=NOW)


def finished(status: OutcomeStatus = OutcomeStatus.SUCCEEDED) -> Finished:
    return Finished(outcome=Outcome(change=CHANGE, status=status, job_id="7e57"), at=NOW + timedelta(seconds=65))


def board(*events: Event) -> Board:
    shown = Board.of([CHANGE, change("b")])
    for event in events:
        shown.take(event)
    return shown


def drawn(shown: Board, *, height: int = 10, width: int = 100, later: float = 5) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(board_table(shown, now=NOW + timedelta(seconds=later), width=width, height=height))
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
    totals, first, second = drawn(board(started(), running()))
    assert totals == "0 of 2 done: 1 running, 1 waiting"
    assert first.replace("━", "").split() == ["Job/a", "running", "1/4", "5s", "7e57"]
    assert second.split() == ["Job/b", "waiting"]


def test_a_run_that_ended_shows_how_long_it_took() -> None:
    assert "1m 05s" in drawn(board(started(), finished()))[2]


def test_what_failed_comes_first_and_what_went_well_last() -> None:
    shown = Board.of([change(name) for name in "abcd"])
    shown.rows[job_key("a")].state, shown.rows[job_key("a")].until = "succeeded", NOW
    shown.rows[job_key("c")].state = "running"
    shown.rows[job_key("d")].state, shown.rows[job_key("d")].until = "failed", NOW
    assert [line.split()[0] for line in drawn(shown)[1:]] == ["Job/d", "Job/c", "Job/b", "Job/a"]


def test_a_table_longer_than_the_terminal_says_how_much_is_hidden() -> None:
    shown = Board.of([change(name) for name in "abc"])
    assert drawn(shown, height=3)[-1].strip() == "… 2 more: 2 waiting"


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("count", [1, 60, 1000])
def test_the_table_fits_the_terminal(width: int, count: int) -> None:
    shown = Board.of([change(f"tile-{number:04}-of-a-rather-long-name-that-goes-on") for number in range(count)])
    for row in shown.rows.values():
        row.state, row.total_tasks, row.since, row.job_id = "running", 10**6, NOW, "256dd311-0000-0000"
        row.standing = standing()
    lines = drawn(shown, width=width, height=24)
    assert len(lines) <= 24
    assert max(map(cell_len, lines)) <= width


def test_a_name_is_whole_as_long_as_anything_else_can_be_left_out() -> None:
    shown = Board.of([change("tile-of-a-rather-long-name")])
    shown.take(Attached(change=change("tile-of-a-rather-long-name"), job_id="256dd311-0000", at=NOW))
    assert "Job/tile-of-a-rather-long-name" in drawn(shown, width=45)[1]


def test_of_a_name_that_is_too_long_both_ends_are_shown() -> None:
    shown = Board.of([change("tile-" + "x" * 60 + "-2024-05")])
    [_, line] = drawn(shown, width=40)
    assert line.startswith("Job/tile-x")
    assert "2024-05" in line


def test_a_terminal_that_became_narrower_is_cleared_of_all_lines_that_it_broke() -> None:
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    live = Redrawn(console=console, get_renderable=lambda: Text("x" * 90), auto_refresh=False)
    live.start(refresh=True)
    console.size = ConsoleDimensions(40, 30)
    live.refresh()
    assert console.file.getvalue().count("\x1b[1A") == 2  # type: ignore[attr-defined]
    live.stop()


def standing(**known: Any) -> Standing:
    told = {"at": 0, "total": 100, "succeeded": 99, "failed": 0, "running": 1, "mean_seconds": 0.1} | known
    longest = [RunningTask(step=1, index=3, since=round(NOW.timestamp() * 1000), worker="71")]
    return Standing(median_seconds=0.1, longest_running=longest, **told)


def test_a_task_that_keeps_the_others_waiting_is_named() -> None:
    assert straggler(standing(), NOW + timedelta(seconds=14)) == "input 3 has run for 14s, the median is 0.1s"


@pytest.mark.parametrize(("succeeded", "seconds"), [(99, 1), (1, 14)])
def test_no_task_is_named_too_early(succeeded: int, seconds: int) -> None:
    assert straggler(standing(succeeded=succeeded), NOW + timedelta(seconds=seconds)) is None


def test_the_end_is_estimated_by_the_tasks_that_have_ended() -> None:
    assert left(standing(succeeded=40, running=2, mean_seconds=6.0)) == 180.0
    assert left(standing(succeeded=2, running=2, mean_seconds=6.0)) is None


def test_a_row_counts_what_the_service_tells_of_the_tasks() -> None:
    seen = replace(running(0, 100), standing=standing(succeeded=98, failed=1))
    assert board(started(), seen).rows[job_key("a")].finished_tasks == 99
    assert event_line(seen) == "12:00:00 Job/a: running, 99 of 100 tasks (1 failed)"


def test_progress_is_told_once_a_second_at_most() -> None:
    moments = (0, 0.2, 0.9, 1.1, 1.2, 2.2)
    seen = [replace(running(number, 9), at=NOW + timedelta(seconds=at)) for number, at in enumerate(moments)]
    told = [line is not None for line in lines(*seen)]
    assert told == [True, True, False, False, True, True]


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
        None,
    ]


def test_what_is_no_status_is_told_as_often_as_it_happens() -> None:
    assert lines(started(), started()) == ["12:00:00 Job/a: started as 7e57"] * 2
