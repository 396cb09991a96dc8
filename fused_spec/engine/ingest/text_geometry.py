"""Which column of delimited text holds its geometry."""

from collections.abc import Sequence
from pathlib import PurePath

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_columns
from fused_spec.engine.ingest.geometry_text import is_geometry_text
from fused_spec.engine.ingest.notes import shown

_NAMES = frozenset({"geometry", "geom", "the_geom", "wkt", "_wkt", "wkt_geom", "wkt_geometry", "ewkt", "wkb", "ewkb"})
_NAMES |= {"wkb_geometry", "geometry_wkt", "geom_wkt", "geometry_wkb", "geom_wkb", "shape_wkt"}


def geometry_column(
    path: PurePath, names: Sequence[str], sample: Sequence[Sequence[str]], named: str | None
) -> str | None:
    """The column that is named, or the one with a usual name whose first values are geometry; None: there is none.

    Raises `StepFailed` where there are several, and for one that is named and not there.
    """
    if named is not None:
        check_columns([named], names, "read.geometry")
        return named
    usual = [place for place, name in enumerate(names) if name.lower() in _NAMES]
    found = [names[place] for place in usual if _holds_geometry([row[place] for row in sample if place < len(row)])]
    if len(found) > 1:
        raise StepFailed(f"{shown(path)} has geometry in the columns {', '.join(found)}; name one in read.geometry")
    return found[0] if found else None


def _holds_geometry(values: Sequence[str]) -> bool:
    """Whether most of the values that are not empty are geometry; the others then fail where they are read."""
    written = [value for value in values if value.strip()]
    return 2 * sum(map(is_geometry_text, written)) >= len(written)
