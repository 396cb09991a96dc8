"""How fast a job's log is written and answered, beside plainer ways to do either.

    uv run python benchmarks/logs.py [--lines N] [--rounds N]

The ways take turns, each in a process of its own; the median of the rounds counts. Times include no start of a process.
"""

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

WRITE = (
    "LogWriter, a thousand lines at once",
    "LogWriter, line by line",
    "json.dumps and write",
    "logging.FileHandler",
)
ANSWER = ("the answer, whole", "the answer, from the middle on", "reading the file", "json.loads and json.dumps")


def lines(count: int) -> Iterator[str]:
    return (f"tile {number}: 12345 features read, é" for number in range(count))


def write_batches(path: Path, count: int) -> None:
    from fused_spec.engine.reporting.log import LogWriter

    texts = list(lines(count))
    with LogWriter(path) as log:
        for start in range(0, count, 1000):
            log.write_lines(texts[start : start + 1000])


def write_each(path: Path, count: int) -> None:
    from fused_spec.engine.reporting.log import LogWriter

    with LogWriter(path) as log:
        for line in lines(count):
            log.write(line)


def write_json(path: Path, count: int) -> None:
    with path.open("a", encoding="utf-8") as stream:
        for line in lines(count):
            entry = {"timestamp": time.time_ns() // 1_000_000, "message": line}
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def write_logging(path: Path, count: int) -> None:
    logger = logging.getLogger("benchmark")
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger.addHandler(handler)
    for line in lines(count):
        logger.warning("%s", line)
    handler.close()


def answer_whole(path: Path, _: int) -> None:
    from fused_spec.service.workers.joblog import log_part

    sum(map(len, log_part(path, None).pieces()))


def answer_half(path: Path, count: int) -> None:
    from fused_spec.service.workers.joblog import log_part

    sum(map(len, log_part(path, count // 2).pieces()))


def read(path: Path, _: int) -> None:
    with path.open("rb") as stream:
        while stream.read(256 * 1024):
            pass


def parse(path: Path, _: int) -> None:
    with path.open("rb") as stream:
        json.dumps([json.loads(line) for line in stream])


WAYS: dict[str, Callable[[Path, int], None]] = dict(
    zip(
        (*WRITE, *ANSWER),
        (write_batches, write_each, write_json, write_logging, answer_whole, answer_half, read, parse),
        strict=True,
    )
)


def once(way: str, count: int) -> float:
    """Seconds of one way, measured in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--lines", str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(way: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        if way in ANSWER:
            entries = (json.dumps({"timestamp": at, "message": line}) for at, line in enumerate(lines(count)))
            path.write_text("\n".join(entries) + "\n", encoding="utf-8")
        WAYS[way](Path(folder) / "first", 0) if way in WRITE else WAYS[way](path, count)  # imports
        began = time.perf_counter()
        WAYS[way](path, count)
        return time.perf_counter() - began


def table(title: str, ways: tuple[str, ...], count: int, rounds: int) -> str:
    """Markdown: the time of each way, and as a multiple of the first one's."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            seconds[way].append(once(way, count))
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    first = medians[ways[0]]
    rows = [f"| {way} | {median * 1000:.1f} | {median / first:.2f} |" for way, median in medians.items()]
    return "\n".join([f"### {title}", "", "| way | ms | ratio |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(measure(arguments.way, arguments.lines))
    else:
        print(table(f"{arguments.lines:,} lines written", WRITE, arguments.lines, arguments.rounds))
        print(table(f"a log of {arguments.lines:,} lines answered", ANSWER, arguments.lines, arguments.rounds))
