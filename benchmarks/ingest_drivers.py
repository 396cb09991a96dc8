"""How many rows a second the engine reads of the formats that GDAL opens, beside GDAL's own ways.

    uv run python benchmarks/ingest_drivers.py [--quick] [--only SUFFIX ...] [--rounds N]

GDAL's Arrow stream as it is keeps errors in its middle to itself; GDAL feature by feature, without Arrow, does not; the
engine reads the stream with every error heard, after it has looked into the file. Each reads 200,000 points (--quick:
20,000 of three formats) with an integer, a text and a time, in a process of its own, and takes its turn.
"""

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


QUICK = (".gpkg", ".fgb", ".geojson")
BESIDE = {"stream": "GDAL's Arrow stream as it is", "features": "GDAL, feature by feature"}


def rows(given: Namespace) -> Iterator[Row]:
    count = 20_000 if given.quick else 200_000
    with tempfile.TemporaryDirectory() as folder:
        for suffix in given.only or (QUICK if given.quick else DRIVERS):
            source = Path(folder) / f"points{suffix}"
            write(source, DRIVERS[suffix], count)
            ways = {way: partial(rate, way, source, count) for way in WAYS}
            found = in_turns(ways, rounds=rounds(given, usually=3, quick=1), warm_up=False)
            for way, beside in BESIDE.items():
                name = f"{count:,} rows of a {suffix}"
                yield row(name, found["engine"], unit="rows/s", beside=beside, peer=found[way])


def rate(way: str, source: Path, count: int) -> float:
    """Rows a second of one way, in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--source", str(source)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{way} of {source.name} failed:\n{done.stderr}")
    return count / float(done.stdout.splitlines()[-1])


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
    parser = command_line(__doc__)
    parser.add_argument("--only", nargs="+", choices=DRIVERS, metavar="SUFFIX")
    parser.add_argument("--way", choices=WAYS, help=SUPPRESS)
    parser.add_argument("--source", type=Path, help=SUPPRESS)
    given = parser.parse_args()
    if given.way is None:
        tell(rows, given)
    else:
        print(seconds(WAYS[given.way](), given.source))
