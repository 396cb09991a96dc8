"""A map as GeoJSON: what it shows, in degrees, cut at the antimeridian as RFC 7946 asks."""

import json
from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import shapely

from fused_spec.maps.model import Rasters
from fused_spec.maps.places.lines import Kind, Lines
from fused_spec.maps.places.turning import cut
from fused_spec.maps.projecting.projections import DEGREE, Plane
from fused_spec.maps.scenes.arranging import Arranged, Arrangement
from fused_spec.maps.scenes.told import attributes_of, name_of, safe, state_of

_FINER = 4  # than a pixel of the map
_MOST_MENDED = 5_000  # points of a ring that crosses itself, beyond which it is its rectangle: mending takes too long


def geojson(arrangement: Arrangement) -> str:
    """The features, each with its name, state and attributes; of rasters, their outlines."""
    frame = arrangement.frame
    on_earth = not isinstance(frame.projection, Plane)
    near = (1 / DEGREE if on_earth else 1.0) / frame.scale / _FINER
    share = max(8, arrangement.limits.vertices // max(1, len(arrangement.layers)))
    features = []
    for one in arrangement.layers:
        if len(one.projected):
            features += _features(one, near, share, on_earth=on_earth)
    made: dict[str, Any] = {"type": "FeatureCollection", "name": safe(arrangement.data.title)}
    if arrangement.data.facts:
        made["facts"] = {safe(name): safe(fact) for name, fact in arrangement.data.facts}
    return json.dumps(made | {"features": features}, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


def _features(one: Arranged, near: float, most: int, *, on_earth: bool) -> list[dict[str, Any]]:
    lines = cut(one.placed.lines, -180.0)[0] if on_earth else one.placed.lines
    found = _geometries(lines, near, most)
    made = []
    for position in sorted(found):
        index = int(one.placed.chosen[position])
        properties = _properties(one, index)
        geometry = json.loads(shapely.to_geojson(_rounded(found[position], near)))
        made.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return made


def _rounded(geometry: Any, near: float) -> Any:
    digits = max(0, min(12, int(np.ceil(-np.log10(near))) + 1))
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, digits))
    if rounded.is_valid or not geometry.is_valid:
        return rounded
    mended = shapely.set_precision(geometry, 10.0**-digits)
    return rounded if mended.is_empty else shapely.transform(mended, lambda xy: np.round(xy, digits))


def _properties(one: Arranged, index: int) -> Mapping[str, str]:
    layer = one.layer
    if isinstance(layer, Rasters):
        return {"name": safe(layer.rasters[index].name or layer.title)}
    told = {"name": name_of(layer, index)}
    state = state_of(layer, index)
    told |= {} if state is None else {"state": state.value}
    told |= {} if layer.side is None else {"side": layer.side.value}
    return told | {name: value for name, value in attributes_of(layer, index).items() if name not in told}


def _geometries(lines: Lines, near: float, most: int) -> dict[int, Any]:
    """A geometry for each feature; where all have too many points, those with the most are rectangles."""
    found: dict[int, list[Any]] = {}
    order = np.lexsort((np.arange(len(lines)), lines.part))
    rings: dict[int, list[Any]] = {}
    for index in order.tolist():
        points = lines.xy[lines.starts[index] : lines.starts[index + 1]]
        owner = int(lines.owner[index])
        if lines.kind[index] == Kind.RING and len(points) > 3:
            rings.setdefault(int(lines.part[index]), [owner]).append(points)
        elif len(points) > 1:
            found.setdefault(owner, []).append(shapely.simplify(shapely.linestrings(points), near))
        else:
            found.setdefault(owner, []).append(shapely.points(points[0]))
    for owner, *many in rings.values():
        found.setdefault(owner, []).append(_area([shapely.polygons(ring) for ring in many], near))
    made = {owner: _together(parts) for owner, parts in found.items()}
    counts = Counter({owner: int(shapely.get_num_coordinates(one)) for owner, one in made.items()})
    left = counts.total()
    for owner, count in counts.most_common():
        if left <= most:
            break
        made[owner] = shapely.box(*made[owner].bounds)
        left -= count - 5
    return made


def _area(rings: list[Any], near: float) -> Any:
    """What is inside an odd number of rings."""
    simple = [shapely.simplify(ring, near, preserve_topology=False) for ring in rings]
    thin = [ring if one.is_empty else one for one, ring in zip(simple, rings, strict=True)]
    if any(shapely.get_num_coordinates(ring) > _MOST_MENDED and not ring.is_valid for ring in thin):
        return shapely.box(*shapely.total_bounds(rings))
    try:
        return reduce(shapely.symmetric_difference, [shapely.make_valid(ring) for ring in thin])
    except shapely.GEOSException:  # nothing that a polygon can say
        return shapely.box(*shapely.total_bounds(rings))


def _together(parts: list[Any]) -> Any:
    flat = [piece for part in parts for piece in shapely.get_parts(part)]
    if len(flat) == 1:
        return flat[0]
    kinds = {int(shapely.get_type_id(piece)) for piece in flat}
    if len(kinds) > 1:
        return shapely.geometrycollections(flat)
    make = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}
    return make[kinds.pop()](flat)
