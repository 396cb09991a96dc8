"""Where everything goes: the layers as lines in one projection, and the window around them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fused_spec.maps.model import Layer, Limits, MapData, Rasters
from fused_spec.maps.places.lines import Lines, joined
from fused_spec.maps.places.losses import Loss
from fused_spec.maps.places.placing import Placed, placed
from fused_spec.maps.places.turning import bent, cut
from fused_spec.maps.projecting.choosing import chosen
from fused_spec.maps.projecting.projections import Plane, Projection, Rectangle
from fused_spec.maps.scenes.frame import Frame, fitted


@dataclass(frozen=True, slots=True)
class Arranged:
    """A layer and its lines, in degrees and in units of the map."""

    layer: Layer
    placed: Placed
    projected: Lines
    losses: Counter[Loss]


@dataclass(frozen=True, slots=True)
class Arrangement:
    data: MapData
    limits: Limits
    layers: Sequence[Arranged]
    frame: Frame


def arranged(data: MapData, limits: Limits) -> Arrangement:
    """All layers in the projection that suits them together; a layer without a place has none beside one that has."""
    share = max(1, limits.features // max(1, len(data.layers)))
    places = [placed(layer, share) for layer in data.layers]
    on_earth = [one.lines for one in places if one.on_earth]
    projection: Projection = Plane() if places and not on_earth else chosen(joined(on_earth))
    made = [_in(projection, layer, place) for layer, place in zip(data.layers, places, strict=True)]
    shown = joined([one.projected for one in made])
    return Arrangement(data, limits, made, fitted(projection, shown.xy))


def _in(projection: Projection, layer: Layer, place: Placed) -> Arranged:
    losses = Counter(place.losses)
    if not place.on_earth and not isinstance(projection, Plane):
        losses[Loss.MIXED] = 1
        return Arranged(layer, place, place.lines.only(np.zeros(len(place.lines), dtype=bool)), losses)
    if not place.on_earth and layer.crs is None:
        losses[Loss.NO_CRS] = 1
    lines = place.lines
    if isinstance(projection, Rectangle):
        lines, over = cut(lines, projection.west)
        if not isinstance(layer, Rasters):
            losses[Loss.CUT] = len(over)
    elif not isinstance(projection, Plane):
        lines = bent(lines)
    projected = lines.at(projection.forward(lines.xy))
    usable = np.isfinite(projected.xy).all(axis=1)
    if not usable.all():
        projected = projected.with_points(np.asarray(usable))
    return Arranged(layer, replace(place, lines=lines), projected, losses)
