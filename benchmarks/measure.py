"""How a benchmark measures: whole processes or calls, warmed up once, in turns; and the command line of its script.

A script yields rows as they are found:

    def rows(given: Namespace) -> Iterator[Row]: ...

    if __name__ == "__main__":
        tell(rows, command_line(__doc__).parse_args())
"""

import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from rows import Goal, Row, row, table

ROOT = Path(__file__).parents[1]
FUSED_SPEC = Path(sys.executable).with_name("fused-spec")
_MEBIBYTE = 1 << 20
_UNIT_OF_MEMORY = 1 if sys.platform == "darwin" else 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one process and its children took: seconds by the clock and of the processors, and the most memory in MiB.

    Children count that were waited for; a service that a command leaves behind does not.
    """

    seconds: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Command:
    """A whole process to be measured; one that ends otherwise than with one of `codes` breaks the script."""

    words: Sequence[str | Path]
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    codes: tuple[int, ...] = (0,)

    def __call__(self) -> Spent:
        with tempfile.TemporaryFile() as errors:
            began = time.perf_counter()
            process = subprocess.Popen(
                self.words,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in self.codes:
                errors.seek(0)
                told = errors.read().decode(errors="replace")[-2000:]
                raise SystemExit(f"{' '.join(map(str, self.words))} ended with {process.returncode}:\n{told}")
        memory = usage.ru_maxrss * _UNIT_OF_MEMORY / _MEBIBYTE
        return Spent(seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, memory=memory)


def in_turns(ways: Mapping[str, Callable[[], T]], *, rounds: int, warm_up: bool = True) -> dict[str, list[T]]:
    """What each way answers, `rounds` times: A B A B, so that a slow moment of the machine hits all of them."""
    if warm_up:
        for way in ways.values():
            way()
    found: dict[str, list[T]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def side_by_side(name: str, ours: Command, beside: str, peer: Command, *, rounds: int, goal: Goal) -> Row:
    """Two whole processes by the clock; the note tells of the processors' time."""
    found = in_turns({"ours": ours, "peer": peer}, rounds=rounds)

    def compared(seconds: Callable[[Spent], float]) -> Row:
        milliseconds = {who: [seconds(spent) * 1000 for spent in spents] for who, spents in found.items()}
        return row(name, milliseconds["ours"], unit="ms", beside=beside, peer=milliseconds["peer"], goal=goal)

    clock, processors = compared(lambda spent: spent.seconds), compared(lambda spent: spent.cpu)
    return replace(clock, note=f"of the processors {processors.ours:.0f} ms, ratio {processors.ratio:.2g}")


def command_line(doc: str | None) -> ArgumentParser:
    """The arguments that each script has, so that one command can run them all.

    The processes that it starts find Python as a user has it: with bytecode, which the warm-up writes.
    """
    for name in [name for name in os.environ if name.startswith("PYTHON")]:
        del os.environ[name]
    parser = ArgumentParser(description=doc, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer, for a look in passing")
    parser.add_argument("--json", action="store_true", help="one row a line, as it is found")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    return parser


def rounds(given: Namespace, *, usually: int, quick: int) -> int:
    """How often to measure: as was asked, or as suits the script."""
    return int(given.rounds or (quick if given.quick else usually))


def tell(rows: Callable[[Namespace], Iterator[Row]], given: Namespace) -> None:
    """Print what a script finds."""
    if given.json:
        for found in rows(given):
            print(found.as_json, flush=True)
    else:
        print(table(rows(given)))
