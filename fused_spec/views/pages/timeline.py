"""When runs ran, as bars in the units of a picture that is 1,000 wide."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from fused_spec.maps.model import State
from fused_spec.views.pages.data import RunPage

WIDTH = 1_000.0
_TICKS = 5
_NARROWEST = 3.0


class Bar(Struct, frozen=True, kw_only=True):
    """One run; `busy` are points of a line that says how many tasks ran."""

    name: str
    job_id: str
    state: State
    left: float
    width: float
    busy: str


class Tick(Struct, frozen=True):
    left: float
    when: datetime


class Timeline(Struct, frozen=True, kw_only=True):
    bars: Sequence[Bar]
    ticks: Sequence[Tick]


def timeline(runs: Sequence[RunPage], height: float) -> Timeline | None:
    """The runs from the first to the last; None where no time passed."""
    ended = [one.ended or one.created for one in runs]
    if not runs or max(ended) <= min(one.created for one in runs):
        return None
    begin = min(one.created for one in runs)
    whole = (max(ended) - begin).total_seconds()
    bars = []
    for run, end in zip(runs, ended, strict=True):
        left = (run.created - begin).total_seconds() / whole * WIDTH
        width = max(_NARROWEST, (end - run.created).total_seconds() / whole * WIDTH)
        left = min(left, WIDTH - width)
        busy = _line(run.busy, left, width, height)
        bars.append(Bar(name=run.name, job_id=run.job_id, state=run.state, left=left, width=width, busy=busy))
    times = [begin + timedelta(seconds=whole * number / _TICKS) for number in range(_TICKS)]
    ticks = [Tick(number * WIDTH / _TICKS, when) for number, when in enumerate(times)]
    return Timeline(bars=tuple(bars), ticks=tuple(ticks))


def _line(busy: Sequence[int], left: float, width: float, height: float) -> str:
    most = max(busy, default=0)
    if not most:
        return ""
    step = width / len(busy)
    points = [f"{left:.1f},{height:.1f}"]
    for number, one in enumerate(busy):
        y = height * (1 - one / most)
        points += [f"{left + number * step:.1f},{y:.1f}", f"{left + (number + 1) * step:.1f},{y:.1f}"]
    return " ".join([*points, f"{left + width:.1f},{height:.1f}"])
