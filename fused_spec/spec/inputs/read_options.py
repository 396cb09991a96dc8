"""How a step's inputs are to be read (`metadata: {fused-spec: {read: …}}`): what cannot be meant, told before it runs.

Fused's step has no field for it, so it stands where services that do not know it carry it along.
"""

from collections.abc import Iterator, Mapping, Sequence
from encodings.aliases import aliases
from typing import Any

from fused_spec.jobs.carried import carried_in
from fused_spec.messages.diagnostics import Severity, guess, nearest
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.wording import either, spelt
from fused_spec.spec.inputs.coordinates import coordinate_system
from fused_spec.spec.inputs.step_inputs import step_inputs

FIELD = "fused-spec"
READ = "read"

_Problem = tuple[str, str, str]
"""The key, the message and the hint."""

_SIGNS = ("delimiter", "quote", "decimal")
_OF_TEXT = (*_SIGNS, "null_values")
_OF_GEOMETRY = ("geometry", "crs")
_OF_GDAL = ("layer", "open_options")
_COLUMNAR = (".parquet", ".pq", ".geoparquet", ".arrow", ".arrows", ".feather", ".ipc")
# Formats of GDAL that say their encoding themselves, and those of which it can be told.
_KNOWN_TEXT = tuple(
    """
    .gpkg .geojson .geojsonl .geojsons .fgb .topojson .kml .kmz .gpx .gdb .xlsx .ods .mif .gml .osm .pbf .sqlite
    """.split()  # noqa: SIM905 - as a list it is a page
)
_OTHER_TEXT = (".shp", ".shz", ".dbf", ".dxf", ".dgn")
# Of each key the formats for which it says nothing, and those for which it is.
_SAYS_NOTHING: Mapping[str, tuple[Sequence[str], str]] = {
    **dict.fromkeys(_OF_TEXT, ((*_COLUMNAR, *_KNOWN_TEXT, *_OTHER_TEXT), "CSV and TSV")),
    "encoding": ((*_COLUMNAR, *_KNOWN_TEXT), "CSV, TSV, shapefiles, DXF and DGN"),
    **dict.fromkeys(_OF_GDAL, (_COLUMNAR, "what GDAL reads")),
}


def reading_in(metadata: Any) -> Mapping[str, Any]:
    """What a step's metadata says of how inputs are read; empty when it says nothing."""
    reading = carried_in(metadata).get(READ)
    return reading if isinstance(reading, Mapping) else {}


def check_reading(step: Mapping[str, Any], at: Pointer, findings: Findings) -> None:
    """Tell what contradicts itself, the step or its inputs; what the schema found wrong is left alone."""
    reading, pointer = reading_in(step.get("metadata")), reading_pointer(at)
    if not reading:
        return
    sound = {key: value for key, value in reading.items() if findings.is_sound((*pointer, key))}
    endings = {one.suffix for one in step_inputs(step, at)} if findings.is_sound((*at, "input")) else set()
    told: set[str] = set()
    for key, message, hint in (
        *_misplaced(sound, step),
        *_says_nothing(sound, endings),
        *_signs(sound),
        *_encoding(sound.get("encoding")),
        *_crs(sound.get("crs")),
    ):
        if key not in told:
            told.add(key)
            findings.tell("read", message, (*pointer, key), hint)


def tell_ignored(steps: Any, at: Pointer, hosted: str | None, findings: Findings) -> None:
    """Tell once of a job's steps where a target is the hosted service, which does not heed such words."""
    for index, step in enumerate(steps if hosted is not None and isinstance(steps, list) else []):
        if isinstance(step, dict) and reading_in(step.get("metadata")):
            message = f'the hosted service (target "{hosted}") does not heed "{READ}", and reads the inputs without it'
            hint = "apply this job to an embedded service, or give the hosted one inputs that need no such words"
            pointer = reading_pointer((*at, index))
            findings.tell("read-ignored", message, pointer, hint, severity=Severity.NOTE)
            return


def reading_pointer(step: Pointer) -> Pointer:
    """Where a step says how its inputs are read."""
    return (*step, "metadata", FIELD, READ)


def _misplaced(reading: Mapping[str, Any], step: Mapping[str, Any]) -> Iterator[_Problem]:
    """What belongs in a field of Fused's own, or to the other type of step."""
    if step.get("type") == "partition_nongeospatial":
        for key in _OF_GEOMETRY:
            if key in reading:
                message = f'a table without geometry has no use for "{key}"'
                yield key, message, "leave it out, or use partition_geospatial"
        if reading.get("open_options"):
            yield from _left_to_gdal(reading, READ)
        return
    for key in _OF_GDAL:
        if key in reading:
            value = spelt(reading[key]) if isinstance(reading[key], str) else "{…}"
            message = f"{key} of a partition_geospatial step stands in gdal_config"
            yield key, message, f"write gdal_config: {{{key}: {value}}}"
    config = step.get("gdal_config")
    if isinstance(config, dict) and config.get("open_options"):
        yield from _left_to_gdal(reading, "gdal_config")
    if "types" in reading and step.get("table_schema") is not None:
        yield "types", "table_schema says the types already", "keep one of the two"
    if "geometry" in reading and step.get("lonlat_cols") is not None:
        yield "geometry", "lonlat_cols makes the geometry already", "keep one of the two"


def _left_to_gdal(reading: Mapping[str, Any], field: str) -> Iterator[_Problem]:
    for key in _OF_TEXT:
        if key in reading:
            message = f'with open_options in {field} it is GDAL that reads text, and "{key}" says nothing to it'
            yield key, message, "keep one of the two"


def _says_nothing(reading: Mapping[str, Any], endings: set[str]) -> Iterator[_Problem]:
    for key, (formats, meant_for) in _SAYS_NOTHING.items():
        if key in reading and endings and endings <= set(formats):
            message = f'"{key}" says nothing of {either(sorted(endings), "and")}: it is for {meant_for}'
            yield key, message, "remove it, or correct the input"


def _signs(reading: Mapping[str, Any]) -> Iterator[_Problem]:
    met: dict[str, str] = {}
    for key in _SIGNS:
        sign = reading.get(key)
        if sign and (other := met.setdefault(sign, key)) != key:
            yield key, f'"{key}" and "{other}" are both {spelt(sign)}', "one sign cannot mean both; change one of them"


def _encoding(name: Any) -> Iterator[_Problem]:
    if name is None:
        return
    try:
        "".encode(name)  # codecs.lookup knows those as well that make no text
    except (LookupError, ValueError):
        known = sorted({one.replace("_", "-") for pair in aliases.items() for one in pair} - {"utf"})
        meant = nearest(name, known)
        hint = guess(name, meant) if meant else "write Python's name of it, such as cp1252, latin-1 or utf-16"
        yield "encoding", f"there is no encoding {spelt(name)}", hint


def _crs(wanted: Any) -> Iterator[_Problem]:
    if wanted is not None and coordinate_system(wanted) is None:
        yield "crs", f'"{wanted}" is no coordinate system', "write one that pyproj reads, such as EPSG:25832"
