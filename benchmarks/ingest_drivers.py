"""How many rows a second the engine reads of the formats that GDAL opens, beside GDAL's own ways.

    uv run python benchmarks/ingest_drivers.py [--rows N] [--only SUFFIX ...] [--rounds N]

The columns: GDAL's Arrow stream as it is, which keeps errors in its middle to itself; GDAL feature by feature, without
Arrow, which does not; and the engine, which reads the stream with every error heard, after it has looked into the file.
Each reads 200,000 points with an integer, a text and a time, in a process of its own, and takes its turn.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

DRIVERS = {
    ".gpkg": "GPKG",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".geojsonl": "GeoJSONSeq",
    ".gml": "GML",
    ".tab": "MapInfo File",
    ".mif": "MapInfo File",
    ".sqlite": "SQLite",
    ".gdb": "OpenFileGDB",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=DRIVERS, default=list(DRIVERS), metavar="SUFFIX")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way is not None:
        print(seconds(WAYS[given.way](), given.source))
        return
    print("| format | GDAL's Arrow stream | feature by feature | the engine | engine / stream |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in given.only:
            source = Path(folder) / f"points{suffix}"
            write(source, DRIVERS[suffix], given.rows)
            taken: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(given.rounds):
                for way, times in taken.items():
                    times.append(float(run("--way", way, "--source", str(source))))
            rates = [given.rows / statistics.median(times) for times in taken.values()]
            print(
                f"| {suffix} | {' | '.join(f'{rate:,.0f}' for rate in rates)} | {rates[2] / rates[0]:.2f} |", flush=True
            )


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, __file__, *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout.splitlines()[-1]


def write(path: Path, driver: str, rows: int) -> None:
    import warnings

    import geopandas as gpd
    import numpy as np
    import pandas as pd

    chance = np.random.default_rng(1)
    table = pd.DataFrame({"number": np.arange(rows), "name": np.arange(rows).astype(str)})
    if driver != "ESRI Shapefile":  # which has no times
        table["seen"] = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows), "s")
    located = gpd.points_from_xy(chance.uniform(-180, 180, rows), chance.uniform(-90, 90, rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(table, geometry=located, crs=4326).to_file(path, driver=driver)


def seconds(read: Callable[[Path], int], source: Path) -> float:
    start = time.perf_counter()
    rows = read(source)
    taken = time.perf_counter() - start
    if not rows:
        raise SystemExit(f"no rows in {source}")
    return taken


def stream() -> Callable[[Path], int]:
    import pyogrio

    def read(source: Path) -> int:
        with pyogrio.open_arrow(source, use_pyarrow=True) as (_, reader):
            return sum(len(batch) for batch in reader)

    return read


def features() -> Callable[[Path], int]:
    import pyogrio.raw

    return lambda source: len(pyogrio.raw.read(source)[2])


def engine() -> Callable[[Path], int]:
    from fused_spec.engine.ingest.inputs.files import Input
    from fused_spec.engine.ingest.reading.gdal.reader import open_gdal
    from fused_spec.engine.ingest.reading.options import Reading

    def read(source: Path) -> int:
        layer = open_gdal(Input(source), list, Reading(), plain=False)
        return sum(batch.attributes.num_rows for batch in layer.batches(range(len(layer.parts))))

    return read


WAYS: dict[str, Callable[[], Callable[[Path], int]]] = {"stream": stream, "features": features, "engine": engine}


if __name__ == "__main__":
    main()
