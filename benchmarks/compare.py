"""Time whole commands against each other and print ratios.

The commands take turns, so that a slow moment of the machine hits all of them; the median of the rounds counts.
Ratios hold from machine to machine, milliseconds do not, so only ratios belong in a report.
"""

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The median wall time of one command, in seconds, and how often it was run."""

    name: str
    seconds: float
    rounds: int


def compare(commands: Mapping[str, Sequence[str]], *, rounds: int) -> list[Timing]:
    """Run every command once unmeasured, then `rounds` times in turn; raises when one of them fails."""
    for command in commands.values():
        _seconds(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(_seconds(command))
    return [Timing(name=name, seconds=statistics.median(seconds), rounds=rounds) for name, seconds in times.items()]


def table(title: str, timings: Sequence[Timing]) -> str:
    """A Markdown table with each command's time as a multiple of the first one's."""
    first = timings[0].seconds
    rows = [f"| {timing.name} | {timing.seconds * 1000:.0f} | {timing.seconds / first:.2f} |" for timing in timings]
    return "\n".join(
        [
            f"### {title}",
            "",
            f"median of {timings[0].rounds} rounds",
            "",
            "| command | ms | ratio |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started
