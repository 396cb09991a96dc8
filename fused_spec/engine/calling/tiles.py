"""A map tile as an argument: its extent goes to the parameter that is annotated or named for it.

The names are those of the published client: `bounds`, four numbers; before it `bbox`, a frame; else the numbers
`x`, `y` and `z`; else the first parameter.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import mercantile

Tile = tuple[int, int, int]
"""x, y, z."""


def extent(tile: Tile) -> list[float]:
    """West, south, east, north in degrees."""
    return list(mercantile.bounds(*tile))


def tile_arguments(
    parameters: Mapping[str, inspect.Parameter], tile: Tile, word: Callable[[Any], str]
) -> dict[str, Any]:
    """What the tile gives to a UDF with these parameters; `word` names the kind that an annotation asks for."""
    for name, parameter in parameters.items():
        kind = word(parameter.annotation) if parameter.annotation is not parameter.empty else ""
        if kind in _KINDS:
            return {name: _KINDS[kind](tile)}
    if "bounds" in parameters:
        return {"bounds": extent(tile)}
    if "bbox" in parameters:
        return {"bbox": frame(tile)}
    if {"x", "y", "z"} <= set(parameters):
        return dict(zip("xyz", tile, strict=True))
    first = next(iter(parameters), None)
    return {} if first is None else {first: frame(tile)}


def frame(tile: Tile) -> Any:
    """One row with x, y, z and the tile's box, in WGS84."""
    import geopandas as gpd
    from shapely.geometry import box

    x, y, z = tile
    return gpd.GeoDataFrame({"x": [x], "y": [y], "z": [z]}, geometry=[box(*extent(tile))], crs=4326)


def _box(tile: Tile) -> Any:
    from shapely.geometry import box

    return box(*extent(tile))


_KINDS: dict[str, Callable[[Tile], Any]] = {
    "Bounds": extent,
    "Bbox": _box,
    "Tile": frame,
    "TileGDF": frame,
    "ViewportGDF": frame,
    "TileXYZ": lambda tile: mercantile.Tile(*tile),
}
