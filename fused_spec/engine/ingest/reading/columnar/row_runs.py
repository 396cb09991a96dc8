"""How the row groups or record batches of a file make parts that are read one at a time."""

from collections.abc import Sequence


def runs(counts: Sequence[int], rows: int) -> list[range]:
    """Runs of groups that have so many rows each, every run of them as many as a batch or more."""
    parts: list[range] = []
    start = held = 0
    for stop, count in enumerate(counts, start=1):
        held += count
        if held >= rows or stop == len(counts):
            parts.append(range(start, stop))
            start, held = stop, 0
    return parts
