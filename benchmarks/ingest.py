"""How fast and in how much memory an ingestion partitions a table into 64 files, beside its peers.

    uv run python benchmarks/ingest.py [--quick] [--rounds N]

Two million points and 500,000 polygons; a tenth of that with --quick, and without the peers that take minutes. pyarrow
reads the file and writes it again into as many files in the order that it has, with the same compression. Each way runs
in a process of its own that has imported what it needs before the clock starts; memory is the largest resident set of
that process and its children.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path

import peers
from measure import command_line, in_turns, rounds, tell
from rows import Row, at_most, not_measured, row, times_faster

WAYS = Path(__file__).with_name("ingest_ways.py")
FILES = 64
FLOOR = "pyarrow: read and rewrite"
OURS = {"fused-spec, mean": "mean", "fused-spec, median": "median"}
SLOW = {"dask-geopandas spatial_shuffle": "dask", "geoparquet-io kd-tree": "geoparquet-io"}  # minutes: one turn only
DUCKDB = "DuckDB spatial: Hilbert and ntile"
ENVIRONMENTS = {DUCKDB: "duckdb", **SLOW}
GOALS = {FLOOR: at_most(2), DUCKDB: at_most(1), **dict.fromkeys(SLOW, times_faster(8))}


def rows(given: Namespace) -> Iterator[Row]:
    turns = rounds(given, usually=3, quick=1)
    with tempfile.TemporaryDirectory() as folder:
        for kind, size in (("points", 2_000_000), ("polygons", 500_000)):
            count = size // 10 if given.quick else size
            source = Path(folder) / f"{kind}.parquet"
            _run(Path(sys.executable), "make", kind, str(count), str(source))
            yield from _rows(f"{count:,} {kind} into {FILES} files", source, turns, slow=not given.quick)


def _rows(name: str, source: Path, turns: int, *, slow: bool) -> Iterator[Row]:
    ways = {way: _way(Path(sys.executable), way, source) for way in (FLOOR, *OURS)}
    for way, environment in ENVIRONMENTS.items():
        if way in SLOW and not slow:
            continue
        try:
            ways[way] = _way(peers.programs(environment) / "python", way, source)
        except peers.Absent as absent:
            yield not_measured(name, absent, beside=way, goal=GOALS[way])
    found = in_turns({way: run for way, run in ways.items() if way not in SLOW}, rounds=turns, warm_up=False)
    found |= in_turns({way: run for way, run in ways.items() if way in SLOW}, rounds=1, warm_up=False)
    for ours, method in OURS.items():
        for way, goal in GOALS.items():
            if way in found:
                taken, theirs = ([seconds for seconds, _ in found[who]] for who in (ours, way))
                yield row(f"{name}, {method}", taken, unit="s", beside=way, peer=theirs, goal=goal)
        taken, theirs = ([memory for _, memory in found[who]] for who in (ours, FLOOR))
        yield row(f"{name}, {method}: memory", taken, unit="MiB", beside=FLOOR, peer=theirs, goal=at_most(1.5))


def _way(python: Path, way: str, source: Path) -> Callable[[], tuple[float, float]]:
    """The seconds and the MiB that a way says it took, in a process of its own."""

    def once() -> tuple[float, float]:
        output = source.parent / "output"
        answer = json.loads(_run(python, way, str(source), str(output), str(FILES)).splitlines()[-1])
        shutil.rmtree(output)
        return answer["seconds"], answer["memory"]

    return once


def _run(python: Path, *arguments: str) -> str:
    done = subprocess.run([python, WAYS, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
