"""What is told of tasks, while they run and when they end, to whoever asked for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fused_spec.engine.processes.task_process import Answer
from fused_spec.jobs.log_origins import Origin

Part = tuple[str, Origin]
"""A text for the log, and who wrote it."""


class Log(Protocol):
    """Where the lines go that tasks print; `origin` is who wrote them."""

    def write(self, text: str, origin: Origin, /) -> None: ...

    def write_part(self, text: str, origin: Origin, /) -> str:
        """Write the beginning of a line, and give back what cannot be written before more of it is known."""
        ...

    def write_parts(self, parts: Sequence[Part], /) -> None:
        """Write texts of which one without a line end may go on in the next of its origin."""
        ...

    def flush(self) -> None: ...


@dataclass(slots=True)  # not frozen, as `jobdir.Result`
class Done:
    """The answer to one task, what that took, and what is known of it (`task_process.Answer.facts`)."""

    index: int
    seconds: float
    answer: Answer
    facts: str


@dataclass(frozen=True, slots=True)
class Running:
    """A task that has not ended: when it began, in milliseconds since the epoch, and in which process or worker.

    `where` is the last frame in the user's own code, where it was ended and that is known.
    """

    index: int
    since: int
    worker: str
    where: str | None = None


Look = Callable[[Sequence[Running]], None]
"""Is told several times a second which tasks run, and may raise."""


Clear = Callable[[int, int | None], str | None]
"""Remove what a process left that is gone, by its number and the task that it was at; a line for the log."""
