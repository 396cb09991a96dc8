"""How fast and in how much memory an ingestion partitions a table into 64 files, beside its peers.

    uv run python benchmarks/ingest.py [--quick] [--rounds N] [--only NAME ...]

Two million points and 500,000 polygons, a tenth of that with --quick. The first row, to which the others are ratios, is
pyarrow reading the file and writing it again into as many files in the order that it has, with the same compression.
Each way runs in a process of its own that has imported what it needs before the clock starts; memory is the largest
resident set of that process and its children. The peers are installed from PyPI into benchmarks/.peers.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
WAYS = HERE / "ingest_ways.py"
PACKAGES = {
    "dask": ("dask-geopandas==0.5.0", "dask[distributed]", "geopandas", "pyarrow"),
    "duckdb": ("duckdb==1.5.5", "duckdb-extension-spatial==1.5.5"),
    # It asks for a later DuckDB, whose spatial extension is not on PyPI; it gets the same one as DuckDB itself.
    "geoparquet-io": ("geoparquet-io==1.7.0",),
}
FILES = 64
SLOW = ("dask-geopandas spatial_shuffle", "geoparquet-io kd-tree")  # run once, being minutes and not seconds
ENVIRONMENTS = {
    "pyarrow: read and rewrite": None,
    "fused-spec, mean": None,
    "fused-spec, median": None,
    "DuckDB spatial: Hilbert and ntile": "duckdb",
    SLOW[0]: "dask",
    SLOW[1]: "geoparquet-io",
}
NAMES = tuple(ENVIRONMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One way: the median wall time in seconds, and the largest resident set in MiB."""

    name: str
    seconds: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    given = parser.parse_args()
    install_peers()
    with tempfile.TemporaryDirectory() as folder:
        for kind, rows in (("points", 2_000_000), ("polygons", 500_000)):
            count = rows // 10 if given.quick else rows
            source = Path(folder) / f"{kind}.parquet"
            run(sys.executable, "make", kind, str(count), str(source))
            print(table(f"{count:,} {kind}", measure(source, given.only, given.rounds)), flush=True)


def install_peers() -> None:
    """An environment for each peer: their requirements contradict each other."""
    for name, packages in PACKAGES.items():
        folder = PEERS / name
        if (folder / "installed").exists():
            continue
        subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = ["uv", "pip", "install", "--quiet", "--python", folder / "bin/python"]
        subprocess.run([*install, *packages], check=True)
        if name == "geoparquet-io":
            subprocess.run([*install, *PACKAGES["duckdb"]], check=True)
        (folder / "installed").touch()


def measure(source: Path, names: list[str], rounds: int) -> list[Measured]:
    """Let the ways take turns, so that a slow moment of the machine hits all of them."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in NAMES if name in names}
    for number in range(rounds):
        for name, measured in found.items():
            if number and name in SLOW:
                continue
            output = source.parent / "output"
            environment = ENVIRONMENTS[name]
            python = sys.executable if environment is None else str(PEERS / environment / "bin/python")
            answer = json.loads(run(python, name, str(source), str(output), str(FILES)).splitlines()[-1])
            measured.append((answer["seconds"], answer["memory"]))
            shutil.rmtree(output)
    return [
        Measured(
            name=name,
            seconds=statistics.median(seconds for seconds, _ in measured),
            memory=statistics.median(memory for _, memory in measured),
        )
        for name, measured in found.items()
    ]


def run(python: str, *arguments: str) -> str:
    done = subprocess.run([python, WAYS, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def table(title: str, measured: list[Measured]) -> str:
    """A Markdown table with times and memory as multiples of the first row's."""
    first = measured[0]
    rows = [
        f"| {one.name} | {one.seconds:.2f} | {one.seconds / first.seconds:.2f} "
        f"| {one.memory:.0f} | {one.memory / first.memory:.2f} |"
        for one in measured
    ]
    return "\n".join(
        [f"### {title} into {FILES} files", "", "| way | s | ratio | MiB | ratio |", "|---|---|---|---|---|", *rows, ""]
    )


if __name__ == "__main__":
    main()
