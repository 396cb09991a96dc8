"""How fast a job's log is written, answered and archived, beside plainer ways to do each.

    uv run python benchmarks/logs.py [--quick] [--lines N] [--rounds N]

Each way runs in a process of its own; times include no start of a process. What is archived comes as the service's
answer, and goes through the search for secrets into a compressed file with its digest; beside it the same lines are
appended to a file, one by one, as JSON, so that each is there once it is written. Every archived line is compared.
"""

import gzip
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
from typing import Any, cast

from measure import command_line, in_turns, rounds, tell
from rows import Row, at_least, row

WRITE = (
    "LogWriter, a thousand lines at once",
    "LogWriter, line by line",
    "json.dumps and write",
    "logging.FileHandler",
)
ARCHIVE = ("archived", "appended, each line flushed", "appended")
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

    sum(map(len, log_part(path, None).as_list()))


def answer_half(path: Path, count: int) -> None:
    from fused_spec.service.workers.joblog import log_part

    sum(map(len, log_part(path, count // 2).as_list()))


def archive(path: Path, count: int) -> None:
    from fused_spec.api.logs.file import SaveLog
    from fused_spec.reconcile.archive.kept import write_log
    from fused_spec.reconcile.archive.spool import Spools

    class Api:
        def save_logs(self, _: str, file: Path, **given: Any) -> bool:
            with path.open("rb") as answer:
                SaveLog(file, sys.maxsize, **given)(iter(partial(answer.read, 64 * 1024), b""))
            return True

    log = Spools(path.parent).open("run", {}).whole(cast(Any, Api()), "run")
    assert write_log(path.with_suffix(".gz"), log.lines).lines == count


def append_flushed(path: Path, count: int) -> None:
    _append(path, count, flush=True)


def append(path: Path, count: int) -> None:
    _append(path, count, flush=False)


def _append(path: Path, count: int, *, flush: bool) -> None:
    with path.with_suffix(".copy").open("a", encoding="utf-8") as stream:
        for at, line in enumerate(lines(count)):
            stream.write(json.dumps({"timestamp": at, "message": line}, ensure_ascii=False) + "\n")
            if flush:
                stream.flush()


def read(path: Path, _: int) -> None:
    with path.open("rb") as stream:
        while stream.read(256 * 1024):
            pass


def parse(path: Path, _: int) -> None:
    with path.open("rb") as stream:
        json.dumps([json.loads(line) for line in stream])


WAYS: dict[str, Callable[[Path, int], None]] = dict(
    zip(
        (*WRITE, *ANSWER, *ARCHIVE),
        (
            *(write_batches, write_each, write_json, write_logging),
            *(answer_whole, answer_half, read, parse),
            *(archive, append_flushed, append),
        ),
        strict=True,
    )
)


def measure(way: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        if way in ANSWER:
            entries = (json.dumps({"timestamp": at, "message": line}) for at, line in enumerate(lines(count)))
            path.write_text("\n".join(entries) + "\n", encoding="utf-8")
        if way in ARCHIVE:
            records = [{"timestamp": at, "message": line} for at, line in enumerate(lines(count))]
            path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
        WAYS[way](Path(folder) / "first", 0) if way in WRITE else WAYS[way](path, count)  # imports
        began = time.perf_counter()
        WAYS[way](path, count)
        seconds = time.perf_counter() - began
        if way == ARCHIVE[0]:
            with gzip.open(path.with_suffix(".gz"), "rt", encoding="utf-8") as kept:
                assert [json.loads(line) for line in kept] == records
        return seconds


def rate(way: str, count: int) -> float:
    """Lines a second of one way, measured in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--lines", str(count)]
    return count / float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def rows(given: Namespace) -> Iterator[Row]:
    count = given.lines or (50_000 if given.quick else 200_000)
    for what, ways in (("written", WRITE), ("answered", ANSWER)):
        found = in_turns({way: partial(rate, way, count) for way in ways}, rounds=rounds(given, usually=5, quick=2))
        for ours in ways[:2]:
            for peer in ways[2:]:
                name = f"{count:,} lines {what}: {ours}"
                yield row(name, found[ours], unit="lines/s", beside=peer, peer=found[peer])
    ours, *peers = ARCHIVE
    found = in_turns({way: partial(rate, way, count) for way in ARCHIVE}, rounds=rounds(given, usually=5, quick=2))
    for peer, goal in zip(peers, (at_least(0.8), None), strict=True):
        name = f"{count:,} lines {ours}"
        yield row(name, found[ours], unit="lines/s", beside=peer, peer=found[peer], goal=goal)


if __name__ == "__main__":
    parser = command_line(__doc__)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--way", choices=WAYS, help=SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(measure(arguments.way, arguments.lines))
    else:
        tell(rows, arguments)
