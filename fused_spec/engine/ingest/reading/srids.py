"""The coordinate systems that geometries name themselves, as those from PostGIS do, and that of their column."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from fused_spec.engine.ingest.geometry.wkb import NoGeometry
from fused_spec.engine.ingest.geometry.wkb_headers import Headers, headers_of
from fused_spec.engine.ingest.reading.columnar.geometry_columns import same_crs
from fused_spec.engine.ingest.reading.layer import Layer

ITS_GEOMETRIES = "its geometries"
"""As `Origin.crs_from`: the coordinate system of the column is what its first geometry names."""


def first_srid(column: pa.ChunkedArray) -> int:
    """What the first geometry of a column of WKB names, 0 for none."""
    srids = headers_of(column.slice(0, 1)).srids
    return int(srids[0]) if len(srids) else 0


def check_srids(headers: Headers, column: pa.ChunkedArray, first_row: int | None, layer: Layer) -> None:
    """Raise `NoGeometry`, with its row, for a geometry in another coordinate system than its column.

    Where only geometries say one, each of them has to.
    """
    own = layer.origin.crs_from == ITS_GEOMETRIES
    if not own and not headers.srids.any():
        return
    srids = np.zeros(len(column), np.int64)
    srids[headers.rows] = headers.srids
    if own:
        known = column.is_valid().to_numpy()
        strange = known & (srids != int(layer.crs.partition(":")[2]))
    else:
        others = [srid for srid in np.unique(srids) if srid and not (layer.crs and _is(layer.crs, int(srid)))]
        strange = np.isin(srids, others)
    if strange.any():
        place = int(np.argmax(strange))
        row = "" if first_row is None else f"row {first_row + place + 1:,}: "
        named = f"EPSG:{srids[place]}" if srids[place] else "none"
        raise NoGeometry(
            f"{row}its geometry names the coordinate system {named}, and {_before(layer)}; "
            "bring all geometries into one (ST_Transform), or into several inputs"
        )


def _before(layer: Layer) -> str:
    if layer.crs is None:
        return "those before it none"
    said = layer.crs if isinstance(layer.crs, str) else layer.crs.get("name", "another")
    return f"the others are in {said}"


def _is(crs: Any, srid: int) -> bool:
    return _is_text(crs, srid) if isinstance(crs, str) else same_crs(crs, f"EPSG:{srid}")


@lru_cache(maxsize=64)
def _is_text(crs: str, srid: int) -> bool:
    return same_crs(crs, f"EPSG:{srid}")
