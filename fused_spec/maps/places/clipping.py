"""What of lines lies in a rectangle. Each ring is cut alone, so that what is inside an odd number of rings still is."""

from dataclasses import replace

import numpy as np
import shapely

from fused_spec.maps.places.lines import Kind, Lines, joined, starts_of

Rectangle = tuple[float, float, float, float]


def clipped(lines: Lines, rectangle: Rectangle) -> Lines:
    """The lines without what lies outside, cut at the sides."""
    if not len(lines):
        return lines
    west, south, east, north = rectangle
    bounds = lines.bounds()
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    apart = (bounds[:, 0] > east) | (bounds[:, 1] > north) | (bounds[:, 2] < west) | (bounds[:, 3] < south)
    over = np.flatnonzero(~inside & ~apart)
    return joined_in_place([lines.only(inside), *(_cut(lines, index, rectangle) for index in over.tolist())])


def _cut(lines: Lines, index: int, rectangle: Rectangle) -> Lines:
    points = lines.xy[lines.starts[index] : lines.starts[index + 1]]
    is_ring = lines.kind[index] == Kind.RING and len(points) > 3
    whole = shapely.polygons(points) if is_ring else shapely.linestrings(points)
    try:
        left = shapely.clip_by_rect(whole, *rectangle)
    except shapely.GEOSException:  # a ring that crosses itself in a way that the quick cut does not follow
        left = shapely.intersection(shapely.make_valid(whole), shapely.box(*rectangle))
    one = slice(index, index + 1)
    made = []
    for piece in shapely.get_parts(left):
        for line in shapely.get_rings(piece) if shapely.get_type_id(piece) == 3 else [piece]:
            xy = shapely.get_coordinates(line)
            if len(xy) > 1:
                made.append(Lines(xy, starts_of([len(xy)]), lines.kind[one], lines.owner[one], lines.part[one]))
    return joined_in_place(made)


def joined_in_place(many: list[Lines]) -> Lines:
    """Several as one, in which what was of one part is so still."""
    many = [one for one in many if len(one)]
    return replace(joined(many), part=np.concatenate([one.part for one in many])) if many else joined([])
