"""Colours for values: a ramp from low to high, one for each class, or the bands themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fused_spec.maps.pictures.values import Bands, Values, sampled
from fused_spec.maps.scenes.scene import Classes, Ramp

RAMP = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis: it grows lighter evenly, also where colours are seen differently or not at all."""

CLASSES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999", "#000000")
"""Okabe and Ito's, and a grey."""

_ENDS = (2, 98)  # percentiles that the ramp spans where a few values lie far off
_FAR = 1.5


@dataclass(frozen=True, slots=True)
class Colouring:
    """How the values of a layer become colours."""

    low: float = 0.0
    high: float = 1.0
    classes: tuple[float, ...] = ()
    is_bands: bool = False

    def colours(self, bands: Bands) -> NDArray[np.uint8]:
        """Red, green, blue and opacity of each cell."""
        first = bands[0]
        if self.is_bands:
            there = np.isfinite(bands[:3]).all(axis=0)
            shown = np.moveaxis(self._share(bands[:3]) * 255, 0, 2)
            opacity = np.where(there, np.nan_to_num(bands[3]) if len(bands) == 4 else 255, 0)
            return np.dstack([np.rint(shown), np.clip(opacity, 0, 255)]).astype(np.uint8)
        opaque = np.where(np.isfinite(first), 255, 0).astype(np.uint8)
        if self.classes:
            index = np.searchsorted(self.classes, np.nan_to_num(first, nan=self.classes[0]))
            table = _rgb(CLASSES[: len(self.classes)])
            return np.dstack([table[np.clip(index, 0, len(table) - 1)], opaque]).astype(np.uint8)
        stops, share = _rgb(RAMP), self._share(first)
        places = np.linspace(0, 1, len(RAMP))
        shown = np.dstack([np.interp(share, places, stops[:, channel]) for channel in range(3)])
        return np.dstack([np.rint(shown), opaque]).astype(np.uint8)

    def _share(self, values: Bands) -> Bands:
        whole = np.nan_to_num(values, nan=self.low)
        share: Bands = np.clip((whole - self.low) / ((self.high - self.low) or 1.0), 0, 1)
        return share


def colouring(many: Sequence[Values]) -> Colouring:
    """One way for all rasters of a layer."""
    if all(len(one.bands) > 1 for one in many):
        if all(one.is_bytes for one in many):
            return Colouring(0, 255, is_bands=True)
        low, high = _ends(sampled(many))
        return Colouring(low, high, is_bands=True)
    values = sampled(many)
    found = np.unique(values)
    if 0 < len(found) <= len(CLASSES) and all(one.is_whole for one in many):
        return Colouring(classes=tuple(found.tolist()))
    low, high = _ends(values)
    return Colouring(low, high)


def legend(title: str, colouring: Colouring, many: Sequence[Values]) -> Ramp | Classes | None:
    """What the colours mean."""
    values = sampled(many)
    absent = float(np.mean([one.absent for one in many]))
    says = f"{absent:.2g}" if 0 < absent < 0.001 else f"{absent:.1%}"
    said = f"{says} of the cells have no value" if absent else ""
    if colouring.is_bands:
        return Classes(title, (), said) if said else None
    if not len(values):
        return Classes(title, (), "no cell has a value")
    if colouring.classes:
        pairs = zip(CLASSES, colouring.classes, strict=False)
        return Classes(title, tuple((colour, number(value)) for colour, value in pairs), said)
    least, greatest = float(values.min()), float(values.max())
    low = number(colouring.low) if least >= colouring.low else f"≤ {number(colouring.low)}"
    high = number(colouring.high) if greatest <= colouring.high else f"≥ {number(colouring.high)}"
    outside = (least, greatest) != (colouring.low, colouring.high)
    whole = f"values from {number(least)} to {number(greatest)}" if outside else ""
    return Ramp(title, RAMP, low, high, "; ".join(filter(None, (whole, said))))


def number(value: float) -> str:
    """A value in as few digits as tell it."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    """What the ramp spans: all values, unless a few lie far off."""
    if not len(values):
        return 0.0, 1.0
    least, greatest = float(values.min()), float(values.max())
    low, high = (float(one) for one in np.percentile(values, _ENDS))
    width = (high - low) * _FAR
    if high > low and (least < low - width or greatest > high + width):
        return low, high
    return least, greatest


def _rgb(colours: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[int(one[place : place + 2], 16) for place in (1, 3, 5)] for one in colours], dtype=np.float64)
