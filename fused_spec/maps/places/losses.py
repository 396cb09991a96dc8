"""What is not drawn, or not as it is, and how a person is told."""

from collections import Counter
from enum import StrEnum


class Loss(StrEnum):
    """The value is the sentence; it has the count, and a word that goes with one or many."""

    SAMPLED = "{count} of {of} are drawn, evenly chosen; what failed or is held comes first"
    OF = ""
    BOXED = "{count} with very many points {are} drawn as {their} bounding {boxes}"
    THINNED = "{count} with very many points {are} drawn with fewer"
    MISSING = "{count} without a geometry"
    EMPTY = "{count} with an empty geometry"
    BROKEN = "{count} with a geometry that cannot be read"
    INFINITE = "{count} with a coordinate that is no number, without {their} parts at it"
    OUTSIDE = "{count} with a place outside the world or outside the coordinate system, without {their} parts there"
    INVALID = "{count} with an invalid geometry, drawn as {they} {are}"
    CUT = "{count} cut at the edge of the map, which {they} {go} over"
    UNKNOWN_CRS = "The coordinate system is not one that is known: drawn in its own units, without land"
    NO_CRS = "No coordinate system is said: drawn in its own units, without land"
    MIXED = "Left out, since the other layers have a coordinate system and this has none"
    COARSE_LAND = "The outline of land is left out, since it is coarser than this map"
    OTHER_BANDS = "{count} with a number of bands that is no picture: the first band is shown"
    BLANK = "{count} without a value that can be shown"


_ONE = {"are": "is", "their": "its", "boxes": "box", "they": "it", "go": "goes"}
_MANY = {name: name for name in _ONE}


def sentences(title: str, losses: Counter[Loss]) -> list[str]:
    """What a person should know of a layer, in the order of the losses."""
    told = []
    for loss in Loss:
        count = losses[loss]
        if count and loss.value:
            words = _ONE if count == 1 else _MANY
            told.append(f"{title}: {loss.format(count=f'{count:,}', of=f'{losses[Loss.OF]:,}', **words)}.")
    return told
