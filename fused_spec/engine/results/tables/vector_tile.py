"""A table as one layer of a map tile, by the Mapbox Vector Tile specification 2.1."""

from typing import Any

import geopandas as gpd
import numpy as np

from fused_spec.engine.calling.tiles import Tile, extent
from fused_spec.engine.results.geometry_forms import without_measures
from fused_spec.engine.results.stored import Tell, Unstorable
from fused_spec.engine.results.tables.cells import text_columns, with_numbers
from fused_spec.engine.results.tables.flat import without_geometry
from fused_spec.engine.results.tables.frames import with_index

_WHOLE = range(-(2**63), 2**63)


def vector_tile(table: gpd.GeoDataFrame, tile: Tile | None, tell: Tell) -> bytes:
    """The features with a geometry; a property that is missing in one has no key there."""
    import mapbox_vector_tile
    from mapbox_vector_tile.encoder import on_invalid_geometry_make_valid

    if tile is None:
        raise Unstorable("mvt is a format of tiles; ask for /tiles/{z}/{x}/{y}")
    if table.crs is None and len(table):
        tell(f"column {table.geometry.name}: it has no coordinate system, so that its numbers are taken for degrees")
    located = table if table.crs is not None else table.set_crs(4326)
    west, south, east, north = gpd.GeoSeries.from_xy(*_corners(tile), crs=4326).to_crs(3857).total_bounds
    whole = with_index(located)
    flat = gpd.GeoSeries(without_measures(located.geometry.to_numpy(), "a vector tile", tell), crs=located.crs)
    features = [
        {"geometry": geometry, "properties": properties}
        for geometry, properties in zip(flat.to_crs(3857), _properties(whole, tell), strict=True)
        if geometry is not None and not geometry.is_empty
    ]
    encoded: bytes = mapbox_vector_tile.encode(
        [{"name": "udf", "features": features}],
        default_options={
            "quantize_bounds": (west, south, east, north),
            "extents": 4096,
            # A small one may cross itself on the grid of the tile; without this it would be left out.
            "on_invalid_geometry": on_invalid_geometry_make_valid,
        },
    )
    return encoded


def _properties(whole: gpd.GeoDataFrame, tell: Tell) -> list[dict[str, Any]]:
    rest = without_geometry(whole.drop(columns=whole.active_geometry_name), "a vector tile", tell)
    texts = text_columns(with_numbers(rest, tell), "a vector tile", tell)
    columns = [(str(name), [_plain(value, str(name)) for value in texts[name]]) for name in texts]
    return [{name: values[row] for name, values in columns if values[row] is not None} for row in range(len(whole))]


def _plain(value: Any, name: str) -> Any:
    """A property as the format holds it: text, a number or a truth value; None for one that is missing."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value != value:
        return None
    if isinstance(value, int) and value not in _WHOLE:
        raise Unstorable(
            f"column {name} holds a whole number beyond 64 signed bits, for which a vector tile has no room"
        )
    return value if isinstance(value, str | int | float | bool) else str(value)


def _corners(tile: Tile) -> tuple[list[float], list[float]]:
    west, south, east, north = extent(tile)
    return [west, east], [south, north]
