"""Which column of delimited text holds its geometry, and what that is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.geometry.text import is_geometry_text, wkb_of_text
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY
from fused_spec.engine.ingest.reading.columns import check_columns
from fused_spec.engine.ingest.reading.srids import ITS_GEOMETRIES, first_srid
from fused_spec.engine.ingest.reading.text.rows import Rows
from fused_spec.jobs.input_formats import GEOMETRY_COLUMNS

_ITS_PRJ = "its .prj"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGeometry:
    """A column of geometry, its coordinate system, and where that stands."""

    name: str
    crs: str | None = None
    crs_from: str | None = None


def geometry_column(
    path: PurePath, names: Sequence[str], sample: Sequence[Sequence[str]], named: str | None
) -> str | None:
    """The column that is named, or the one with a usual name whose first values are geometry; None: there is none.

    Raises `StepFailed` where several are and none is called geometry, and for one that is named and not there.
    """
    if named is not None:
        check_columns([named], names, f"{shown(path)}: read.geometry")
        return named
    values = {name: [row[place] for row in sample if place < len(row)] for place, name in enumerate(names)}
    found = [name for name in names if name.lower() in GEOMETRY_COLUMNS and _is_geometry(values[name])]
    if len(found) > 1 and GEOMETRY not in found:
        raise StepFailed(
            f"{shown(path)} has geometry in the columns {', '.join(found)}; name the one that counts in read.geometry"
        )
    if not found:
        _check_others(path, values)
    return GEOMETRY if GEOMETRY in found else next(iter(found), None)


def with_crs(rows: Rows, name: str) -> TextGeometry:
    """The column with what the file beside it, or else its first geometry, says of its coordinate system."""
    path = rows.text.file.here()
    beside = path.with_suffix(".prj")
    if isinstance(rows.text.file.place, Path) and beside.is_file():
        return TextGeometry(name=name, crs=beside.read_text("utf-8", "replace").strip(), crs_from=_ITS_PRJ)
    for batch in rows.batches({name: pa.string()}, text_is_null=True):
        if not len(known := batch[name].drop_null()):
            continue
        try:
            wkb = wkb_of_text(known.slice(0, 1), name, 0)
        except StepFailed:  # which is told when it is read
            break
        srid = first_srid(wkb)
        return TextGeometry(name=name, crs=f"EPSG:{srid}", crs_from=ITS_GEOMETRIES) if srid else TextGeometry(name=name)
    return TextGeometry(name=name)


def _check_others(path: PurePath, values: Mapping[str, Sequence[str]]) -> None:
    """Raise `StepFailed` where it is told what may be geometry, and is none without being asked for."""
    for name, column in values.items():
        if name.lower() in GEOMETRY_COLUMNS and any(value.lstrip().startswith("{") for value in column):
            raise StepFailed(
                f"{shown(path)}: column {name} holds GeoJSON, which GDAL reads: gdal_config: {{open_options: "
                f"{{GEOM_POSSIBLE_NAMES: {name}}}}}"
            )
        if any(column) and _is_geometry(column):
            raise StepFailed(f"{shown(path)} has geometry in the column {name}; say so in read.geometry: {name}")


def _is_geometry(values: Sequence[str]) -> bool:
    """Whether values are geometry, or most of those that are not blank; the others then fail where they are read."""
    written = [value for value in values if value.strip()]
    return 2 * sum(map(is_geometry_text, written)) >= len(written)
