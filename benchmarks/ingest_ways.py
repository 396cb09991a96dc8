"""One way to partition a table, run in a process of its own by benchmarks/ingest.py; imports come before the clock."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

Way = Callable[[Path, Path, int], None]


def pyarrow_way() -> Way:
    from concurrent.futures import ThreadPoolExecutor

    import pyarrow.parquet as pq

    def rewrite(source: Path, output: Path, files: int) -> None:
        table = pq.read_table(source)
        rows = -(-table.num_rows // files)

        def write(number: int) -> None:
            path = output / f"{number}.parquet"
            pq.write_table(table.slice(number * rows, rows), path, compression="zstd", use_dictionary=["name"])

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(write, range(files)))

    return rewrite


def fused_spec_way(method: str) -> Way:
    import pyarrow.parquet as pq

    from fused_spec.engine.ingest import alone
    from fused_spec.engine.ingest.geospatial import geospatial
    from fused_spec.wire import PartitionGeospatialStep

    def ingest(source: Path, output: Path, files: int) -> None:
        rows = pq.read_metadata(source).num_rows
        step = PartitionGeospatialStep(
            input=str(source),
            output=str(output / "table"),
            partitioning_method="rows",
            partitioning_split_method=method,
            partitioning_maximum_per_file=-(-rows // files) + files,
            partitioning_maximum_per_chunk=65_000,
        )
        alone.ingest(geospatial(step, output, "job"))

    return ingest


def duckdb_way() -> Way:
    import duckdb
    import duckdb_extension_spatial

    [extension] = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")

    def tile(source: Path, output: Path, files: int) -> None:
        connection = duckdb.connect(config={"allow_unsigned_extensions": True, "threads": 2})
        connection.execute(f"LOAD '{extension}'")
        world = "ST_Extent(ST_MakeEnvelope(-180, -90, 180, 90))"
        tiled = f"SELECT *, ntile({files}) OVER (ORDER BY ST_Hilbert(ST_Centroid(geometry), {world})) AS tile"
        options = "FORMAT parquet, COMPRESSION zstd, PARTITION_BY (tile)"
        connection.execute(f"COPY ({tiled} FROM read_parquet('{source}')) TO '{output}/tiles' ({options})")

    return tile


def dask_geopandas_way() -> Way:
    import dask
    import dask_geopandas

    def shuffle(source: Path, output: Path, files: int) -> None:
        with dask.config.set(scheduler="threads", num_workers=2):
            table = dask_geopandas.read_parquet(source, split_row_groups=True)
            table.spatial_shuffle(by="hilbert", npartitions=files).to_parquet(output / "tiles", compression="zstd")

    return shuffle


def geoparquet_io_way() -> Way:
    import duckdb_extension_spatial

    command = Path(sys.executable).with_name("gpio")
    home = Path(sys.prefix) / "home"  # DuckDB looks for extensions in its user's home
    [extension] = Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension")
    installed = home / ".duckdb/extensions" / extension.parent.name / "linux_amd64" / extension.name
    installed.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(extension, installed)

    def partition(source: Path, output: Path, files: int) -> None:
        arguments = ["--partitions", str(files), "--skip-analysis", "--force"]
        environment = {**os.environ, "HOME": str(home)}
        subprocess.run(
            [command, "partition", "kdtree", source, output / "tiles", *arguments], check=True, env=environment
        )

    return partition


def make(kind: str, count: int, path: Path) -> None:
    """Random places around a few hundred towns, each with a number, a name, a value and a height."""
    import geopandas as gpd
    import numpy as np
    import shapely

    random = np.random.default_rng(1)
    towns = random.uniform([-160, -60], [160, 70], (200, 2))
    places = towns[random.integers(0, 200, count)] + random.normal(0, 3, (count, 2))
    geometry = shapely.points(places) if kind == "points" else _polygons(places, random)
    columns = {
        "id": np.arange(count),
        "name": np.char.add("name ", random.integers(0, 5000, count).astype(str)),
        "value": random.normal(size=count),
        "height": random.integers(1, 60, count).astype(np.int32),
    }
    gpd.GeoDataFrame(columns, geometry=geometry, crs=4326).to_parquet(path, compression="zstd", row_group_size=100_000)


def _polygons(places, random):
    """Buildings of twelve corners."""
    import numpy as np
    import shapely

    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius = random.uniform(1e-4, 1e-3, (len(places), 1)) * random.uniform(0.7, 1.3, (len(places), 12))
    x, y = places[:, :1] + radius * np.cos(angle), places[:, 1:] + radius * np.sin(angle)
    ring = np.stack([x, y], axis=-1)
    return shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))


WAYS: dict[str, Callable[[], Way]] = {
    "pyarrow: read and rewrite": pyarrow_way,
    "fused-spec, mean": lambda: fused_spec_way("mean"),
    "fused-spec, median": lambda: fused_spec_way("median"),
    "DuckDB spatial: Hilbert and ntile": duckdb_way,
    "dask-geopandas spatial_shuffle": dask_geopandas_way,
    "geoparquet-io kd-tree": geoparquet_io_way,
}


def main(name: str, source: str, output: str, files: str) -> None:
    way = WAYS[name]()
    Path(output).mkdir()
    started = time.perf_counter()
    way(Path(source), Path(output), int(files))
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print("\n" + json.dumps({"seconds": seconds, "memory": max(peaks)}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        main(*sys.argv[1:])
