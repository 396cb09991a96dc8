"""Which projection shows some lines best."""

import numpy as np

from fused_spec.maps.places.lines import Floats, Lines
from fused_spec.maps.places.turning import around_a_pole
from fused_spec.maps.projecting.projections import Around, Rectangle

NEAR = 30  # degrees from the middle within which a projection around it is nearly true
_STEPS = 3_600  # of a circle
_WORLD = 300  # an arc from which on the map is of the whole earth


def chosen(lines: Lines) -> Around | Rectangle:
    """A projection around the middle of the lines, or around a pole, where all is near; else a rectangle."""
    if not len(lines):
        return Rectangle()
    west, width = arc(lines)
    south, north = float(lines.xy[:, 1].min()), float(lines.xy[:, 1].max())
    middle = _round((west + width / 2 + 180) % 360 - 180)
    latitude = _round((south + north) / 2)
    if width < 360 and _distances(lines.xy, middle, latitude).max() <= NEAR:
        return Around(middle, latitude)
    if south >= 90 - NEAR or north <= NEAR - 90:
        return Around(0.0, 90.0 if south > 0 else -90.0)
    if width > _WORLD:
        return Rectangle()
    return Rectangle(float(round(middle)), float(np.clip(round(latitude), -60, 60)))


def arc(lines: Lines) -> tuple[float, float]:
    """The shortest arc of longitudes that has all lines in it: where it begins in the west, and how wide it is."""
    bounds = lines.bounds()
    if around_a_pole(lines).any() or (bounds[:, 2] - bounds[:, 0]).max() >= 360:
        return -180.0, 360.0
    first = np.floor((bounds[:, 0] % 360) / 360 * _STEPS).astype(np.int64)
    last = first + np.ceil((bounds[:, 2] - bounds[:, 0]) / 360 * _STEPS).astype(np.int64)
    change = np.zeros(2 * _STEPS + 2, dtype=np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, last + 1, -1)
    twice = np.cumsum(change) > 0
    covered = twice[:_STEPS] | twice[_STEPS : 2 * _STEPS]
    filled = np.flatnonzero(covered)
    gaps = np.diff(np.concatenate([filled, [filled[0] + _STEPS]]))
    widest = int(gaps.argmax())
    begin = int(filled[(widest + 1) % len(filled)])
    west = begin * 360 / _STEPS
    if gaps[widest] == 1:
        return -180.0, 360.0
    return west, (_STEPS - int(gaps[widest]) + 1) * 360 / _STEPS


def _distances(xy: Floats, longitude: float, latitude: float) -> Floats:
    """How many degrees each point is away from a middle."""
    there, here = np.radians(xy[:, 1]), np.radians(latitude)
    turn = np.radians(xy[:, 0] - longitude)
    half = np.sin((there - here) / 2) ** 2 + np.cos(there) * np.cos(here) * np.sin(turn / 2) ** 2
    away: Floats = np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
    return away


def _round(degrees: float) -> float:
    return round(degrees, 4)
