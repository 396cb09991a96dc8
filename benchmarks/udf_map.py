"""How fast a UDF is mapped over inputs, beside a bare process pool, joblib and Dask.

    uv run python benchmarks/udf_map.py [--quick] [--rounds N]

Two functions: one that does nothing, over 10,000 inputs, and one that reads, buffers and measures 10,000 polygons, over
200. The ways take turns; the median of the rounds counts. Every way has its processes and their imports before its
clock starts, except the engine, whose time begins with the request and includes the forks. joblib and Dask come from an
environment of their own that uv makes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CONTENDERS = HERE / "udf_map_contenders.py"
PEERS = ("joblib", "dask", "distributed", "geopandas", "pyarrow")
NAMES = {
    "engine": "fused-spec's engine, everything kept",
    "process-pool": "`ProcessPoolExecutor.map`",
    "joblib": "joblib, automatic batches",
    "dask": "Dask, `LocalCluster`",
}


def main(*, rounds: int, trivial: int, realistic: int) -> None:
    own = [sys.executable, str(CONTENDERS)]
    packages = [word for name in PEERS for word in ("--with", name)]
    peers = ["uv", "run", "--quiet", "--no-project", "--python", sys.executable, *packages, "python", str(CONTENDERS)]
    commands = {"engine": own, "process-pool": own, "joblib": peers, "dask": peers}
    print(_table(f"{trivial:,} calls of a function that does nothing", commands, "trivial", range(trivial), rounds))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "buildings.parquet")
        _make_buildings(path)
        title = f"{realistic} calls that read, buffer and measure 10,000 polygons"
        print(_table(title, commands, "realistic", [path] * realistic, rounds))


def _table(title: str, commands: dict[str, list[str]], task: str, inputs: object, rounds: int) -> str:
    """Markdown: the time of each way, and as a multiple of the engine's."""
    content = json.dumps(list(inputs))  # type: ignore[call-overload]
    seconds: dict[str, list[float]] = {way: [] for way in commands}
    for _ in range(rounds):
        for way, command in commands.items():
            done = subprocess.run([*command, way, task, content], check=True, capture_output=True, text=True)
            seconds[way].append(float(done.stdout.splitlines()[-1]))
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    first = medians["engine"]
    rows = [f"| {NAMES[way]} | {median:.3f} | {median / first:.2f} |" for way, median in medians.items()]
    return "\n".join([f"### {title}", "", "| way | s | ratio |", "|---|---|---|", *rows, ""])


def _make_buildings(path: str) -> None:
    import geopandas as gpd
    import numpy as np
    import shapely

    random = np.random.default_rng(7)
    x, y = random.uniform(0, 100_000, (2, 10_000))
    width, height = random.uniform(5, 40, (2, 10_000))
    gpd.GeoDataFrame(geometry=shapely.box(x, y, x + width, y + height), crs=32632).to_parquet(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 and 20 inputs, one round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.quick:
        main(rounds=1, trivial=2_000, realistic=20)
    else:
        main(rounds=options.rounds, trivial=10_000, realistic=200)
