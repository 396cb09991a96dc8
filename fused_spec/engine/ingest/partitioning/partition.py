"""Lay out rows that have a place: files of neighbours, and in each file chunks of neighbours."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.measure import Floats, Measures
from fused_spec.engine.ingest.partitioning.kdtree import Shape, Space
from fused_spec.engine.ingest.partitioning.layout import Caps, Layout, Partition, caps
from fused_spec.wire import PartitionGeospatialStep

Span = tuple[int, int]


def weights_of(measures: Measures, step: PartitionGeospatialStep) -> Floats | None:
    """What each row weighs by the step's method; None when each is one row."""
    in_utm = step.partitioning_force_utm is not None
    match step.partitioning_method:
        case "rows":
            return None
        case "area":
            return np.nan_to_num(measures.area_utm if in_utm else measures.area)
        case "length":
            return np.nan_to_num(measures.length_utm if in_utm else measures.length)
        case "coords":
            return measures.coords.astype(np.float64)


def partition(
    x: Floats, y: Floats, weights: Floats | None, zones: NDArray[np.int16] | None, step: PartitionGeospatialStep
) -> Partition:
    """The partition of rows at these places; it takes the arrays over. `zones` are numbers of UTM zones.

    Rows that are nowhere come last, in files of their own, so that they spoil no box.
    """
    total = float(len(x)) if weights is None else float(weights.sum())
    limits = caps(
        total, step.partitioning_maximum_per_file, step.partitioning_maximum_per_chunk, step.target_num_chunks
    )
    space = Space(x, y, weights, _shape(step))
    located = space.gather_located()
    chunk_ends: list[int] = []
    file_ends: list[int] = []
    for file, anywhere in _files(space, located, limits, zones if step.partitioning_force_utm == "file" else None):
        for part in _zoned(space, file, zones if step.partitioning_force_utm == "chunk" and not anywhere else None):
            chunk_ends += [stop for _, stop in space.groups(*part, limits.per_chunk, anywhere=anywhere)]
        file_ends.append(len(chunk_ends))
    layout = Layout(chunk_ends=np.array(chunk_ends), file_ends=np.array(file_ends))
    return Partition(order=space.rows, layout=layout)


def _files(space: Space, located: int, limits: Caps, zones: NDArray[np.int16] | None) -> Iterator[tuple[Span, bool]]:
    """The rows of each file, and whether they are nowhere and may be cut anywhere."""
    for start, stop in _zoned(space, (0, located), zones):
        yield from ((file, False) for file in space.groups(start, stop, limits.per_file))
    nowhere = (located, len(space.rows))
    yield from ((file, True) for file in space.groups(*nowhere, limits.per_file, anywhere=True))


def _zoned(space: Space, span: Span, zones: NDArray[np.int16] | None) -> Iterator[Span]:
    """The span, cut where one UTM zone ends and the next begins when zones are to be kept apart."""
    if zones is None:
        yield span
    else:
        yield from space.sorted_by(zones, *span)


def _shape(step: PartitionGeospatialStep) -> Shape:
    return Shape(
        by_median=step.partitioning_split_method == "median",
        max_width_ratio=step.partitioning_max_width_ratio,
        max_height_ratio=step.partitioning_max_height_ratio,
        split_identical=step.split_identical_centroids,
    )
