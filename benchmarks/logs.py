"""How fast a job's log is written and answered, beside plainer ways to do either.

    uv run python benchmarks/logs.py [--quick] [--lines N] [--rounds N]

Each way runs in a process of its own; times include no start of a process.
"""

import json
import logging
import subprocess
import sys
import tempfile
import time
from argparse import SUPPRESS, Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from measure import command_line, in_turns, rounds, tell
from rows import Row, row

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


def rate(way: str, count: int) -> float:
    """Lines a second of one way, measured in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--lines", str(count)]
    return count / float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def rows(given: Namespace) -> Iterator[Row]:
    count = given.lines or (50_000 if given.quick else 200_000)
    for what, ways in (("written", WRITE), ("answered", ANSWER)):
        found = in_turns({way: partial(rate, way, count) for way in ways}, rounds=rounds(given, usually=5, quick=3))
        for ours in ways[:2]:
            for peer in ways[2:]:
                name = f"{count:,} lines {what}: {ours}"
                yield row(name, found[ours], unit="lines/s", beside=peer, peer=found[peer])


if __name__ == "__main__":
    parser = command_line(__doc__)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--way", choices=WAYS, help=SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(measure(arguments.way, arguments.lines))
    else:
        tell(rows, arguments)
