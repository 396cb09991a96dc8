"""Columns of times that GDAL reads: as text with whatever offset they have, and the Arrow type that loses none."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

_OGR_TYPE = b"GDAL:OGR:type"
_MOMENT = r"[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_OFFSET = r"Z|[+-][0-9]{2}(:?[0-9]{2})?"
_TIME = rf"^{_MOMENT}({_OFFSET})?)?$"
_LONGER = r"\.[0-9]{4}"  # than milliseconds
_FINEST = r"\.[0-9]{7}"
_MOST_OFFSETS = 5
_UTC = frozenset({"Z", "+00", "+00:00", "+0000"})


@dataclass(slots=True)
class Times:
    """What the values of one column look like."""

    offsets: Counter[str] = field(default_factory=Counter)
    naive: int = 0
    strange: int = 0
    longer: bool = False
    finest: bool = False

    def look_at(self, column: pa.ChunkedArray) -> None:
        """Look at some values."""
        values = slashed(column).drop_null()
        if _is_cast(values, pa.timestamp("ms")):  # which takes much less time than to look at each
            self.naive += len(values)
            return
        if pc.all(pc.ends_with(values, "Z")).as_py() and _is_cast(values, pa.timestamp("ms", "UTC")):
            self.offsets["Z"] += len(values)
            return
        times = values.filter(pc.match_substring_regex(values, _TIME))
        self.strange += len(values) - len(times)
        offsets = pc.replace_substring_regex(times, rf"^.{{10}}([T ][0-9:.]*({_OFFSET})?)?$", r"\2")
        for found in pc.value_counts(offsets).to_pylist():
            if found["values"]:
                self.offsets[found["values"]] += found["counts"]
            else:
                self.naive += found["counts"]
        self.longer = self.longer or _any(times, _LONGER)
        self.finest = self.finest or _any(times, _FINEST)

    @property
    def kind(self) -> pa.DataType:
        """The type that holds all of them: instants, naive times, or the text of both."""
        unit = "ns" if self.finest else "us" if self.longer else "ms"
        if self.strange or (self.offsets and self.naive):
            return pa.string()
        return pa.timestamp(unit, "UTC" if self.offsets else None)

    @property
    def zone(self) -> str:
        """Words for `Origin.zones`."""
        if not self.offsets:
            return "none"
        if set(self.offsets) <= _UTC:
            return "UTC" if self.kind != pa.string() else "UTC in some values, none in others"
        return f"{self._named()} in the file, {'as they are' if self.kind == pa.string() else 'UTC'} in the table"

    def lost(self, name: str) -> str | None:
        """What is to be told of the column, where there is anything."""
        if self.strange:
            return f"column {name}: {self.strange:,} of its times cannot be read as such; all are text, as in the file"
        if self.offsets and self.naive:
            return (
                f"column {name}: {self.offsets.total():,} of its times have an offset and {self.naive:,} have none; "
                "all are text, as in the file"
            )
        if set(self.offsets) <= _UTC:
            return None
        return f"column {name}: the offsets of its times ({self._named()}) are left out, the instants are in UTC"

    def _named(self) -> str:
        named = sorted(self.offsets)
        return ", ".join(named[:_MOST_OFFSETS]) + (", …" if len(named) > _MOST_OFFSETS else "")


def times_in(schema: pa.Schema) -> list[int]:
    """The places of columns that hold times, in the schema of a stream that gives them as text."""
    return [place for place, field in enumerate(schema) if (field.metadata or {}).get(_OGR_TYPE) == b"DateTime"]


def learned(batches: Iterable[pa.RecordBatch], places: list[int]) -> dict[int, Times]:
    """What the columns at these places are like."""
    found = {place: Times() for place in places}
    for batch in batches:
        for place, times in found.items():
            times.look_at(pa.chunked_array([batch.column(place)]))
    return found


def as_times(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The column in the type that was found for it."""
    return column if pa.types.is_string(kind) else slashed(column).cast(kind)


def slashed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with dates as ISO 8601 writes them; GDAL takes slashes as well."""
    if not pc.any(pc.match_substring(column, "/")).as_py():
        return column
    return pc.replace_substring_regex(column, r"^([0-9]{4})/([0-9]{2})/([0-9]{2})", r"\1-\2-\3")


def _is_cast(values: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        values.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _any(values: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(values, pattern)).as_py())
