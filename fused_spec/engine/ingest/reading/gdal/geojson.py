"""What GeoJSON says that GDAL does not tell: looked for in its bytes, which is quick."""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.archives import GdalPath
from fused_spec.engine.ingest.reading.gdal import strict_json

SEQUENCES = frozenset({"GeoJSONSeq"})
DRIVERS = frozenset({"GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG"})
"""GDAL's drivers of files that are JSON."""

COLLECTIONS = frozenset({"GeoJSON", "JSONFG"})
"""Of them those whose rows are the features of a collection."""

TOPOLOGY = "TopoJSON"

SEQUENCE_SUFFIXES = frozenset({".geojsonl", ".geojsons", ".ndjson", ".jsonl"})
"""Of files that are sequences, even where GDAL takes them for something else."""

_CHUNK_BYTES = 2**24
_OVERLAP_BYTES = 2**12  # of what is looked for nothing is longer, names of columns being short
_NUL = re.compile(rb"\x00|(?<!\\)(?:\\\\)*\\u0000")
_LONG = re.compile(rb":\s*(-?[0-9]{19,})(?=\s*[,}\]])")
_NAME = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*$')
_TRUTH = re.compile(rb":\s*(?:true|false)(?=\s*[,}\]])")
_ID = re.compile(
    rb'"type"\s*:\s*"Feature"\s*,\s*"id"\s*:\s*([^\s,]+)|\{\s*"id"\s*:\s*([^\s,]+)\s*,\s*"type"\s*:\s*"Feature"'
)
# An id after what a feature consists of; or a property after one that is an object.
_LATE_ID = re.compile(rb'(?:\}|null)\s*,\s*"id"\s*:\s*([^\s,}]+)\s*(?:\}|,\s*"(?:geometry|properties|bbox|type)"\s*:)')
_INTEGER = re.compile(rb"-?[0-9]+")
_FINE_TIME = re.compile(rb':\s*"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:]{8}\.[0-9]{3}0*[1-9]')
_CRS = re.compile(rb'"crs"\s*:\s*\{')
_COLLECTION = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
_LARGEST = 2**63 - 1
_RECORD = b"\x1e"
_GEOMETRIES = frozenset(
    {
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
    """Names of columns: of how many integers beyond 64 bits, that are true or false, and times finer than milliseconds;
    how many features have ids that are integers, surely and perhaps, and other ones; and whether a system is named.
    """

    long: Counter[str] = field(default_factory=Counter)
    truths: Counter[str] = field(default_factory=Counter)
    fine_times: Counter[str] = field(default_factory=Counter)
    ids: int = 0
    late_ids: int = 0
    other_ids: int = 0
    crs: bool = False


def look_through(place: GdalPath) -> Seen:
    """What is in the text; raises `StepFailed` for a NUL in it, where GDAL would end the value, and for no text."""
    seen = Seen()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = collections = 0
    for chunk, stop in _chunks(place):
        nul = _NUL.search(chunk) if b"\0" in chunk or b"\\u0000" in chunk else None
        if nul is not None:
            line = lines + chunk[: nul.start()].count(b"\n") + 1
            raise StepFailed(
                f"{place.name} cannot be read: line {line:,} has a NUL character (\\u0000) in it, where GDAL "
                "would cut the text off; take it out of the input"
            )
        for pattern, counts in ((_LONG, seen.long), (_TRUTH, seen.truths), (_FINE_TIME, seen.fine_times)):
            counts.update(_named(pattern, chunk, stop))
        ids = [found[1] or found[2] for found in _ID.finditer(chunk) if found.start() < stop]
        late = [found[1] for found in _LATE_ID.finditer(chunk) if found.start() < stop]
        seen.ids += sum(1 for one in ids if _INTEGER.fullmatch(one))
        seen.late_ids += sum(1 for one in late if _INTEGER.fullmatch(one))
        seen.other_ids += sum(1 for one in (*ids, *late) if not _INTEGER.fullmatch(one))
        seen.crs = seen.crs or _CRS.search(chunk) is not None
        collections += sum(found.start() < stop for found in _COLLECTION.finditer(chunk))
        if collections > 1:
            raise StepFailed(
                f"{place.name} cannot be read: it holds several FeatureCollections, and GDAL would read the "
                "first alone; make one file of each, or one FeatureCollection of all"
            )
        try:
            decoder.decode(chunk[:stop], final=stop == len(chunk))
        except UnicodeDecodeError as error:
            line = lines + chunk[: error.start].count(b"\n") + 1
            raise StepFailed(
                f"{place.name} cannot be read: line {line:,} is no UTF-8 text, as JSON has to be; convert the file: "
                "iconv -f CP1252 -t UTF-8"
            ) from error
        lines += chunk.count(b"\n", 0, stop)
    return seen


def _named(pattern: re.Pattern[bytes], chunk: bytes, stop: int) -> Iterator[str]:
    """The names of the columns that have what is looked for, each time."""
    if pattern is _TRUTH and b"true" not in chunk and b"false" not in chunk:
        return
    for found in pattern.finditer(chunk):
        if found.start() < stop and (pattern is not _LONG or not -_LARGEST - 1 <= int(found[1]) <= _LARGEST):
            yield _name_before(chunk, found.start())


def check_records(place: GdalPath) -> strict_json.Missing:
    """Of which features of a sequence there is no geometry: one a line, or after each record separator.

    Raises `StepFailed` for a record that is none.
    """
    missing = []
    with place.open() as stream:
        for line, record in _records(iter(lambda: stream.read(_CHUNK_BYTES), b"")):
            if not record.strip():
                continue
            found = _feature(record)
            if isinstance(found, str):
                raise StepFailed(
                    f"{place.name} cannot be read: line {line:,} is no GeoJSON feature ({found}), and GDAL would "
                    "leave it out; mend or remove it"
                )
            missing.append(found)
    return strict_json.missing_of(missing)


def _feature(record: bytes) -> strict_json.Feature | str:
    """The feature that a record is, or why it is none."""
    try:
        found = strict_json.feature_of(record)
        kind = json.loads(bytes(found.type))
    except (ValueError, RecursionError) as error:
        return str(error)
    if kind == "Feature":
        return found
    if kind in _GEOMETRIES:
        return strict_json.Feature(type=found.type, geometry=msgspec.Raw(record))
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


def _chunks(place: GdalPath) -> Iterator[tuple[bytes, int]]:
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


def told(seen: Seen, columns: Sequence[str], *, numbers: Sequence[str], cut: Sequence[str]) -> Iterator[str]:
    """What is lossy in the columns of a layer; GDAL reads `numbers` as numbers, and `cut` as times in milliseconds."""
    for name, rows in seen.long.items():
        if name in columns:
            yield (
                f"column {name}: {rows:,} of its integers are beyond 64 bits, and become floating-point numbers or the "
                "largest there is; write them as text in the input"
            )
    for name, rows in seen.fine_times.items():
        if name in cut:
            yield (
                f"column {name}: {rows:,} of its times are finer than milliseconds, which is what is left of them; "
                "open option DATE_AS_STRING of GeoJSON keeps them as text"
            )
    for name, rows in seen.truths.items():
        if name in numbers:
            yield f"column {name}: {rows:,} of its values are true or false beside numbers, and become 1 and 0"
