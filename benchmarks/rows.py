"""What a benchmark tells: one row for each thing that is measured, beside what it is measured against.

A row is JSON of one line between a script and `benchmarks/run`, and a line of a Markdown table for people.
"""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound on what was measured: of ours alone, of ours as a multiple of the peer's, or the other way round."""

    of: Literal["ours", "ours/peer", "peer/ours"]
    most: bool
    bound: float
    text: str

    def is_met(self, measured: float) -> bool:
        return measured <= self.bound if self.most else measured >= self.bound


def at_most(times: float) -> Goal:
    """Ours is at most this multiple of the peer's."""
    return Goal(of="ours/peer", most=True, bound=times, text=f"≤ {times:g}×")


def at_least(times: float) -> Goal:
    """Ours, of which more is better, is at least this multiple of the peer's."""
    return Goal(of="ours/peer", most=False, bound=times, text=f"≥ {times:g}×")


def times_faster(times: float) -> Goal:
    """The peer takes at least this multiple of our time."""
    return Goal(of="peer/ours", most=False, bound=times, text=f"≥ {times:g} times faster")


def no_more_than(amount: float, unit: str) -> Goal:
    """Ours alone is at most this."""
    return Goal(of="ours", most=True, bound=amount, text=f"≤ {amount:,g} {unit}")


def no_less_than(amount: float, unit: str) -> Goal:
    """Ours alone is at least this."""
    return Goal(of="ours", most=False, bound=amount, text=f"≥ {amount:,g} {unit}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was measured `runs` times: the medians, and of what the goal bounds the lowest and the highest.

    `ratio` is the median of the ratios of each turn. `note` says what else a reader needs, and why a row that has no
    numbers has none.
    """

    name: str
    beside: str = ""
    ours: float | None = None
    peer: float | None = None
    unit: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    runs: int = 0
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Row":
        found = json.loads(line)
        spread = found["spread"]
        return cls(**{**found, "spread": None if spread is None else tuple(spread)})


def row(
    name: str,
    ours: Sequence[float],
    *,
    unit: str,
    beside: str = "",
    peer: Sequence[float] = (),
    goal: Goal | None = None,
    note: str = "",
) -> Row:
    """The row of what was measured in turns, `ours[n]` beside `peer[n]`; one figure of a peer stands for all turns."""
    peers = list(peer) * len(ours) if len(peer) == 1 else list(peer)
    bounded, ratios = list(ours), []
    if peers:
        inverse = goal is not None and goal.of == "peer/ours"
        pairs = zip(ours, peers, strict=True)
        ratios = [theirs / our if inverse else our / theirs for our, theirs in pairs]
        if goal is None or goal.of != "ours":
            bounded = ratios
    return Row(
        name=name,
        beside=beside,
        ours=statistics.median(ours),
        peer=statistics.median(peers) if peers else None,
        unit=unit,
        ratio=statistics.median(ratios) if ratios else None,
        goal=goal.text if goal else "",
        met=goal.is_met(statistics.median(bounded)) if goal else None,
        runs=len(ours),
        spread=(min(bounded), max(bounded)),
        note=note,
    )


def not_measured(name: str, why: object, *, beside: str = "", goal: Goal | None = None) -> Row:
    """The row of what could not be measured here, for instance because its peer cannot be had."""
    return Row(name=name, beside=beside, goal=goal.text if goal else "", note=f"not measured: {why}")


HEAD = ("| what | ours | beside it | theirs | ratio | goal | met |", "|---|---|---|---|---|---|---|")


def table(rows: Iterable[Row]) -> str:
    """The rows for people, in Markdown."""
    return "\n".join([*HEAD, *map(_line, rows)])


def _line(row: Row) -> str:
    told = {None: "", True: "yes", False: "**no**"}[row.met]
    spread = f" ({_figure(row.spread[0])}–{_figure(row.spread[1])})" if row.spread and row.runs > 1 else ""
    ours, ratio = _amount(row.ours, row.unit), _figure(row.ratio)
    if row.ratio is None:
        ours += spread
    else:
        ratio += spread
    name = f"{row.name}; {row.note}" if row.note else row.name
    return f"| {name} | {ours} | {row.beside} | {_amount(row.peer, row.unit)} | {ratio} | {row.goal} | {told} |"


def _amount(amount: float | None, unit: str) -> str:
    return "" if amount is None else f"{_figure(amount)} {unit}".rstrip()


def _figure(amount: float | None) -> str:
    """Three digits that say something, and all of a large number."""
    if amount is None:
        return ""
    return f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.3g}"
