"""How much an ingestion holds in memory, and what sizes its work is cut into."""

from dataclasses import dataclass

import psutil

BATCH_BYTES = 32 * 2**20
"""About what one batch of rows takes in memory; a few batches are at work at a time."""

BUCKET_BYTES = 64 * 2**20
"""About what is gathered at a time of the rows that are written next to one another."""

LOT_BYTES = 128 * 2**20
"""About what one task of a cluster reads, and what of it is sorted in memory before it is sent on; an ingestion of no
more than this is one task.
"""

MOST_BATCH_ROWS = 131_072
_WORKING_BYTES = 768 * 2**20  # the process itself, batches and buckets at work, and what the writer holds back


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The bytes of rows that may be held in memory; more of them go to disk between reading and writing."""

    held_bytes: int


def budget(memory_limit: int | None = None) -> Budget:
    """The budget of an ingestion that may take `memory_limit` bytes in all; None: what is free on the machine."""
    limit = psutil.virtual_memory().available if memory_limit is None else memory_limit
    return Budget(held_bytes=max(0, (limit - _WORKING_BYTES) // 2))


def batch_rows(row_bytes: float) -> int:
    """How many rows that take about so much make a batch; 0 stands for what nobody knows."""
    if row_bytes <= 0:
        return MOST_BATCH_ROWS // 2
    return max(1, min(MOST_BATCH_ROWS, int(BATCH_BYTES / row_bytes)))
