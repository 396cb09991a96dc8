"""Which columns of a columnar file hold geometry, in which encoding, and what the file says of their coordinates.

It is said by GeoParquet's `geo` key, by Parquet's own types GEOMETRY and GEOGRAPHY, or by extension types of Arrow.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from fused_spec.engine.ingest.geometry.wkb import GEOMETRY
from fused_spec.engine.ingest.reading.columnar.geoarrow import NATIVE

EXTENSION = b"ARROW:extension:name"
_EXTENSION_METADATA = b"ARROW:extension:metadata"
_ENCODINGS = {"wkb": "WKB", "wkt": "WKT", **{name: name for name in NATIVE}}
_CLAIMS = ("edges", "orientation", "epoch")
_LONGITUDE_FIRST = "OGC:CRS84"  # where GeoParquet and Parquet say nothing else
_PLANAR = "planar"

Native = Mapping[str, Any]
"""Parquet's logical type of a geometry column as JSON: `Type`, and perhaps `crs` and `algorithm`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometryColumn:
    """A column of geometry: `encoding` is `WKB`, `WKT`, or one of GeoArrow's own.

    `crs` is None where nothing is said; `crs_from` says what does. `claims` are GeoParquet's `edges`, `orientation` and
    `epoch`, where they are not as usual; `kinds` its names of the types, empty where they are not known. `covering` are
    the columns of boxes.
    """

    name: str
    encoding: str
    crs: Any = None
    crs_from: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    covering: frozenset[str] = frozenset()


def geometry_columns(
    schema: pa.Schema, natives: Mapping[str, Native], texts: Mapping[bytes, bytes]
) -> tuple[str | None, dict[str, GeometryColumn]]:
    """The name of the first geometry column, and all of them; `texts` are the metadata of the file.

    Raises `pa.ArrowInvalid` for metadata that cannot be understood.
    """
    found: dict[str, GeometryColumn] = {}
    for schema_field in schema:
        name = schema_field.name
        extension, parameters = _extension(schema_field)
        if name in natives:
            found[name] = _of_native(name, natives[name], texts)
        elif extension is not None:
            found[name] = _of_extension(name, extension, parameters, texts)
    primary = GEOMETRY if GEOMETRY in found else next(iter(found), None)
    if b"geo" in texts:
        primary, described = _of_geo(schema, texts[b"geo"])
        for name, one in described.items():
            found[name] = _agreed(one, found.get(name) if name in natives else None)
    return primary, found


def _of_geo(schema: pa.Schema, text: bytes) -> tuple[str, dict[str, GeometryColumn]]:
    try:
        geo = json.loads(text)
        primary = geo["primary_column"]
        schema.field(primary)
        columns = {name: said for name, said in geo["columns"].items() if name in schema.names}
        return primary, {name: _of_geoparquet(name, columns[name]) for name in dict.fromkeys([primary, *columns])}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise pa.ArrowInvalid(f"its GeoParquet metadata is broken: {type(error).__name__}: {error}") from error


def _of_geoparquet(name: str, said: Mapping[str, Any]) -> GeometryColumn:
    written = said.get("encoding", "WKB")
    encoding = _ENCODINGS.get(str(written).lower().removeprefix("geoarrow."))
    if encoding is None:
        raise ValueError(f"the encoding {written} of column {name} is unknown")
    claims = {claim: said[claim] for claim in _CLAIMS if said.get(claim) not in (None, _PLANAR)}
    kinds = said.get("geometry_types", said.get("geometry_type", []))  # the latter before 1.0
    crs = said.get("crs", _LONGITUDE_FIRST)
    return GeometryColumn(
        name=name,
        encoding=encoding,
        crs=crs,
        crs_from=None if crs is None else "its GeoParquet metadata",
        claims=claims,
        kinds=tuple([kinds] if isinstance(kinds, str) else kinds),
        covering=_covering(said),
    )


def _covering(said: Mapping[str, Any]) -> frozenset[str]:
    """The columns of boxes, which are part of the geometry and out of date once that is changed."""
    covering = said.get("covering")
    boxes = covering.get("bbox") if isinstance(covering, Mapping) else None
    paths = boxes.values() if isinstance(boxes, Mapping) else ()
    return frozenset(path[0] for path in paths if isinstance(path, list) and len(path) > 1)


