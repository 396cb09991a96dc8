"""Open one input file: Parquet and CSV with pyarrow, everything else with GDAL, none of it as geometry objects."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.delimited import DELIMITERS, open_delimited
from fused_spec.engine.ingest.gdal import open_gdal
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.notes import shown
from fused_spec.engine.ingest.parquet import open_parquet
from fused_spec.wire import GdalConfig

_PARQUET = frozenset({".parquet", ".pq", ".geoparquet"})
_UNREADABLE = (
    OSError,
    UnicodeDecodeError,
    pa.ArrowException,
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
)


def open_layer(path: Path, choose: Choice, gdal: GdalConfig, *, plain: bool) -> Layer:
    """What a file holds; `plain` leaves geometry alone. Raises `StepFailed`, at once or while it is read."""
    suffix = path.suffix.lower()
    try:
        if suffix in _PARQUET:
            layer = open_parquet(path, choose, plain=plain)
        elif suffix in DELIMITERS and plain:
            layer = open_delimited(path, choose)
        else:
            layer = open_gdal(path, choose, gdal, plain=plain)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    check_unique(layer.attributes.names)

    def batches() -> Iterator[Batch]:
        try:
            yield from layer.batches()
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error

    return replace(layer, batches=batches)


def _unreadable(path: Path, error: Exception) -> StepFailed:
    return StepFailed(f"{shown(path)} cannot be read: {error}")
