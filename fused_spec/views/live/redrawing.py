"""A display that is drawn again in place, also when the terminal was made narrower in between."""

from math import ceil
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.live_render import LiveRender
from rich.segment import ControlType, Segment


class Redrawn(Live):
    """As rich's, but that lines which a narrower terminal has broken are taken away whole."""

    def __init__(self, *, console: Console, **more: Any) -> None:
        super().__init__(console=console, redirect_stdout=False, redirect_stderr=False, **more)
        self._live_render = _Render(console, self.get_renderable(), vertical_overflow=self.vertical_overflow)


class _Render(LiveRender):
    """Remembers how wide each line was that it drew: a terminal breaks those that are wider than itself."""

    def __init__(self, console: Console, renderable: Any, **more: Any) -> None:
        super().__init__(renderable, **more)
        self._console = console
        self._widths: list[int] = []

    def position_cursor(self) -> Control:
        if not self._widths:
            return Control()
        width = max(1, self._console.width)
        height = sum(max(1, ceil(drawn / width)) for drawn in self._widths)
        clear = (ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
        return Control(*clear, *(((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)) * (height - 1)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = list(super().__rich_console__(console, options))
        lines = Segment.split_lines(segment for segment in drawn if isinstance(segment, Segment))
        self._widths = [sum(cell_len(segment.text) for segment in line) for line in lines]
        yield from drawn
