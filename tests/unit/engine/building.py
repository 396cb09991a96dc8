"""Small real tables, and the shortest way to ingest them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely

from fused_spec.engine.ingest.account import Account, lines
from fused_spec.engine.ingest.alone import ingest
from fused_spec.engine.ingest.geospatial import geospatial
from fused_spec.engine.ingest.nongeospatial import nongeospatial
from fused_spec.engine.storage import Root
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep


def grid(width: int = 10, height: int = 10, *, size: float = 0.5) -> gpd.GeoDataFrame:
    """Squares whose lower left corners are whole degrees; `row` numbers them."""
    corners = [(x, y) for y in range(height) for x in range(width)]
    boxes = [shapely.box(x, y, x + size, y + size) for x, y in corners]
    return gpd.GeoDataFrame({"row": range(len(boxes))}, geometry=boxes, crs=4326)


def points(count: int = 20) -> gpd.GeoDataFrame:
    """Points on a line from the origin, a degree apart, with a number and a word."""
    words = [f"word{number % 3}" for number in range(count)]
    located = [shapely.Point(number, number) for number in range(count)]
    return gpd.GeoDataFrame({"row": range(count), "word": words}, geometry=located, crs=4326)


def areas(frame: pd.DataFrame) -> Any:
    """In square degrees, which geopandas would warn about."""
    return shapely.area(frame["geometry"].to_numpy())


def saved(frame: pd.DataFrame, path: Path, **options: Any) -> str:
    """Write a table in the format of the path's suffix, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix in (".parquet", ".pq"):
        frame.to_parquet(path, **options)
    else:
        frame.to_file(path, **options)
    return str(path)


def geo_step(source: str | list[str], **options: Any) -> PartitionGeospatialStep:
    defaults = {"output": "fd://table", "partitioning_method": "rows", "partitioning_split_method": "mean"}
    return PartitionGeospatialStep(input=source, **{**defaults, **options})


def partition_geospatial(
    step: PartitionGeospatialStep, storage: Root, job_id: str, memory_limit: int | None = None
) -> Account:
    """Carry out the step in this process; its account comes back, and is printed."""
    return _told(ingest(geospatial(step, storage, job_id), memory_limit))


def partition_nongeospatial(
    step: PartitionNongeospatialStep, storage: Root, job_id: str, memory_limit: int | None = None
) -> Account:
    """Carry out the step in this process; its account comes back, and is printed."""
    return _told(ingest(nongeospatial(step, storage, job_id), memory_limit))


def _told(account: Account) -> Account:
    print("\n".join(lines(account)))
    return account


def ingested(source: str | list[str], storage: Path, **options: Any) -> gpd.GeoDataFrame:
    """All rows of the table that an ingestion of the source leaves."""
    partition_geospatial(geo_step(source, **options), storage, "job-1")
    return gpd.read_parquet(storage / "table")


def plain_ingested(source: str | list[str], storage: Path, **options: Any) -> pd.DataFrame:
    step = PartitionNongeospatialStep(input=source, **{"output": "fd://table", **options})
    partition_nongeospatial(step, storage, "job-1")
    return pd.read_parquet(storage / "table")


def chunk_sizes(storage: Path, name: str = "table") -> list[list[int]]:
    """The rows in each row group of each file."""
    files = sorted((storage / name).glob("*.parquet"), key=lambda path: int(path.stem))
    return [_sizes(pq.read_metadata(path)) for path in files]


def _sizes(metadata: pq.FileMetaData) -> list[int]:
    return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
