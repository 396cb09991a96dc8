"""Features in pixels: no more points than can be seen, and none that is too small to be seen."""

from collections import Counter

import numpy as np

from fused_spec.maps.model import Boxes, Features
from fused_spec.maps.places.lines import Floats, Kind, Lines
from fused_spec.maps.places.losses import Loss
from fused_spec.maps.places.placing import Placed
from fused_spec.maps.places.thinning import simplified
from fused_spec.maps.scenes.frame import Frame
from fused_spec.maps.scenes.paths import dots, paths
from fused_spec.maps.scenes.scene import Shape
from fused_spec.maps.scenes.told import attributes_of, name_of, state_of
from fused_spec.maps.styles import ALL, key_of

_HALF_A_PIXEL = 0.5
_SEEN = 3.0  # pixels below which a feature is a dot


def in_pixels(placed: Placed, projected: Lines, frame: Frame, most: int) -> tuple[Lines, Counter[Loss]]:
    """The lines of a layer in pixels, half a pixel near; those with the most points are boxes if all have too many."""
    lines = simplified(projected.at(frame.pixels(projected.xy)), _HALF_A_PIXEL)
    lines = _rounded(lines)
    losses: Counter[Loss] = Counter()
    points = np.bincount(lines.owner, weights=lines.lengths, minlength=len(placed.chosen)).astype(np.int64)
    if points.sum() <= most:
        return lines, losses
    heaviest = np.argsort(-points, kind="stable")
    left = points.sum() - np.cumsum(points[heaviest] - 5)
    boxed = np.zeros(len(points), dtype=bool)
    boxed[heaviest[: int(np.argmax(left <= most)) + 1 if (left <= most).any() else len(heaviest)]] = True
    losses[Loss.BOXED] = int(boxed.sum())
    return _boxed(lines, boxed), losses


def shapes(layer: Features | Boxes, number: int, placed: Placed, lines: Lines) -> list[Shape]:
    """A shape for each feature of which there is something to draw, those that need a person last and so on top."""
    if not len(lines):
        return []
    low, high = _extents(lines, len(placed.chosen))
    small = (high - low).max(axis=1) < _SEEN
    big = lines.only(~small[lines.owner])
    drawn = paths(big)
    places = _dots(big)
    made = []
    for position in np.unique(lines.owner).tolist():
        middle = (low[position] + high[position]) / 2
        spots = middle[None] if small[position] else places.get(position)
        feature = int(placed.chosen[position])
        key = key_of(state_of(layer, feature), layer.side, number)
        name = name_of(layer, feature)
        told = [f"{title}: {value}" for title, value in attributes_of(layer, feature).items()]
        words = "; ".join(filter(None, (name, ALL[key].word, *told)))
        size = high[position] - low[position]
        made.append(
            Shape(
                layer=number,
                feature=feature,
                key=key,
                path=drawn.get(position, ""),
                dots="" if spots is None else dots(spots),
                middle=_point(middle),
                size=_point(size),
                name=name,
                words=words,
            )
        )
    order = list(ALL)
    return sorted(made, key=lambda shape: -order.index(shape.key))


def _rounded(lines: Lines) -> Lines:
    return lines.at(np.round(lines.xy, 1))


def _boxed(lines: Lines, chosen: "np.typing.NDArray[np.bool_]") -> Lines:
    """The lines, but for the chosen features the rectangle around each."""
    low, high = _extents(lines, len(chosen))
    owners = np.flatnonzero(chosen)
    corners = [[low[:, 0], low[:, 1]], [high[:, 0], low[:, 1]], [high[:, 0], high[:, 1]], [low[:, 0], high[:, 1]]]
    around = np.stack([np.column_stack(corner)[owners] for corner in [*corners, corners[0]]], axis=1).reshape(-1, 2)
    boxes = Lines(
        around,
        np.arange(len(owners) + 1, dtype=np.int64) * 5,
        np.full(len(owners), Kind.RING, dtype=np.int64),
        owners.astype(np.int64),
        np.arange(len(owners), dtype=np.int64),
    )
    rest = lines.only(~chosen[lines.owner])
    return Lines(
        np.concatenate([rest.xy, boxes.xy]),
        np.concatenate([rest.starts, rest.starts[-1] + boxes.starts[1:]]),
        np.concatenate([rest.kind, boxes.kind]),
        np.concatenate([rest.owner, boxes.owner]),
        np.concatenate([rest.part, boxes.part]),
    )


def _extents(lines: Lines, count: int) -> tuple[Floats, Floats]:
    """The upper left and the lower right of each feature."""
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    bounds = lines.bounds()
    np.minimum.at(low, lines.owner, bounds[:, :2])
    np.maximum.at(high, lines.owner, bounds[:, 2:])
    return low, high


def _dots(lines: Lines) -> dict[int, Floats]:
    points = lines.only(lines.kind == Kind.POINT)
    found: dict[int, list[Floats]] = {}
    for index, owner in enumerate(points.owner.tolist()):
        found.setdefault(owner, []).append(points.xy[points.starts[index]])
    return {owner: np.array(many) for owner, many in found.items()}


def _point(xy: Floats) -> tuple[float, float]:
    return round(float(xy[0]), 1), round(float(xy[1]), 1)
