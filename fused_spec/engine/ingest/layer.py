"""What a file holds, as a stream of batches: attributes, and the WKB of its geometry."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Choice = Callable[[Sequence[str]], list[str]]
"""Given the names of the columns that are there, those to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a layer: a table of its attributes, and WKB where the layer has geometry."""

    attributes: pa.Table
    geometry: pa.ChunkedArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The schema of the attributes, and the rows in parts; it may be sent to another machine.

    `batches` reads some of the parts, each time in the same batches; `parts` says of each about how many bytes its rows
    are in memory. Geometry is in coordinates of `crs` (None: the file says none).
    """

    attributes: pa.Schema
    parts: Sequence[int]
    batches: Callable[[range], Iterator[Batch]]
    has_geometry: bool = False
    crs: Any = None
