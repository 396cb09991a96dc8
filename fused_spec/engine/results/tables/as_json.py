"""Tables as JSON and GeoJSON: every number with the digits that read back as the same, or refused."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from geopandas.array import GeometryDtype

from fused_spec.engine.results.geometry_forms import all_as_geojson, without_measures
from fused_spec.engine.results.jsonable import ENCODER
from fused_spec.engine.results.stored import Tell, Unstorable
from fused_spec.engine.results.tables.cells import json_cells
from fused_spec.engine.results.tables.flat import as_text, without_geometry, word
from fused_spec.engine.results.tables.frames import with_index


def as_json(table: pd.DataFrame, tell: Tell) -> bytes:
    """A list of records."""
    flat = without_geometry(with_index(table), "JSON", tell)
    return ENCODER.encode(records(flat, tell)).encode()


def records(table: pd.DataFrame, tell: Tell) -> list[dict[str, Any]]:
    """An object for each row."""
    names = [str(name) for name in table.columns]
    cells = [json_cells(table.iloc[:, number], name, tell) for number, name in enumerate(names)]
    if not names:
        return [{} for _ in range(len(table))]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def as_geojson_features(table: gpd.GeoDataFrame, tell: Tell) -> bytes:
    """A collection of features, in degrees where the system of the coordinates is known."""
    return ENCODER.encode({"type": "FeatureCollection", "features": features(table, tell)}).encode()


def features(table: gpd.GeoDataFrame, tell: Tell, *, first: int = 0) -> list[dict[str, Any]]:
    """The same as a list, counted from `first`."""
    whole = with_index(table).reset_index(drop=True)
    located = _in_degrees(gpd.GeoSeries(whole[table.active_geometry_name]), tell)
    rest = pd.DataFrame(whole).drop(columns=table.active_geometry_name)
    for number, kind in enumerate(rest.dtypes):
        if isinstance(kind, GeometryDtype):
            name = rest.columns[number]
            rest = rest.assign(**{str(name): as_text(rest.iloc[:, number], "GeoJSON", tell)})
    try:
        shapes = all_as_geojson(located, tell)
    except ValueError as error:
        raise Unstorable(f"the returned table cannot be stored as geojson: {error}; ask for parquet") from error
    return [
        {"id": str(number), "type": "Feature", "properties": properties, "geometry": shape}
        for number, (properties, shape) in enumerate(zip(records(rest, tell), shapes, strict=True), start=first)
    ]


def _in_degrees(geometry: gpd.GeoSeries, tell: Tell) -> np.ndarray:
    if geometry.crs is None:
        if len(geometry):
            tell(f"column {geometry.name}: it has no coordinate system, so that its numbers are taken for degrees")
        return without_measures(geometry.to_numpy(), "GeoJSON", tell)
    flat = gpd.GeoSeries(without_measures(geometry.to_numpy(), "GeoJSON", tell), crs=geometry.crs)
    if word(geometry.crs) not in ("EPSG:4326", "OGC:CRS84"):
        tell(
            f"column {geometry.name}: it is reprojected from {word(geometry.crs)} to degrees (EPSG:4326), as GeoJSON is"
        )
    return np.asarray(flat.to_crs(4326).to_numpy(), dtype=object)
