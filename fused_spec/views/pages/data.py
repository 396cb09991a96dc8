"""What a page shows of runs, as frozen values; every foreign text in them is one harmless line without secrets."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from fused_spec.maps.model import MapData, State


class Fact(Struct, frozen=True):
    """A word and what it is."""

    name: str
    value: str


class TaskLine(Struct, frozen=True, kw_only=True):
    """One task; `started` and `seconds` count from the run's beginning, `element` is its input as it was declared."""

    step: int
    index: int
    state: State
    element: str = ""
    started: float | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    memory: int | None = None
    rows: int | None = None
    attempt: int = 1
    error: str = ""
    where: str = ""


class Cell(Struct, frozen=True, kw_only=True):
    """The tasks from `first` to `last`: the worst of their states, how many have it, and one of them that is listed."""

    state: State
    first: int
    last: int
    count: int
    leads_to: int | None = None


class Grid(Struct, frozen=True, kw_only=True):
    """All tasks of a step."""

    step: int
    total: int
    each: int
    cells: Sequence[Cell]


class ErrorGroup(Struct, frozen=True, kw_only=True):
    """Failures that are alike."""

    signature: str
    where: str
    count: int
    first: TaskLine
    elements: Sequence[str]


class TaskEnd(Struct, frozen=True, kw_only=True):
    """The last lines that a task wrote."""

    task: TaskLine
    lines: Sequence[str]


class Earlier(Struct, frozen=True, kw_only=True):
    """A run of the same job, or this one; `share` is its time as a part of the longest of them."""

    job_id: str
    created: datetime
    state: State
    seconds: float | None
    share: float
    tasks: str
    cost: float | None
    is_this: bool


class StepFacts(Struct, frozen=True, kw_only=True):
    """What came of a step, in numbers."""

    title: str
    facts: Sequence[Fact]


class Made(Struct, frozen=True, kw_only=True):
    """The outputs of a run: what is told of all of them, and where they lie."""

    facts: Sequence[Fact]
    place: MapData | None
    notes: Sequence[str] = ()


class RunPage(Struct, frozen=True, kw_only=True):
    """One run, with all that is told of it; `comparison` says its time and cost against those before it."""

    name: str
    job_id: str
    state: State
    created: datetime
    ended: datetime | None
    seconds: float | None
    cost: float | None
    facts: Sequence[Fact]
    counts: Sequence[tuple[State, int]]
    grids: Sequence[Grid]
    tasks: Sequence[TaskLine]
    all_tasks: int
    busy: Sequence[int]
    """How many tasks ran in each part of the run's time."""
    errors: Sequence[ErrorGroup]
    ends: Sequence[TaskEnd]
    """Of the first task of each error."""
    log: Sequence[str]
    log_lines: int
    outputs: Sequence[StepFacts]
    place: MapData | None
    """Where the tasks lie."""
    made: Made | None
    earlier: Sequence[Earlier]
    comparison: str
    notes: Sequence[str]


class PageData(Struct, frozen=True, kw_only=True):
    """All that a report shows, its runs from the newest to the oldest; `left_out` are those that it only counts."""

    title: str
    runs: Sequence[RunPage]
    left_out: int = 0
