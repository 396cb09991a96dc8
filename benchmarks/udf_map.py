"""How fast a UDF is mapped over inputs, beside a bare process pool, joblib and Dask.

    uv run python benchmarks/udf_map.py [--quick] [--rounds N]

Two functions: one that does nothing, over 10,000 inputs, and one that reads, buffers and measures 10,000 polygons, over
200; 2,000 and 20 inputs with --quick. Every way has its processes and their imports before its clock starts, except the
engine, whose time begins with the request, includes the forks, and ends when everything is kept.
"""

import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import peers
from measure import command_line, in_turns, rounds, tell
from rows import Goal, Row, at_most, not_measured, row, times_faster

CONTENDERS = Path(__file__).with_name("udf_map_contenders.py")
POOL = "process-pool"
NAMES = {POOL: "`ProcessPoolExecutor.map`", "joblib": "joblib, automatic batches", "dask": "Dask, `LocalCluster`"}
OF_TRIVIAL = {POOL: times_faster(5), "joblib": at_most(2), "dask": times_faster(10)}
OF_REALISTIC = {POOL: at_most(1.05), "joblib": None, "dask": None}


def rows(given: Namespace) -> Iterator[Row]:
    turns = rounds(given, usually=5, quick=1)
    trivial, realistic = (2_000, 8) if given.quick else (10_000, 200)
    name = f"{trivial:,} calls of a function that does nothing"
    yield from _rows(name, "trivial", list(range(trivial)), OF_TRIVIAL, turns)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "buildings.parquet")
        _make_buildings(path)
        name = f"{realistic} calls that read, buffer and measure 10,000 polygons"
        yield from _rows(name, "realistic", [path] * realistic, OF_REALISTIC, turns)


def _rows(name: str, task: str, inputs: list[object], goals: Mapping[str, Goal | None], turns: int) -> Iterator[Row]:
    content = json.dumps(inputs)
    ways = {way: _way(Path(sys.executable), way, task, content) for way in ("engine", POOL)}
    try:
        python = peers.programs("maps") / "python"
    except peers.Absent as absent:
        yield from (not_measured(name, absent, beside=NAMES[way], goal=goals[way]) for way in ("joblib", "dask"))
    else:
        ways |= {way: _way(python, way, task, content) for way in ("joblib", "dask")}
    found = in_turns(ways, rounds=turns, warm_up=False)  # each warms up itself
    for way in ways:
        if way != "engine":
            yield row(name, found["engine"], unit="s", beside=NAMES[way], peer=found[way], goal=goals[way])


def _way(python: Path, way: str, task: str, content: str) -> Callable[[], float]:
    """The seconds that a way says it took, in a process of its own."""

    def once() -> float:
        done = subprocess.run([python, CONTENDERS, way, task, content], check=True, stdout=subprocess.PIPE, text=True)
        return float(done.stdout.splitlines()[-1])

    return once


def _make_buildings(path: str) -> None:
    import geopandas as gpd
    import numpy as np
    import shapely

    random = np.random.default_rng(7)
    x, y = random.uniform(0, 100_000, (2, 10_000))
    width, height = random.uniform(5, 40, (2, 10_000))
    gpd.GeoDataFrame(geometry=shapely.box(x, y, x + width, y + height), crs=32632).to_parquet(path)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
