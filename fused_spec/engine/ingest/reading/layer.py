"""What a file holds, as a stream of batches: attributes, and the WKB of its geometry."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.reading.columnar.geometry_columns import GeometryColumn
from fused_spec.engine.ingest.reading.text.guesses import Guess

Choice = Callable[[Sequence[str]], list[str]]
"""Given the names of the columns that are there, those to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a layer: a table of its attributes, and WKB where the layer has geometry.

    `tally` counts what reading them has changed or lost; `first_row` is the number of the first one in its file, from
    0 (None: nobody knows).
    """

    attributes: pa.Table
    geometry: pa.ChunkedArray | None = None
    tally: Tally = field(default_factory=Tally)
    first_row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a file says of all its rows before one of them is read.

    `rows` is how many there are (None: it does not say); where other than so many come, the ingestion fails.
    `encoding` and `crs_from` are words: of text and how it is known (`ISO-8859-1, a guess`), and where the coordinate
    system stands (`its .prj`). `zones` has words for columns of times (`UTC`, `none`, `+01:00 in the file, UTC in the
    table`), `kinds` the file's own names of column types where Arrow's do not say them. `lossy` are sentences, one for
    each thing that every row loses.
    """

    rows: int | None = None
    encoding: str | None = None
    crs_from: str | None = None
    zones: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    lossy: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The schema of the attributes, and the rows in parts; it may be sent to another machine.

    `batches` reads some of the parts, each time in the same batches; `parts` says of each about how many bytes its rows
    are in memory. Geometry is in coordinates of `crs` (None: the file says none); `claims` are what else the file says
    of it (GeoParquet's `edges`, `orientation` and `epoch`), and `beside` the attributes that are geometry too. Of text,
    `guesses` are what columns seem to be, and `widened` gives the layer with other types of them.
    """

    attributes: pa.Schema
    parts: Sequence[int]
    batches: Callable[[range], Iterator[Batch]]
    has_geometry: bool = False
    crs: Any = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, GeometryColumn] = field(default_factory=dict)
    origin: Origin = Origin()
    guesses: Mapping[str, Guess] = field(default_factory=dict)
    widened: "Callable[[Mapping[str, pa.DataType]], Layer] | None" = None
