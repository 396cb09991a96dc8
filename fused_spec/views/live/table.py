"""The live table of an apply in a terminal: one row per change, drawn again as events come in."""

from collections.abc import Callable
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fused_spec.messages.phrases import cut
from fused_spec.views.live.progress import WAITING, Board, Row
from fused_spec.views.words.english import duration
from fused_spec.views.words.shown import visible

_STYLES = {
    "succeeded": "green",
    "unchanged": "dim",
    "running": "cyan",
    "failed": "red",
    "lost": "red",
    "unknown": "red",
    "cancelled": "yellow",
    "held": "yellow",
    "timeout": "yellow",
    "skipped": "yellow",
    WAITING: "dim",
}
_BAR = 20
_NOTE = 60


def live_table(board: Board, *, stream: TextIO, color: bool, now: Callable[[], datetime], rows: int) -> Live:
    """A display to be used with `with`; it shows at most `rows` changes, those that run first."""
    console = Console(file=stream, no_color=not color, force_terminal=True, highlight=False)
    return Live(
        console=console,
        get_renderable=lambda: board_table(board, now=now(), most=rows),
        refresh_per_second=4,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def board_table(board: Board, *, now: datetime, most: int) -> Table:
    """The table as it stands at `now`."""
    table = Table.grid(padding=(0, 2))
    ordered = sorted(board.rows.values(), key=_urgency)
    for row in ordered[:most]:
        table.add_row(*_cells(row, now))
    if len(ordered) > most:
        table.add_row(Text(f"… {len(ordered) - most} more", style="dim"))
    if board.trouble:
        table.add_row(Text(cut(visible(board.trouble), _NOTE), style="yellow"))
    return table


def _urgency(row: Row) -> int:
    """Running rows first, then those that ended, then those that wait."""
    return 1 if row.over else 2 if row.state == WAITING else 0


def _cells(row: Row, now: datetime) -> tuple[Text, ...]:
    spent = duration(((row.until or now) - row.since).total_seconds()) if row.since else ""
    return (
        Text(visible(str(row.key))),
        Text(row.state, style=_STYLES.get(row.state, "")),
        Text(_bar(row)),
        Text(spent),
        Text(cut(visible(row.note or row.job_id or ""), _NOTE), style="dim"),
    )


def _bar(row: Row) -> str:
    if row.total_tasks < 2:
        return ""
    full = _BAR * row.finished_tasks // row.total_tasks
    return f"{'━' * full}{'╌' * (_BAR - full)} {row.finished_tasks}/{row.total_tasks}"
