"""Read whatever GDAL opens, as the Arrow batches that it streams."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.budget import batch_rows
from fused_spec.engine.ingest.common.gdal_library import library
from fused_spec.engine.ingest.common.gdal_messages import DEAF
from fused_spec.engine.ingest.inputs.archives import GdalPath, located
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.gdal.columns import columns_of
from fused_spec.engine.ingest.reading.gdal.drivers import CRS_FROM
from fused_spec.engine.ingest.reading.gdal.file import look_into
from fused_spec.engine.ingest.reading.gdal.stream import Columns, layer_batches
from fused_spec.engine.ingest.reading.gdal.strict_json import Missing
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.reading.options import Reading

_IN_MEMORY = 4  # how many times larger than in its file a table may be, at a guess


def open_gdal(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """The layer of a file; raises what pyogrio does."""
    found = look_into(file, reading)
    columns, asked, crs = columns_of(found, choose, plain=plain)
    if library() is None:
        found.lossy.append(DEAF)
    size = found.place.size * _IN_MEMORY
    rows = batch_rows(size / found.features if found.features > 0 else 0)
    crs_from = found.origin.crs_from or CRS_FROM.get(found.driver, f"the file, as GDAL's {found.driver} reads it")
    return Layer(
        attributes=columns.schema,
        parts=[size],
        batches=partial(_batches, file, reading, found.missing, {**asked, "batch_size": rows}, columns),
        has_geometry=columns.geometry is not None,
        crs=crs,
        origin=replace(found.origin, crs_from=None if crs is None else crs_from, lossy=found.lossy),
    )


def _batches(
    file: Input, reading: Reading, missing: Missing | None, asked: Mapping[str, Any], columns: Columns, parts: range
) -> Iterator[Batch]:
    for _ in parts:  # there is one
        place = located(file.here(), reading.layer, reading.gdal_field)
        read = 0
        for batch in layer_batches(place, asked, columns):
            if batch.geometry is not None:
                if missing is not None:
                    _check_geometry(place, batch.geometry, missing[read : read + len(batch.geometry)], read)
                read += len(batch.geometry)
            yield batch


def _check_geometry(place: GdalPath, geometry: pa.ChunkedArray, missing: Missing, before: int) -> None:
    """Raise `StepFailed` for a feature with a geometry of which GDAL makes none."""
    lost = np.flatnonzero(geometry.is_null().to_numpy()[: len(missing)] & ~missing)
    if len(lost):
        raise StepFailed(
            f"{place.name} cannot be read: the geometry of feature {before + int(lost[0]) + 1:,} is none that GDAL "
            "knows; mend it, or write null"
        )
