"""Check a table that was written against what its spec expects, before it is put in its place."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.partitioning.layout import Layout
from fused_spec.engine.ingest.partitioning.totals import Totals
from fused_spec.engine.ingest.reading.features import OUTPUT_CRS
from fused_spec.engine.results.expecting import Bounds, Extent, Facts, differences

Missing = Callable[[str], int]
"""How many values of a column are missing."""


def check_table(
    url: str, schema: pa.Schema, layout: Layout, totals: Totals | None, missing: Missing, expected: Mapping[str, Any]
) -> None:
    """Raise `StepFailed`, with everything that differs, when a table is not as expected.

    `url` is where it would go; `totals` are None for a table without geometry.
    """
    facts = Facts(
        rows=layout.num_rows,
        columns=schema.names,
        nulls=missing,
        extent=None if totals is None else Extent(crs=OUTPUT_CRS, bounds=partial(_bounds, totals)),
    )
    if found := list(differences(facts, expected)):
        raise StepFailed(f"the table is not what the spec expects: {'; '.join(found)}; {url} is left as it was")


def missing_in(files: Iterable[Path], column: str) -> int:
    """How many values of a column are missing in files that were written; not a number counts, as in a frame."""
    missing = 0
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=[column]):
                values = batch.column(0)
                is_float = pa.types.is_floating(values.type)
                missing += pc.sum(pc.is_null(values, nan_is_null=is_float)).as_py() or 0
    return missing


def _bounds(totals: Totals) -> Bounds | None:
    if not np.isfinite(totals.values["minx"]).any():
        return None
    lows = [float(np.nanmin(totals.values[name])) for name in ("minx", "miny")]
    highs = [float(np.nanmax(totals.values[name])) for name in ("maxx", "maxy")]
    return (*lows, *highs)
