"""What a step expects of its result and no result can fulfil (`expect:`), told before anything runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.inputs.coordinates import coordinate_system

# What an expectation may say of geometry alone.
_OF_GEOMETRY = frozenset({"crs", "bounds"})
_INGESTED = "EPSG:4326"
"""The coordinate system of every table that `partition_geospatial` writes."""


def check_expectation(step: Mapping[str, Any], at: Pointer, findings: Findings) -> None:
    """Tell what can never hold; what the schema found wrong is left alone, and the rest is looked at."""
    expect, pointer = step.get("expect"), (*at, "expect")
    if not isinstance(expect, dict):
        return
    sound = {name: value for name, value in expect.items() if findings.is_sound((*pointer, name))}
    for name, message, hint in (
        *_rows(expect.get("rows"), (*pointer, "rows"), findings),
        *_bounds(sound.get("bounds")),
        *_geometry(sound, step.get("type")),
    ):
        findings.tell("expect", message, (*pointer, name), hint)


def _rows(rows: Any, at: Pointer, findings: Findings) -> Iterator[tuple[str, str, str]]:
    limits = rows if isinstance(rows, dict) else {}
    known = [limits[name] for name in ("min", "max") if name in limits and findings.is_sound((*at, name))]
    if len(known) == 2 and known[0] > known[1]:
        yield "rows", "min is more than max", "exchange the two"


def _bounds(bounds: Any) -> Iterator[tuple[str, str, str]]:
    if bounds is not None and (bounds[0] > bounds[2] or bounds[1] > bounds[3]):
        yield "bounds", "the bounds enclose nothing", "write them as west, south, east, north"


def _geometry(expect: Mapping[str, Any], kind: Any) -> Iterator[tuple[str, str, str]]:
    if kind == "partition_nongeospatial":
        for name in sorted(_OF_GEOMETRY & expect.keys()):
            yield name, f"a table without geometry has no {name}", "leave it out, or use partition_geospatial"
    elif (crs := expect.get("crs")) is not None:
        yield from _crs(crs, kind)


def _crs(wanted: str, kind: Any) -> Iterator[tuple[str, str, str]]:
    known = coordinate_system(wanted)
    if known is None:
        yield "crs", f'"{wanted}" is no coordinate system', "write one that pyproj reads, such as EPSG:4326"
    elif kind == "partition_geospatial" and not known.equals(coordinate_system(_INGESTED), ignore_axis_order=True):
        message = f"a table of partition_geospatial is in {_INGESTED}, never in {wanted}"
        yield "crs", message, f"leave it out, or write {_INGESTED}"
