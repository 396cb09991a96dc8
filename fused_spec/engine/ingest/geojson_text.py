"""What GeoJSON says that GDAL does not tell: looked for in its bytes, which is quick."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.archives import Place
from fused_spec.engine.ingest.notes import shown

SEQUENCES = frozenset({"GeoJSONSeq"})
DRIVERS = frozenset({"GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG"})
"""GDAL's drivers of files that are JSON."""

_CHUNK_BYTES = 2**24
_OVERLAP_BYTES = 2**12  # of what is looked for nothing is longer, names of columns being short
_NUL = re.compile(rb"\x00|(?<!\\)(?:\\\\)*\\u0000")
_LONG = re.compile(rb":\s*(-?[0-9]{19,})(?=\s*[,}\]])")
_NAME = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*$')
_TRUTH = re.compile(rb":\s*(?:true|false)(?=\s*[,}\]])")
_ID = re.compile(
    rb'"type"\s*:\s*"Feature"\s*,\s*"id"\s*:\s*-?[0-9]|\{\s*"id"\s*:\s*-?[0-9]+\s*,\s*"type"\s*:\s*"Feature"'
)
_LARGEST = 2**63 - 1
_RECORD = b"\x1e"
_FEATURES = frozenset(
    {
        "Feature",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    }
)


@dataclass(slots=True)
class Seen:
    """Names of columns: of how many integers beyond 64 bits, and of how many that are true or false; and whether
    features have numbers for their ids.
    """

    long: Counter[str] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)
    ids: bool = False


def look_through(place: Place) -> Seen:
    """What is in the text; raises `StepFailed` for a NUL in it, where GDAL would end the value."""
    seen = Seen()
    lines = 0
    for chunk, stop in _chunks(place):
        nul = _NUL.search(chunk)
        if nul is not None:
            line = lines + chunk[: nul.start()].count(b"\n") + 1
            raise StepFailed(
                f"{shown(place.file)} cannot be read: line {line:,} has a NUL character (\\u0000) in it, where GDAL "
                "would cut the text off; take it out of the input"
            )
        for found in _LONG.finditer(chunk, 0, len(chunk)):
            if found.start() < stop and not -_LARGEST - 1 <= int(found[1]) <= _LARGEST:
                seen.long[_name_before(chunk, found.start())] += 1
        if b"true" in chunk or b"false" in chunk:
            for found in _TRUTH.finditer(chunk):
                if found.start() < stop:
                    seen.truths[_name_before(chunk, found.start())] += 1
        seen.ids = seen.ids or _ID.search(chunk) is not None
        lines += chunk.count(b"\n", 0, stop)
    return seen


def count_records(place: Place) -> int:
    """How many features a sequence of them says it has: one a line, or after each record separator."""
    with place.open() as stream:
        return sum(1 for _, record in _records(iter(lambda: stream.read(_CHUNK_BYTES), b"")) if record.strip())


def check_records(place: Place) -> None:
    """Raise `StepFailed` for the first record of a sequence that is no feature, with its place."""
    with place.open() as stream:
        for line, record in _records(iter(lambda: stream.read(_CHUNK_BYTES), b"")):
            if record.strip() and (why := _fault(record)):
                raise StepFailed(
                    f"{shown(place.file)} cannot be read: line {line:,} is no GeoJSON feature ({why}), and GDAL would "
                    "leave it out; mend or remove it"
                )


def _fault(record: bytes) -> str | None:
    try:
        value = json.loads(record)
    except (ValueError, RecursionError) as error:
        return str(error)
    kind = value.get("type") if isinstance(value, dict) else None
    if kind in _FEATURES:
        return None
    return f"its type is {kind}" if kind else "it has no type"


def _records(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Records and the number of the line that each begins in."""
    first = next(chunks, b"").removeprefix(b"\xef\xbb\xbf")
    separator = _RECORD if first.startswith(_RECORD) else b"\n"
    rest, line = first, 1
    while True:
        *whole, rest = rest.split(separator)
        for record in whole:
            yield line, record
            line += 1 if separator == b"\n" else record.count(b"\n")
        chunk = next(chunks, b"")
        if not chunk:
            break
        rest += chunk
    yield line, rest


def _chunks(place: Place) -> Iterator[tuple[bytes, int]]:
    """The bytes in chunks of which each begins with the end of the one before; and where what follows will begin."""
    with place.open() as stream:
        held = stream.read(_CHUNK_BYTES)
        while True:
            more = stream.read(_CHUNK_BYTES)
            if not more:
                yield held, len(held)
                return
            stop = max(0, len(held) - _OVERLAP_BYTES)
            yield held, stop
            held = held[stop:] + more


def _name_before(chunk: bytes, place: int) -> str:
    found = _NAME.search(chunk, max(0, place - _OVERLAP_BYTES), place)
    try:
        return str(json.loads(b'"' + found[1] + b'"')) if found else ""
    except ValueError:
        return ""


def told(seen: Seen, numbers: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    """What is lossy in the columns of a layer, `numbers` being those that GDAL reads as numbers."""
    for name, rows in seen.long.items():
        if name in columns:
            yield (
                f"column {name}: {rows:,} of its integers are beyond 64 bits, and become floating-point numbers or the "
                "largest there is; write them as text in the input"
            )
    for name, rows in seen.truths.items():
        if name in numbers:
            yield f"column {name}: {rows:,} of its values are true or false beside numbers, and become 1 and 0"
