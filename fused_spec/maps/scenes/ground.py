"""Land, borders and the net of meridians and parallels within a frame."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fused_spec.maps.land import outline
from fused_spec.maps.places.clipping import clipped
from fused_spec.maps.places.lines import Floats, Kind, Lines, unowned
from fused_spec.maps.places.turning import bent, cut, turned
from fused_spec.maps.projecting.projections import Around, Plane, Projection, Rectangle
from fused_spec.maps.scenes.frame import Frame, within
from fused_spec.maps.scenes.net import net, plain_net
from fused_spec.maps.scenes.paths import path
from fused_spec.maps.scenes.scene import Ground, Locator

COARSE = 250_000.0
"""Metres of a frame's width below which an outline at 1:110 million would lie."""

_REGION = 1_500_000.0  # metres: below this width a map has a small one beside it that says where it is
_AROUND = 100.0  # degrees of longitude around a middle, and of latitude, that no map around it shows the end of
_FAR = 65.0
_SIDE = 132.0


def ground(frame: Frame) -> Ground:
    """What lies below the layers of a map."""
    if isinstance(frame.projection, Plane):
        graticule, labels = plain_net(frame)
        return Ground("", "", graticule, labels)
    graticule, labels = net(frame)
    if is_coarse(frame):
        return Ground("", "", graticule, labels)
    land = _drawn(outline.land(), Kind.RING, frame)
    borders = _drawn(outline.borders(), Kind.LINE, frame)
    return Ground(land, borders, graticule, labels)


def is_coarse(frame: Frame) -> bool:
    """Whether the map shows so little that the outline of land would be wrong in it."""
    return not isinstance(frame.projection, Plane) and frame.width / frame.scale < COARSE


def locator(frame: Frame) -> Locator | None:
    """Where on the earth a map is that shows little of it."""
    if not isinstance(frame.projection, Around) or frame.width / frame.scale > _REGION:
        return None
    reach = max(1_800_000.0, 4 * frame.width / frame.scale)
    west, south, east, north = frame.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    region = Frame(
        frame.projection, float(middle[0] - reach), float(middle[1] + reach), _SIDE / (2 * reach), _SIDE, _SIDE
    )
    width, height = (max(side * region.scale, 5.0) for side in (east - west, north - south))
    here = ((_SIDE - width) / 2, (_SIDE - height) / 2, width, height)
    rounded = tuple(round(one, 1) for one in here)
    return Locator(_drawn(outline.land(), Kind.RING, region), net(region)[0], _SIDE, rounded)  # type: ignore[arg-type]


def _drawn(many: Sequence[Floats], kind: Kind, frame: Frame) -> str:
    return path(within(frame, _near(frame.projection, unowned(many, kind))))


def _near(projection: Projection, lines: Lines) -> Lines:
    """Lines in degrees, without what lies so far away that a projection turns it inside out."""
    lines = turned(lines, Counter())
    if isinstance(projection, Rectangle):
        return cut(lines, projection.west)[0]
    assert isinstance(projection, Around)
    longitude, latitude = projection.longitude, projection.latitude
    shows_pole = abs(latitude) + 55 >= 90
    around = 180.0 if shows_pole else _AROUND
    lines, _ = cut(lines, longitude - 180)
    rectangle = (longitude - around, max(latitude - _FAR, -90.0), longitude + around, min(latitude + _FAR, 90.0))
    return bent(clipped(lines, rectangle))
