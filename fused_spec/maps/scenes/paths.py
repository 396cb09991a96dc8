"""Lines as the text of SVG paths, in tenths of a pixel, with nothing in it that could be left out."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from fused_spec.maps.places.lines import Floats, Kind, Lines


def path(lines: Lines) -> str:
    """All lines and rings as one path."""
    return "".join(text for _, text in _texts(lines.only(lines.kind != Kind.POINT)))


def paths(lines: Lines) -> dict[int, str]:
    """A path for each feature."""
    found: dict[int, list[str]] = {}
    for owner, text in _texts(lines.only(lines.kind != Kind.POINT)):
        found.setdefault(owner, []).append(text)
    return {owner: "".join(texts) for owner, texts in found.items()}


def dots(places: Floats) -> str:
    """Points as lines of no length, which a round end makes dots of one size at any zoom."""
    tenths = np.unique(np.rint(places * 10).astype(np.int64), axis=0).tolist()
    return "".join(f"M{_pair(x, y)}h0" for x, y in tenths)


def rectangle(left: float, top: float, right: float, bottom: float) -> str:
    x, y, width, height = (round(one * 10) for one in (left, top, right - left, bottom - top))
    return f"M{_pair(x, y)}h{_number(width)}v{_number(height)}h{_number(-width)}z"


def _texts(lines: Lines) -> Iterator[tuple[int, str]]:
    tenths = np.rint(lines.xy * 10).astype(np.int64)
    for index in range(len(lines)):
        points = tenths[lines.starts[index] : lines.starts[index + 1]]
        steps = np.diff(points, axis=0)
        steps = steps[steps.any(axis=1)]
        closes = lines.kind[index] == Kind.RING
        if closes and len(steps) and not steps.sum(axis=0).any():
            steps = steps[:-1]
        if len(steps):
            way = "".join(_joined(x, y) for x, y in steps.tolist())
            yield int(lines.owner[index]), f"M{_pair(*points[0].tolist())}l{way.lstrip(' ')}{'z' if closes else ''}"


def _joined(x: int, y: int) -> str:
    across, down = _number(x), _number(y)
    return f"{'' if across[0] == '-' else ' '}{across}{'' if down[0] == '-' else ' '}{down}"


def _pair(x: int, y: int) -> str:
    return _joined(x, y).lstrip(" ")


@lru_cache(maxsize=4096)
def _number(tenths: int) -> str:
    whole, tenth = divmod(abs(tenths), 10)
    digits = f"{whole or ''}.{tenth}" if tenth else str(whole)
    return f"-{digits}" if tenths < 0 else digits
