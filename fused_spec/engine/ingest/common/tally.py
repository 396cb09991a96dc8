"""What was seen in rows and done to them while they were read, counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Seen(StrEnum):
    """What rows are counted by.

    `NULL` to `TURNED_OVER` are geometries: missing, without coordinates, not valid among those `LOOKED_AT`, curves that
    were made of straight lines, measures (M) left out, and polygons whose inside became their outside. The others are
    what the step was asked to do.
    """

    NULL = "null"
    EMPTY = "empty"
    LOOKED_AT = "looked_at"
    INVALID = "invalid"
    CURVED = "curved"
    MEASURED = "measured"
    TURNED_OVER = "turned_over"
    OUT_OF_BOUNDS = "out_of_bounds"
    EXPLODED = "exploded"  # rows that were taken apart, and the rows that came of them
    PARTS = "parts"
    SUBDIVIDED = "subdivided"  # rows that were cut, and the rows that came of them
    PIECES = "pieces"


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of rows, by `Seen`; and of `lossy` a sentence for each thing that was lost, with the rows that lost it."""

    seen: Counter[str] = field(default_factory=Counter)
    lossy: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count what the other has counted as well."""
        self.seen.update(other.seen)
        self.lossy.update(other.lossy)

    def measured(self, rows: int) -> None:
        """Count geometries whose measures are left out."""
        if rows:
            self.seen[Seen.MEASURED] += rows
            self.lossy["measures (M) of geometries are left out, which GeoParquet does not have"] += rows

    @property
    def grown(self) -> int:
        """How many more rows there are than were read."""
        seen = self.seen
        more = seen[Seen.PARTS] - seen[Seen.EXPLODED] + seen[Seen.PIECES] - seen[Seen.SUBDIVIDED]
        return more - seen[Seen.OUT_OF_BOUNDS]

    def as_json(self) -> dict[str, Any]:
        return {"seen": self.seen, "lossy": self.lossy}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Tally":
        return cls(seen=Counter(content["seen"]), lossy=Counter(content["lossy"]))
