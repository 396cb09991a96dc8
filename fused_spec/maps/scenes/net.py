"""The net of meridians and parallels, and how an angle is written."""

import numpy as np

from fused_spec.maps.places.lines import Floats, Kind, unowned
from fused_spec.maps.projecting.projections import DEGREE, Around
from fused_spec.maps.scenes.frame import Frame, within
from fused_spec.maps.scenes.paths import path
from fused_spec.maps.scenes.scene import Label

_STEPS = (30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_LINES = 4.5  # so many meridians or parallels are about right
_ABOVE_SCALE = 52.0  # pixels at the lower left in which the scale bar stands


def net(frame: Frame) -> tuple[str, list[Label]]:
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
    return path(within(frame, unowned([*meridians, *parallels], Kind.LINE))), labels


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
        if not below and 14 <= y <= frame.height - _ABOVE_SCALE:
            return [Label(5.0, y - 3, text)]
    return []


def degrees_of(degrees: float, positive: str, negative: str) -> str:
    """An angle as people write it: `12.5° W`."""
    size = f"{abs(round(degrees, 6)):g}°"
    return size if size in ("0°", "180°") else f"{size} {positive if degrees > 0 else negative}"


def plain_net(frame: Frame) -> tuple[str, list[Label]]:
    """Lines of round numbers in a plane that is nowhere on the earth, each with its number."""
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
    return path(within(frame, unowned(lines, Kind.LINE))), labels
