"""What the first bytes of WKB say of a geometry: its type, whether it has measures, and which system it names."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.wkb import HAS_M, HAS_SRID, content_of

_START = 5  # the byte order, and a type
_SRID_END = 9
_FLAGS = 0xE0000000
_ISO_MEASURED = 2000  # from here on ISO's numbers are those of types with measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The rows whose headers are not as GeoParquet has them, ISO's without measures; the numbers of their types, and
    their SRIDs (0: none).
    """

    rows: NDArray[np.int64]
    codes: NDArray[np.uint32]
    srids: NDArray[np.uint32]

    @property
    def measured(self) -> int:
        """How many geometries have measures."""
        return int((((self.codes & HAS_M) != 0) | ((self.codes & ~np.uint32(_FLAGS)) >= _ISO_MEASURED)).sum())


def headers_of(column: pa.ChunkedArray) -> Headers:
    """The headers of a column of WKB; bytes that are too short for one have none."""
    offsets, content = content_of(column)
    lengths = np.diff(offsets)
    rows = np.flatnonzero(lengths >= _START)
    starts = offsets[:-1][rows]
    little = content[starts] == 1
    first, second, third, fourth = (content[starts + place] for place in range(1, _START))
    # ISO's numbers are small, so the bytes that come first or last say enough
    low, high = np.where(little, second, third), np.where(little, third | fourth, first | second)
    odd = (high != 0) | (low >= _ISO_MEASURED >> 8)
    if not odd.any():
        nothing = np.empty(0, np.uint32)
        return Headers(rows=np.empty(0, np.int64), codes=nothing, srids=nothing)
    rows, starts, little = rows[odd], starts[odd], little[odd]
    codes = _numbers(content, starts + 1, little)
    srids = np.zeros(len(rows), np.uint32)
    naming = ((codes & HAS_SRID) != 0) & (lengths[rows] >= _SRID_END)
    srids[naming] = _numbers(content, starts[naming] + _START, little[naming])
    return Headers(rows=rows, codes=codes, srids=srids)


def _numbers(content: NDArray[np.uint8], starts: NDArray[np.int64], little: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """The numbers of four bytes that begin at these places."""
    numbers: NDArray[np.uint32] = content[starts[:, None] + np.arange(4)].view("<u4")[:, 0]
    return np.where(little, numbers, numbers.byteswap())