def _of_native(name: str, said: Native, texts: Mapping[bytes, bytes]) -> GeometryColumn:
    geography = said["Type"] == "Geography"
    edges = said.get("algorithm", "spherical") if geography else _PLANAR
    return GeometryColumn(
        name=name,
        encoding="WKB",
        crs=_resolved(name, said.get("crs") or _LONGITUDE_FIRST, None, texts),
        crs_from=f"its Parquet type {said['Type'].upper()}",
        claims={} if edges == _PLANAR else {"edges": str(edges).lower()},
    )


def _agreed(one: GeometryColumn, native: GeometryColumn | None) -> GeometryColumn:
    """What `geo` says, and Parquet's own type where that says more; raises `pa.ArrowInvalid` where they differ."""
    if native is None:
        return one
    claims = {**native.claims, **one.claims}
    if one.crs == _LONGITUDE_FIRST:
        return replace(one, crs=native.crs, crs_from=native.crs_from, claims=claims)
    if (
        one.crs is not None
        and native.crs != _LONGITUDE_FIRST
        and native.crs is not None
        and not same_crs(one.crs, native.crs)
    ):
        raise pa.ArrowInvalid(
            f"its GeoParquet metadata and its Parquet type say different coordinate systems of column {one.name}; "
            "write it again with one of them"
        )
    return replace(one, claims=claims)


def same_crs(one: Any, other: Any) -> bool:
    """Whether two are the same, whatever the order of their axes; so are two that nobody knows."""
    try:
        known, native = (pyproj.CRS.from_user_input(crs) for crs in (one, other))
    except CRSError:
        return True  # what cannot be understood is told when it is used
    authority = known.to_authority()
    same = authority is not None and authority == native.to_authority()
    return same or known.equals(native, ignore_axis_order=True)


def _extension(schema_field: pa.Field) -> tuple[str | None, bytes]:
    """The encoding that an extension type stands for, and its metadata; whether it is registered or not."""
    metadata = schema_field.metadata or {}
    name, parameters = metadata.get(EXTENSION, b"").decode(), metadata.get(_EXTENSION_METADATA, b"")
    if isinstance(schema_field.type, pa.BaseExtensionType):
        name = schema_field.type.extension_name
        serialize = getattr(schema_field.type, "__arrow_ext_serialize__", None)
        parameters = parameters if serialize is None else serialize()
    family, _, kind = name.partition(".")
    if family not in ("geoarrow", "ogc"):
        return None, parameters
    if kind not in _ENCODINGS:
        raise pa.ArrowInvalid(
            f"its column {schema_field.name} is of the type {name}, which is not read; write it as geoarrow.wkb"
        )
    return _ENCODINGS[kind], parameters


def _of_extension(name: str, encoding: str, parameters: bytes, texts: Mapping[bytes, bytes]) -> GeometryColumn:
    try:
        said = json.loads(parameters or b"{}")
        edges = said.get("edges") or _PLANAR
        crs = said.get("crs")
        crs = None if crs is None else _resolved(name, crs, said.get("crs_type"), texts)
    except (ValueError, AttributeError) as error:
        raise pa.ArrowInvalid(f"the metadata of its column {name} are broken") from error
    return GeometryColumn(
        name=name,
        encoding=encoding,
        crs=crs,
        crs_from=None if crs is None else "its Arrow type",
        claims={} if edges == _PLANAR else {"edges": edges},
    )


def _resolved(name: str, crs: Any, kind: str | None, texts: Mapping[bytes, bytes]) -> Any:
    """A coordinate system as text or PROJJSON, from the forms that Parquet and GeoArrow give it."""
    if not isinstance(crs, str):
        return crs
    form, _, rest = crs.partition(":")
    if kind == "srid" or form == "srid":
        number = crs if kind == "srid" and form != "srid" else rest
        return None if number == "0" else f"EPSG:{number}"
    if form == "projjson":
        if rest.encode() not in texts:
            raise pa.ArrowInvalid(
                f"the coordinate system of its column {name} should be in its metadata under {rest}, and is not there"
            )
        crs = texts[rest.encode()].decode()
    if crs.lstrip().startswith("{"):
        try:
            return json.loads(crs)
        except ValueError as error:
            raise pa.ArrowInvalid(f"the coordinate system of its column {name} is no PROJJSON: {error}") from error
    return crs
