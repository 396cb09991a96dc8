"""Columns that a step names and its CSV files beside the spec lack, told from the first line of each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from fused_spec.jobs.input_formats import GEOMETRY_COLUMNS
from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.csv_header import SUFFIXES, Header, header_of
from fused_spec.spec.inputs.read_options import reading_in, reading_pointer
from fused_spec.spec.inputs.step_inputs import StepInput

_MOST_SHOWN = 12
_OF_EACH = ("lonlat_cols", "load_columns")
"""Columns that each input must have."""
_OF_ONE = ("remove_cols", "partition_col")
"""Columns that one of the inputs must have."""

_LONLAT = (("lon", "lng", "long", "longitude", "x"), ("lat", "latitude", "y"))
"""What columns of longitudes and of latitudes are usually called, in small letters."""


class _Wanted(Struct, frozen=True):
    """A column that a step names at a place: as a value, or as the key of one."""

    name: str
    pointer: Pointer
    is_key: bool = False


def check_local_columns(
    step: Mapping[str, Any], at: Pointer, inputs: Sequence[StepInput], folder: Folder, findings: Findings
) -> None:
    """Tell each column once, at the place that names it; `inputs` are those of the step that it reads."""
    if _is_read_by_gdal(step) or not findings.is_sound(reading_pointer(at)):
        return
    reading = reading_in(step.get("metadata"))
    headers = [(one, header) for one in inputs if (header := _header(one, folder, reading)) is not None]
    if not headers:
        return
    if _needs_geometry(step, reading):
        _check_geometry(headers, findings)
    for wanted in _of_each(step, at, reading):
        lacking = next(((one, header) for one, header in headers if not header.has(wanted.name)), None)
        if lacking is not None and findings.is_sound(wanted.pointer):
            _tell(wanted, printable(lacking[0].text), lacking[1], findings)
    if len(headers) < len(inputs) or step.get("table_schema") is not None:
        return
    first, header = headers[0]
    for wanted in (*_named(step, at, _OF_ONE), *_typed(at, reading)):
        if not any(one.has(wanted.name) for _, one in headers) and findings.is_sound(wanted.pointer):
            _tell(wanted, printable(first.text) if len(headers) == 1 else "no input", header, findings)


def _is_read_by_gdal(step: Mapping[str, Any]) -> bool:
    """With open options there is no saying what a column is called."""
    config, reading = step.get("gdal_config"), reading_in(step.get("metadata"))
    return bool(reading.get("open_options") or (isinstance(config, dict) and config.get("open_options")))


def _header(one: StepInput, folder: Folder, reading: Mapping[str, Any]) -> Header | None:
    if not one.beside or not one.name.lower().endswith(SUFFIXES):
        return None
    path = folder.locate(one.text)
    return header_of(path, reading) if isinstance(path, Path) else None


def _needs_geometry(step: Mapping[str, Any], reading: Mapping[str, Any]) -> bool:
    is_said = step.get("lonlat_cols") is not None or "geometry" in reading
    return step.get("type") == "partition_geospatial" and not is_said


def _check_geometry(headers: Sequence[tuple[StepInput, Header]], findings: Findings) -> None:
    """Tell of a file none of whose columns can be taken for geometry."""
    for one, header in headers:
        if not any(name.lower() in GEOMETRY_COLUMNS for way in header.ways for name in way):
            message = f"{printable(one.text)} has no column of geometry"
            lon, lat = (next((name for name in header.names if name.lower() in known), None) for known in _LONLAT)
            pair = f"lonlat_cols: [{lon}, {lat}]" if lon and lat else "lonlat_cols: [LONGITUDES, LATITUDES]"
            hint = f"name its two coordinate columns in {pair}, or use partition_nongeospatial"
            findings.tell("no-column", message, one.pointer, hint)


def _of_each(step: Mapping[str, Any], at: Pointer, reading: Mapping[str, Any]) -> Iterator[_Wanted]:
    yield from _named(step, at, _OF_EACH)
    if isinstance(name := reading.get("geometry"), str):
        yield _Wanted(name, (*reading_pointer(at), "geometry"))


def _typed(at: Pointer, reading: Mapping[str, Any]) -> Iterator[_Wanted]:
    for name in reading.get("types", ()):
        yield _Wanted(name, (*reading_pointer(at), "types", name), is_key=True)


def _named(step: Mapping[str, Any], at: Pointer, fields: Sequence[str]) -> Iterator[_Wanted]:
    for field in fields:
        given = step.get(field)
        if isinstance(given, str):
            yield _Wanted(given, (*at, field))
        for index, name in enumerate(given if isinstance(given, list) else ()):
            if isinstance(name, str) and name != "geometry":
                yield _Wanted(name, (*at, field, index))


def _tell(wanted: _Wanted, where: str, header: Header, findings: Findings) -> None:
    names = header.names
    meant = nearest(wanted.name, names)
    more = ", …" if len(names) > _MOST_SHOWN else ""
    there = f"there are {', '.join(map(printable, names[:_MOST_SHOWN]))}{more}"
    verb = "has a" if where == "no input" else "has no"
    message = f"{where} {verb} column {spelt(wanted.name)}"
    positions = findings.document.positions
    place = positions.key(wanted.pointer) if wanted.is_key else positions.value(wanted.pointer)
    findings.tell("no-column", message, wanted.pointer, guess(wanted.name, meant) if meant else there, at=place)
