"""From paths to a plan, and from a plan to its outcomes, with a person looking on."""

import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from fused_spec.api.client import FusedAPI
from fused_spec.cli.console import Console
from fused_spec.cli.lookup import marker_cache, open_archive
from fused_spec.cli.options import Context
from fused_spec.cli.specs import valid_specs
from fused_spec.cli.target import connect, find_target
from fused_spec.errors import FusedSpecError, Interrupted
from fused_spec.plan import planner
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.apply import Options
from fused_spec.reconcile.apply import apply as reconcile
from fused_spec.reconcile.archive import Archive
from fused_spec.reconcile.events import Event, Finished
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.refresh import read_history
from fused_spec.settings import Target
from fused_spec.views.progress import Board, event_line
from fused_spec.views.words import counted

_LAST_LINES = 10
_BELOW_THE_TABLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan, and where it is to be carried out."""

    plan: Plan
    target: Target
    api: FusedAPI
    archive: Archive


def make_plan(context: Context, paths: tuple[str, ...], requests: Requests, *, archive: Path | None = None) -> Planned:
    """Read the specs and the history, and compare them; nothing is changed.

    Raises `SpecError` before anything is asked of a service, when the specs are invalid.
    """
    resolution = valid_specs(context, paths)
    project = resolution.project
    target = find_target(context, project)
    api = connect(FusedAPI, target, context, project)
    kept = open_archive(project, archive)
    now = datetime.now(UTC)
    history = read_history(
        api, resolution, archive=kept, cache=marker_cache(project, target), now=now, prune=requests.prune
    )
    plan = planner.make_plan(resolution, history, target=target.name, requests=requests, now=now)
    return Planned(plan=plan, target=target, api=api, archive=kept)


def confirm(context: Context, planned: Planned, *, yes: bool) -> None:
    """Ask before anything but this machine is changed, when somebody is there to answer."""
    asked = sys.stdin.isatty() and context.console.stderr.isatty()
    if yes or not asked or planned.target.is_local or not planned.plan.has_changes:
        return
    if not click.confirm(f"Apply to {planned.target.name}?", err=True):
        raise FusedSpecError("nothing was started", hint="-y applies without asking")


def carry_out(context: Context, planned: Planned, options: Options) -> list[Outcome]:
    """Apply the plan and show its progress; outcomes come in the order of the plan.

    Raises `Interrupted` on Ctrl-C; runs go on.
    """
    board = Board.of(planned.plan.changes)
    events = reconcile(planned.plan, planned.api, archive=planned.archive, options=options)
    outcomes: list[Outcome] = []
    try:
        with closing(events), _display(context.console, board) as show:  # type: ignore[type-var]
            for event in events:
                board.take(event)
                show(event)
                if isinstance(event, Finished):
                    outcomes.append(event.outcome)
    except KeyboardInterrupt:
        raise _interrupted(board) from None
    place = {id(change): index for index, change in enumerate(planned.plan.changes)}
    return sorted(outcomes, key=lambda outcome: place[id(outcome.change)])


def last_log_lines(planned: Planned, outcomes: Sequence[Outcome]) -> dict[str, list[str]]:
    """The end of the log of each run that failed, by its id; a log that cannot be read is left out."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.job_id and outcome.status in (OutcomeStatus.FAILED, OutcomeStatus.LOST):
            with suppress(FusedSpecError):
                found[outcome.job_id] = _last_lines(planned, outcome.job_id)
    return found


def _last_lines(planned: Planned, job_id: str) -> list[str]:
    receipt = next(iter(planned.archive.find(job_id)), None)
    if receipt is not None:
        return [line.message.rstrip() for line in deque(planned.archive.read_logs(receipt), maxlen=_LAST_LINES)]
    return [line.message.rstrip() for line in planned.api.get_logs(job_id)[-_LAST_LINES:]]


@contextmanager
def _display(console: Console, board: Board) -> Iterator[Callable[[Event], None]]:
    """Show progress: a table that is drawn again in a terminal, a line per event elsewhere."""
    if not console.live:
        yield lambda event: _say(console, event)
        return
    from fused_spec.views.live import live_table

    rows = max(1, shutil.get_terminal_size().lines - _BELOW_THE_TABLE)
    color = console.has_color(console.stderr)
    with live_table(board, stream=console.stderr, color=color, now=lambda: datetime.now(UTC), rows=rows):
        yield lambda event: None


def _say(console: Console, event: Event) -> None:
    if line := event_line(event):
        console.say(line)


def _interrupted(board: Board) -> Interrupted:
    running = [f"{row.key.name} ({row.job_id})" for row in board.in_flight]
    go_on = f"{counted(len(running), 'run')} {'goes' if len(running) == 1 else 'go'} on: {', '.join(running)}"
    return Interrupted(
        go_on if running else "stopped waiting; what was started goes on",
        hint="the next apply attaches; `fused-spec cancel NAME` ends a run",
    )
