"""The values of rasters as floating bands, in which what is absent is no number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fused_spec.maps.model import Raster

Bands = NDArray[np.float64]
"""Bands, rows and columns."""

_MOST_SIDE = 2_048  # rows or columns that are read; more are not told apart in any picture
_MOST_SAMPLED = 250_000  # values of one raster from which colours are chosen


@dataclass(frozen=True, slots=True)
class Values:
    """What of one raster can be shown."""

    raster: Raster
    bands: Bands
    is_whole: bool
    """Whether its numbers are whole and few, as those of classes."""
    is_bytes: bool

    @property
    def sample(self) -> NDArray[np.float64]:
        """Some values of the first band that are there."""
        first = self.bands[0]
        step = max(1, int(np.sqrt(first.size / _MOST_SAMPLED)))
        some = first[::step, ::step]
        there: NDArray[np.float64] = some[np.isfinite(some)]
        return there

    @property
    def absent(self) -> float:
        """The share of cells without a value."""
        return float(np.isnan(self.bands[0]).mean())


def read(raster: Raster) -> Values | None:
    """The values of a raster, thinned to what a picture can show; nothing where no band is of numbers."""
    given: Any = raster.values
    array = np.ma.asanyarray(given)
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or not array.size or array.dtype.kind not in "biuf":
        return None
    step = max(1, -(-max(array.shape[1:]) // _MOST_SIDE))
    array = array[: _shown(array.shape[0]), ::step, ::step]
    bands: Bands = np.array(np.ma.getdata(array), dtype=np.float64)
    bands[np.ma.getmaskarray(array)] = np.nan
    if raster.nodata is not None and not np.isnan(raster.nodata):
        bands[bands == float(raster.nodata)] = np.nan
    bands[~np.isfinite(bands)] = np.nan
    return Values(raster, bands, array.dtype.kind in "biu", array.dtype == np.uint8)


def _shown(bands: int) -> int:
    """Three and four bands are the colours of a picture; of any other number the first is shown."""
    return bands if bands in (3, 4) else 1


def has_other_bands(raster: Raster) -> bool:
    shape = np.shape(raster.values)
    return len(shape) == 3 and shape[0] not in (1, 3, 4)


def sampled(many: Sequence[Values]) -> NDArray[np.float64]:
    """Some values of all."""
    return np.concatenate([one.sample for one in many]) if many else np.empty(0)
