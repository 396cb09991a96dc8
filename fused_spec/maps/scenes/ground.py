"""Land, borders and the net of meridians and parallels within a frame."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import shapely

from fused_spec.maps.land import outline
from fused_spec.maps.places.clipping import clipped
from fused_spec.maps.places.lines import Floats, Kind, Lines, starts_of
from fused_spec.maps.places.thinning import simplified
from fused_spec.maps.places.turning import cut, turned
from fused_spec.maps.projecting.projections import DEGREE, Around, Plane, Projection, Rectangle
from fused_spec.maps.scenes.frame import Frame
from fused_spec.maps.scenes.paths import path
from fused_spec.maps.scenes.scene import Ground, Label, Locator

COARSE = 250_000.0
"""Metres of a frame's width below which an outline at 1:110 million would lie."""

_REGION = 1_500_000.0  # metres: below this width a map has a small one beside it that says where it is
_STEPS = (30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_LINES = 4.5  # so many meridians or parallels are about right
_AROUND = 100.0  # degrees of longitude around a middle, and of latitude, that no map around it shows the end of
_FAR = 65.0
_SIDE = 132.0


def ground(frame: Frame) -> Ground:
    """What lies below the layers of a map."""
    if isinstance(frame.projection, Plane):
        graticule, labels = _plain_net(frame)
        return Ground("", "", graticule, labels)
    graticule, labels = _net(frame)
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
    return Locator(_drawn(outline.land(), Kind.RING, region), _net(region)[0], _SIDE, rounded)  # type: ignore[arg-type]


def _drawn(many: Sequence[Floats], kind: Kind, frame: Frame) -> str:
    lines = of(many, kind)
    return path(_within(frame, _near(frame.projection, lines)))


def of(many: Sequence[Floats], kind: Kind) -> Lines:
    """Lines that belong to no feature."""
    if not many:
        return Lines(np.empty((0, 2)), starts_of([]), *(np.empty(0, dtype=np.int64) for _ in range(3)))
    none = np.zeros(len(many), dtype=np.int64)
    kinds = np.full(len(many), kind, dtype=np.int64)
    return Lines(np.concatenate(many), starts_of([len(one) for one in many]), kinds, none, np.arange(len(many)))


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


def bent(lines: Lines, step: float = 2.0) -> Lines:
    """Lines in degrees with so many points that they bend as a projection does."""
    if not len(lines):
        return lines
    lined = lines.kind != Kind.POINT
    made = shapely.linestrings(lines.xy, indices=lines.index) if lined.all() else None
    if made is None or shapely.length(made).sum() / step > 500_000:
        return lines
    xy, index = shapely.get_coordinates(shapely.segmentize(made, step), return_index=True)
    return Lines(xy, starts_of(np.bincount(index, minlength=len(lines))), lines.kind, lines.owner, lines.part)


def _within(frame: Frame, lines: Lines) -> Lines:
    pixels = frame.pixels(frame.projection.forward(lines.xy))
    return simplified(clipped(lines.at(pixels), (-2.0, -2.0, frame.width + 2, frame.height + 2)), 0.4)


def _net(frame: Frame) -> tuple[str, list[Label]]:
    """Meridians and parallels, each with its label where it meets the lower or the left side."""
    edge = frame.projection.inverse(frame.units(_edge(frame)))
    edge = edge[np.isfinite(edge).all(axis=1)]
    metres = frame.width / frame.scale
    step = _step(metres / DEGREE)
    latitudes = np.arange(-90 + step, 90 - step / 2, step)
    latitude = float(np.clip(np.abs(edge[:, 1]).min(), 0, 89)) if len(edge) else 0
    across = _step(metres / DEGREE / max(np.cos(np.radians(latitude)), 0.05))
    longitudes = np.arange(-180, 180, across)
    middle = getattr(frame.projection, "middle", None)
    middle = frame.projection.longitude if isinstance(frame.projection, Around) else middle or 0.0
    south, north = _shown_latitudes(frame, edge)
    latitudes = latitudes[(latitudes >= south - step) & (latitudes <= north + step)]
    reach = _shown_longitudes(frame, edge, middle)
    longitudes = np.unique(np.round(middle + ((longitudes - middle + 180) % 360 - 180), 6))
    longitudes = longitudes[np.abs(longitudes - middle) <= reach + across]
    along = np.linspace(max(south - step, -90), min(north + step, 90), 91)
    around = np.linspace(middle - min(reach + across, 180), middle + min(reach + across, 180), 181)
    meridians = [np.column_stack([np.full(len(along), one), along]) for one in longitudes]
    parallels = [np.column_stack([around, np.full(len(around), one)]) for one in latitudes]
    labels = []
    for line, degrees in zip(meridians, longitudes, strict=True):
        labels += _label(frame, line, degrees_of((float(degrees) + 180) % 360 - 180, "E", "W"), below=True)
    for line, degrees in zip(parallels, latitudes, strict=True):
        labels += _label(frame, line, degrees_of(float(degrees), "N", "S"), below=False)
    return path(_within(frame, of([*meridians, *parallels], Kind.LINE))), labels


def _step(degrees: float) -> float:
    """The distance of lines of which a width in degrees shows the right number."""
    return min(_STEPS, key=lambda step: abs(np.log(degrees / step / _LINES)))


def _edge(frame: Frame) -> Floats:
    share = np.linspace(0, 1, 33)
    zero, one = np.zeros(33), np.ones(33)
    x = np.concatenate([share, one, share, zero]) * frame.width
    y = np.concatenate([zero, share, one, share]) * frame.height
    return np.column_stack([x, y])


def _shown_latitudes(frame: Frame, edge: Floats) -> tuple[float, float]:
    south, north = float(edge[:, 1].min()), float(edge[:, 1].max())
    for pole in (-90.0, 90.0):
        if _shows(frame, pole):
            south, north = min(south, pole), max(north, pole)
    return south, north


def _shown_longitudes(frame: Frame, edge: Floats, middle: float) -> float:
    if _shows(frame, 90.0) or _shows(frame, -90.0):
        return 180.0
    return float(np.abs((edge[:, 0] - middle + 180) % 360 - 180).max())


def _shows(frame: Frame, pole: float) -> bool:
    if isinstance(frame.projection, Around) and abs(frame.projection.latitude - pole) > 90:
        return False
    x, y = frame.pixels(frame.projection.forward(np.array([[0.0, pole]])))[0]
    return bool(0 <= x <= frame.width and 0 <= y <= frame.height)


def _label(frame: Frame, line: Floats, text: str, *, below: bool) -> list[Label]:
    """The label where the line leaves the frame, if it does there."""
    pixels = frame.pixels(frame.projection.forward(line))
    side = pixels[:, 1] - (frame.height - 1) if below else pixels[:, 0] - 1
    for index in np.flatnonzero(side[:-1] * side[1:] < 0):
        share = side[index] / (side[index] - side[index + 1])
        x, y = (round(float(one), 1) for one in pixels[index] + share * (pixels[index + 1] - pixels[index]))
        if below and 40 <= x <= frame.width - 30:
            return [Label(x + 3, frame.height - 6, text)]
        if not below and 14 <= y <= frame.height - 30:
            return [Label(5.0, y - 3, text)]
    return []


def degrees_of(degrees: float, positive: str, negative: str) -> str:
    """An angle as people write it: `12.5° W`."""
    size = f"{abs(round(degrees, 6)):g}°"
    return size if size in ("0°", "180°") else f"{size} {positive if degrees > 0 else negative}"


def _plain_net(frame: Frame) -> tuple[str, list[Label]]:
    west, south, east, north = frame.bounds
    rough = (east - west) / _LINES
    power = 10.0 ** np.floor(np.log10(rough))
    step = min((power, 2 * power, 5 * power, 10 * power), key=lambda one: abs(one - rough))
    across = np.arange(np.ceil(west / step), np.floor(east / step) + 1) * step
    up = np.arange(np.ceil(south / step), np.floor(north / step) + 1) * step
    lines = [np.array([[x, south], [x, north]]) for x in across] + [np.array([[west, y], [east, y]]) for y in up]
    labels = []
    for line, x in zip(lines, across, strict=False):
        labels += _label(frame, line, f"{x:.10g}", below=True)
    for line, y in zip(lines[len(across) :], up, strict=True):
        labels += _label(frame, line, f"{y:.10g}", below=False)
    return path(_within(frame, of(lines, Kind.LINE))), labels
