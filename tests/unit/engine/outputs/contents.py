"""Contents in memory as outputs, which count what is asked of them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from fused_spec.engine.outputs.facts import facts_of
from fused_spec.engine.outputs.model import File, Output, Told


class Kept:
    """Bytes, of which parts are asked for; `asked` has the length of each part."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[int] = []

    def tail(self, count: int) -> tuple[bytes, int]:
        self.asked.append(min(count, len(self.content)))
        return self.content[-count:], len(self.content)

    def part(self, start: int, end: int) -> bytes:
        self.asked.append(end - start)
        return self.content[start:end]

    def save(self, file: Path) -> None:
        self.asked.append(len(self.content))
        file.write_bytes(self.content)


def output(name: str, content: bytes | Kept, task: int | None = None) -> Output:
    kept = content if isinstance(content, Kept) else Kept(content)
    return Output(name=name, files=(File(name=name, open=lambda: kept, size=len(kept.content)),), task=task)


def told(name: str, content: bytes | Kept, task: int | None = None) -> Told:
    made = output(name, content, task)
    return Told(made, facts_of(made))


def parquet(columns: dict[str, Any] | pa.Table, **options: Any) -> bytes:
    buffer = BytesIO()
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), buffer, **options)
    return buffer.getvalue()


def places(count: int = 3, crs: str | None = "EPSG:4326", **columns: Any) -> bytes:
    """A table of points on the diagonal, as a UDF's GeoDataFrame is stored."""
    frame = gpd.GeoDataFrame(
        {"n": range(count), **columns}, geometry=[shapely.Point(n, n) for n in range(count)], crs=crs
    )
    buffer = BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def frame_of(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path)
