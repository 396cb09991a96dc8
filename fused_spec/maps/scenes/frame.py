"""The window of a map: which part of the plane it shows, and how large."""

from dataclasses import dataclass

import numpy as np

from fused_spec.maps.places.clipping import clipped
from fused_spec.maps.places.lines import Floats, Lines
from fused_spec.maps.places.thinning import simplified
from fused_spec.maps.projecting.projections import DEGREE, Plane, Projection, Rectangle

WIDTH, HEIGHT = 960.0, 720.0
_FLATTEST, _STEEPEST = 0.42, HEIGHT / WIDTH
_MARGIN = 0.05
_LEAST = 2_000.0  # metres that are always shown, so that a single place lies in a landscape


@dataclass(frozen=True, slots=True)
class Frame:
    projection: Projection
    left: float
    top: float
    scale: float
    """Pixels for each unit of the map."""
    width: float
    height: float

    def pixels(self, xy: Floats) -> Floats:
        """From units of the map to pixels, downwards."""
        return (xy - [self.left, self.top]) * [self.scale, -self.scale]

    def units(self, pixels: Floats) -> Floats:
        return pixels / [self.scale, -self.scale] + [self.left, self.top]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in units of the map."""
        return (
            self.left,
            self.top - self.height / self.scale,
            self.left + self.width / self.scale,
            self.top,
        )


def within(frame: Frame, lines: Lines) -> Lines:
    """Lines in degrees or units as what is seen of them, in pixels."""
    pixels = frame.pixels(frame.projection.forward(lines.xy))
    return simplified(clipped(lines.at(pixels), (-2.0, -2.0, frame.width + 2, frame.height + 2)), 0.4)


def fitted(projection: Projection, xy: Floats) -> Frame:
    """The window in which all points have a margin around them."""
    world = _world(projection)
    if not len(xy):
        xy = np.array([[0.0, 0.0], [1.0, 1.0]]) if world is None else world.reshape(2, 2)
    low, high = xy.min(axis=0), xy.max(axis=0)
    middle, size = (low + high) / 2, (high - low) * (1 + 2 * _MARGIN)
    size = np.maximum(size, _least(projection, middle))
    if world is not None:
        size = np.minimum(size, world[2:] - world[:2])
    size = _shaped(size)
    if world is not None:
        size = np.minimum(size, world[2:] - world[:2])
        middle = np.clip(middle, world[:2] + size / 2, world[2:] - size / 2)
    scale = min(WIDTH / size[0], HEIGHT / size[1])
    width, height = (round(float(one), 1) for one in size * scale)
    return Frame(
        projection, float(middle[0] - size[0] / 2), float(middle[1] + size[1] / 2), float(scale), width, height
    )


def _shaped(size: Floats) -> Floats:
    """The size with one side longer, so that it is as wide and as high as a map should be."""
    width, height = size
    if height < _FLATTEST * width:
        return np.array([width, _FLATTEST * width])
    if height > _STEEPEST * width:
        return np.array([height / _STEEPEST, height])
    return size


def _least(projection: Projection, middle: Floats) -> float:
    if isinstance(projection, Plane):
        return max(float(np.abs(middle).max()) * 1e-6, 1e-9)
    return _LEAST


def _world(projection: Projection) -> Floats | None:
    """All that a rectangle has: west, south, east and north."""
    if not isinstance(projection, Rectangle):
        return None
    east = 180 * DEGREE * np.cos(np.radians(projection.parallel))
    return np.array([-east, -90 * DEGREE, east, 90 * DEGREE])
