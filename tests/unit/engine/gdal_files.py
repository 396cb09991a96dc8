"""Small files of the formats that GDAL reads, and what an ingestion says of them."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import (
    geo_step,
    partition_geospatial,
    partition_nongeospatial,
    saved,
)

DATA = Path(__file__).parent / "data"
POINT = {"type": "Point", "coordinates": [1, 2]}


def feature(properties: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": POINT, **more}


def collection(path: Path, values: Iterable[Any], name: str = "p") -> str:
    """A GeoJSON file of points whose property has these values."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature({name: one}) for one in values]}))
    return str(path)


def lines_of(path: Path, records: Sequence[str], *, before: str = "") -> str:
    """A file of newline-delimited records."""
    path.write_text("".join(f"{before}{record}\n" for record in records))
    return str(path)


def timed(times: Any, path: Path, **options: Any) -> str:
    """A table of points with a column `t`."""
    points = [shapely.Point(1, 2)] * len(times)
    return saved(gpd.GeoDataFrame({"t": pd.to_datetime(times)}, geometry=points, crs=4326), path, **options)


def facts(source: str, storage: Path, **options: Any) -> dict[str, Any]:
    """What the account of an ingestion says of its only input."""
    return dict(partition_geospatial(geo_step(source, **options), storage, "job-1")["inputs"][0])


def plain_facts(source: str, storage: Path, **options: Any) -> dict[str, Any]:
    step = PartitionNongeospatialStep(input=source, output="fd://table", **options)
    return dict(partition_nongeospatial(step, storage, "job-1")["inputs"][0])


def lossy(found: dict[str, Any]) -> list[str]:
    """The sentences about what was lost."""
    return [one["what"] for one in found["lossy"]]


def cut(path: str | Path, share: float = 0.5) -> str:
    """The file without its end."""
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: int(len(content) * share)])
    return str(path)
