"""Tables without a geometry column of their own: geometry as text, and the system of its coordinates told."""

from typing import Any

import geopandas as gpd
import pandas as pd
from geopandas.array import GeometryDtype

from fused_spec.engine.results.geometry_forms import as_wkt
from fused_spec.engine.results.stored import Tell

_DEGREES = "EPSG:4326"


def without_geometry(table: pd.DataFrame, form: str, tell: Tell) -> pd.DataFrame:
    """The table with each geometry as WKT."""
    located = [number for number, kind in enumerate(table.dtypes) if isinstance(kind, GeometryDtype)]
    if not located:
        return pd.DataFrame(table)
    columns: dict[Any, Any] = {name: table.iloc[:, number] for number, name in enumerate(table.columns)}
    for number in located:
        name = table.columns[number]
        columns[name] = as_text(table.iloc[:, number], form, tell)
    return pd.DataFrame(columns, index=table.index)


def as_text(column: Any, form: str, tell: Tell) -> pd.Series:
    """A column of geometries as WKT."""
    located = gpd.GeoSeries(column)
    if located.crs is not None and word(located.crs) != _DEGREES:
        tell(f"column {column.name}: its coordinate system ({word(located.crs)}) does not stand in {form}")
    return pd.Series(as_wkt(located.to_numpy()), index=column.index, dtype=object)


def word(crs: Any) -> str:
    """A coordinate system in a word: its code, else its name."""
    known = crs.to_authority()
    return ":".join(known) if known else str(crs.name)
