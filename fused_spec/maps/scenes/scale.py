"""The bar that says how far apart places are."""

import numpy as np

from fused_spec.maps.projecting.projections import Plane, Rectangle
from fused_spec.maps.scenes.frame import Frame
from fused_spec.maps.scenes.net import degrees_of
from fused_spec.maps.scenes.scene import ScaleBar

_LONGEST = 0.22  # of the width


def scale_bar(frame: Frame) -> ScaleBar:
    """A bar of a round length."""
    longest = frame.width * _LONGEST / frame.scale
    power = 10.0 ** np.floor(np.log10(longest))
    length = float(max(one * power for one in (1, 2, 5) if one * power <= longest))
    pixels = round(length * frame.scale, 1)
    if isinstance(frame.projection, Plane):
        return ScaleBar(pixels, length, "units", "")
    where = ""
    if isinstance(frame.projection, Rectangle):
        parallel = frame.projection.parallel
        where = f"at {degrees_of(parallel, 'N', 'S')}" if parallel else "at the equator"
    if length >= 1_000:
        return ScaleBar(pixels, length / 1_000, "km", where)
    return ScaleBar(pixels, length, "m", where)
