"""The live table of an apply in a terminal: totals, and one row per change, drawn again as events come in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fused_spec.messages.phrases import cut
from fused_spec.views.live.progress import WAITING, Board, Row
from fused_spec.views.live.redrawing import Redrawn
from fused_spec.views.words.english import duration
from fused_spec.views.words.shown import visible
from fused_spec.views.words.tasks import left, straggler

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
_TROUBLE = frozenset({"failed", "lost", "unknown", "timeout", "cancelled", "held", "skipped"})
_BAR = 20
_SHORTEST_NAME, _SHORTEST_NOTE = 12, 8
_ROOMY, _NARROW = 76, 56  # columns, from which on there is a bar, and an own column for the time


def live_table(board: Board, *, stream: TextIO, color: bool, now: Callable[[], datetime], below: int) -> Live:
    """A display to be used with `with`; `below` lines of the terminal are left for what follows."""
    console = Console(file=stream, no_color=not color, force_terminal=True, highlight=False)

    def drawn() -> Group:
        return board_table(board, now=now(), width=console.width, height=console.height - below)

    return Redrawn(console=console, get_renderable=drawn, refresh_per_second=4)


def board_table(board: Board, *, now: datetime, width: int, height: int) -> Group:
    """Totals and rows as they stand at `now`, in so many columns and lines: failed first, then running, then waiting.

    A name is shown whole as long as anything else can be left out.
    """
    rows = sorted(board.rows.values(), key=_urgency)
    most = max(1, height - 1 - bool(board.trouble))
    shown = rows if len(rows) <= most else rows[: max(1, most - 1)]
    lines: list[Text | Table] = [_totals(board.rows.values(), width), _table(shown, now, width)]
    if len(shown) < len(rows):
        lines.append(Text(f"… {len(rows) - len(shown)} more: {_counts(rows[len(shown) :])}"[:width], style="dim"))
    if board.trouble:
        lines.append(Text(cut(visible(board.trouble), width), style="yellow"))
    return Group(*lines)


def _table(rows: list[Row], now: datetime, width: int) -> Table:
    names = [visible(str(row.key)) for row in rows]
    state = max((cell_len(row.state) for row in rows), default=0)
    counts = [_count(row) for row in rows]
    count = max(map(len, counts), default=0)
    times = [_time(row, now) if width >= _NARROW else "" for row in rows]
    time = max(map(len, times), default=0)
    room = max(_SHORTEST_NAME, width - sum(part + 2 for part in (state, count, time) if part) - 2)
    widest = max(map(cell_len, names), default=0)
    has_bars = width >= _ROOMY and widest + _BAR + 2 <= room and any(row.total_tasks > 1 for row in rows)
    room -= (_BAR + 2) * has_bars
    name = min(widest, room)
    note = room - name - 2
    table = Table.grid(padding=(0, 2, 0, 0))
    for row, shown, tasks, spent in zip(rows, names, counts, times, strict=True):
        cells: list[Text | ProgressBar] = [
            Text(_fitted(shown, name)),
            Text(row.state, style=_STYLES.get(row.state, "")),
        ]
        if has_bars:
            cells.append(_bar(row))
        cells += [Text(tasks)] if count else []
        cells += [Text(spent)] if time else []
        if note >= _SHORTEST_NOTE:
            cells.append(Text(cut(visible(_note(row, now)), note), style="dim"))
        table.add_row(*cells)
    return table


def _totals(rows: Collection[Row], width: int) -> Text:
    over = sum(row.over for row in rows)
    return Text(cut(f"{over} of {len(rows)} done: {_counts(rows)}", width), style="bold")


def _counts(rows: Iterable[Row]) -> str:
    """`2 failed, 3 running, 43 waiting`, in the order of the rows."""
    states = Counter(row.state for row in sorted(rows, key=_urgency))
    return ", ".join(f"{number} {state}" for state, number in states.items())


def _urgency(row: Row) -> int:
    """What needs a person first, then what runs, what waits, and last what went well."""
    if row.over:
        return 0 if row.state in _TROUBLE else 3
    return 2 if row.state == WAITING else 1


def _bar(row: Row) -> Text | ProgressBar:
    if row.total_tasks < 2:
        return Text("")
    style = "red" if row.standing is not None and row.standing.failed else "cyan"
    return ProgressBar(row.total_tasks, row.finished_tasks, width=_BAR, complete_style=style, finished_style="green")


def _count(row: Row) -> str:
    return f"{row.finished_tasks}/{row.total_tasks}" if row.total_tasks > 1 else ""


def _time(row: Row, now: datetime) -> str:
    if row.since is None:
        return ""
    spent = duration(((row.until or now) - row.since).total_seconds())
    if row.standing is None or row.over or straggler(row.standing, now) is not None:
        return spent
    ahead = left(row.standing)
    return spent if ahead is None else f"{spent}, {duration(ahead)} left"


def _note(row: Row, now: datetime) -> str:
    if not row.over and row.standing is not None and (slow := straggler(row.standing, now)) is not None:
        return slow
    return row.note or row.job_id or ""


def _fitted(text: str, width: int) -> str:
    """The text without its middle where it is too wide: what tells names apart is often at their ends."""
    if cell_len(text) <= width:
        return text
    half = (width - 1) // 2
    end = text
    while cell_len(end) > width - 1 - half:
        end = end[1:]
    return set_cell_size(text, half) + "…" + end
