"""What a page tells of runs, from what is kept of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.jobs.places import place_of
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskState
from fused_spec.maps.model import State
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.spool import LogRecord
from fused_spec.views.pages.data import RunPage
from fused_spec.views.pages.gathering import MOST_RUNS, newest_of, page_data, since_then
from fused_spec.views.pages.tasks import MOST_LISTED
from tests.unit.views.pages import kept


def page_of(archive: Archive, name: str) -> RunPage:
    [run] = page_data("page", [newest_of(name, archive)], archive).runs
    return run


def test_runs_come_from_the_newest_to_the_oldest(tmp_path: Path) -> None:
    archive = kept.week(tmp_path)
    runs = page_data("week", list(archive.receipts()), archive).runs
    assert [run.name for run in runs] == ["tiles", "lost", "counties", "tiles", "tiles", "tiles", "tiles"]


def test_failures_that_are_alike_are_told_once_with_their_inputs(tmp_path: Path) -> None:
    [group] = page_of(kept.week(tmp_path), "tiles").errors
    assert (group.signature, group.count, group.where) == ("KeyError: 'geom'", 3, "udfs/tiles.py:10")
    assert [one.partition(" ")[0] for one in group.elements] == ["47", "118", "203"]


def test_what_failed_is_listed_first_and_then_what_took_longest(tmp_path: Path) -> None:
    lines = page_of(kept.week(tmp_path), "tiles").tasks
    assert [line.state for line in lines[:4]] == [State.FAILED] * 3 + [State.SUCCEEDED]
    assert lines[3].seconds == max(line.seconds or 0 for line in lines[3:])


def test_time_is_compared_with_earlier_runs_that_succeeded(tmp_path: Path) -> None:
    run = page_of(kept.week(tmp_path), "tiles")
    assert run.comparison == "16% longer than the median of 4 earlier runs that succeeded (4m 30s)"
    assert [one.is_this for one in run.earlier] == [True, False, False, False, False]


def test_cost_is_of_the_machine_and_the_time(tmp_path: Path) -> None:
    archive = kept.week(tmp_path)
    run = page_of(archive, "counties")
    assert run.cost == pytest.approx(0.096 / 5)
    [unpriced] = page_data("page", [newest_of("counties", archive)], archive, prices={}).runs
    assert unpriced.cost is None


def test_a_task_that_was_tried_again_counts_as_it_ended(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    kept.keep(archive, "r1", tasks=[kept.failed(0), kept.task(0, attempt=2), kept.task(1)])
    run = page_of(archive, "r1")
    assert run.counts == ((State.SUCCEEDED, 2),)
    assert run.errors == ()


def test_tasks_that_never_began_are_counted_and_have_squares(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    kept.keep(archive, "r1", tasks=[kept.task(0), kept.task(1, TaskState.CANCELLED)], elements=range(4))  # type: ignore[arg-type]
    [grid] = page_of(archive, "r1").grids
    states = [State.SUCCEEDED, State.CANCELLED]
    assert [cell.state for cell in grid.cells] == [*states, State.NOT_STARTED, State.NOT_STARTED]


def test_a_square_of_many_tasks_shows_the_worst_and_leads_to_it(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    kept.keep(archive, "r1", tasks=kept.tiles(10_000, bad=(4_321,)))
    run = page_of(archive, "r1")
    [grid] = run.grids
    assert (len(grid.cells), grid.each, len(run.tasks), run.all_tasks) == (1_000, 10, MOST_LISTED, 10_000)
    bad = [cell for cell in grid.cells if cell.state is State.FAILED]
    assert [(cell.first, cell.last, cell.count, cell.leads_to) for cell in bad] == [(4_320, 4_329, 1, 4_321)]


def test_a_run_whose_tasks_are_not_kept_says_so(tmp_path: Path) -> None:
    run = page_of(kept.week(tmp_path), "counties")
    assert run.notes == ("What became of each task is not kept for this run.",)
    assert [fact.value for fact in run.outputs[0].facts] == ["3,231", "6", "EPSG:4326"]


def test_a_log_that_was_changed_is_told_and_not_shown(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    kept.keep(archive, "r1", status=RunStatus.FAILED)
    [log] = tmp_path.rglob("logs.jsonl.gz")
    log.write_bytes(b"changed")
    run = page_of(archive, "r1")
    assert run.log == ()
    assert any(note.startswith("The log cannot be read") for note in run.notes)


def test_the_end_of_a_log_is_shown_of_what_did_not_succeed(tmp_path: Path) -> None:
    archive = kept.week(tmp_path)
    assert page_of(archive, "tiles").log[-1] == "KeyError: 'geom'"
    assert page_of(archive, "counties").log == ()


def test_the_last_lines_of_a_failed_task_are_its_own(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    tasks = [kept.failed(0), kept.task(1)]
    log = [LogRecord(n, f"line {n}", step=1, task=n % 2, stream="stdout") for n in range(200)]
    kept.keep(archive, "r1", tasks=tasks, log=log)
    run = page_of(archive, "r1")
    assert run.log == ()
    [end] = run.ends
    assert (end.task.index, len(end.lines), end.lines[-1]) == (0, 40, "line 198")


def test_a_run_that_nobody_archived_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(FusedSpecError, match="no run of nothing is archived") as told:
        newest_of("nothing", kept.week(tmp_path))
    assert "fused-spec jobs" in str(told.value.hint)


def test_since_a_moment_are_those_that_were_created_then(tmp_path: Path) -> None:
    archive = kept.week(tmp_path)
    found = since_then(kept.BEGIN + timedelta(hours=96), archive)
    assert sorted(one.key.name for one in found) == ["counties", "lost", "tiles"]


def test_of_very_many_runs_the_oldest_are_counted(tmp_path: Path) -> None:
    archive = kept.empty(tmp_path)
    for number in range(MOST_RUNS + 3):
        kept.keep(archive, f"r{number}", hours=number)
    data = page_data("many", list(archive.receipts()), archive)
    assert (len(data.runs), data.left_out) == (MOST_RUNS, 3)


@pytest.mark.parametrize(
    ("element", "bounds"),
    [
        ({"bbox": [1, 2, 3, 4]}, (1, 2, 3, 4)),
        ({"bounds": (1.5, 2, 3, 4)}, (1.5, 2, 3, 4)),
        ({"x": 0, "y": 0, "z": 1}, (-180, 0, 0, 85.0511287798066)),
        ({"lon": 8, "lat": 47}, (8, 47, 8, 47)),
        ({"x": 5, "y": 0, "z": 1}, None),
        ({"bbox": [1, 2, float("nan"), 4]}, None),
        ({"bbox": [1, 2, 3]}, None),
        ({"bbox": [1, 2, 3, 10**400]}, None),
        ({"bbox": "1,2,3,4"}, None),
        ({"lon": True, "lat": 1}, None),
        (7, None),
        (None, None),
    ],
)
def test_an_element_says_where_it_lies(element: object, bounds: object) -> None:
    assert place_of(element) == (None if bounds is None else pytest.approx(bounds))
