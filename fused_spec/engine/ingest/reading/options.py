"""How the inputs of a step are to be read, as its author says in Fused's own fields and in `fused-spec.read`."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.reading.schema import described_fields
from fused_spec.engine.ingest.reading.types import arrow_type
from fused_spec.jobs.carried import carried_in
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep

_GEOMETRY_KEYS = ("geometry", "crs")
_GDAL_KEYS = ("layer", "open_options")
_NO_DELIMITER = frozenset('\n\r"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How inputs are read; None and empty: as they say themselves.

    `delimiter`, `quote` ("": there is none), `decimal`, `null_values` and `encoding` are about text; `types` are those
    of columns, which text becomes before anything is guessed, of which `typed` are those in `read.types`, and `numbers`
    columns that must be numbers. `geometry` is the column that holds it, `crs` what coordinates are in where the input
    does not say. `layer` and `open_options` are for GDAL, and `gdal_field` is where the author has them: in
    `gdal_config` or in `read`. `hive`: folders named like country=DE are columns.
    """

    delimiter: str | None = None
    quote: str | None = None
    decimal: str | None = None
    null_values: tuple[str, ...] = ()
    encoding: str | None = None
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    typed: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    geometry: str | None = None
    crs: str | None = None
    layer: str | None = None
    open_options: Mapping[str, str] = field(default_factory=dict)
    gdal_field: str = "read"
    hive: bool = True


def reading_of(step: PartitionGeospatialStep | PartitionNongeospatialStep) -> Reading:
    """What a step says of how it is read; raises `StepFailed` for what cannot be meant.

    What text becomes is said by `table_schema`, and before it by `read.types`.
    """
    given = _given(step.metadata)
    geospatial = isinstance(step, PartitionGeospatialStep)
    for key in _GDAL_KEYS if geospatial else _GEOMETRY_KEYS:
        if key in given:
            instead = f"gdal_config.{key} of this step says it" if geospatial else "partition_geospatial reads geometry"
            raise StepFailed(f"read.{key} is not for {step.type}; {instead}")
    read = {key: _CHECKS[key](value, f"read.{key}") for key, value in given.items()}
    _check_signs(read)
    read["typed"] = tuple(read.get("types", ()))
    if not isinstance(step, PartitionGeospatialStep):
        return Reading(**read)
    forced = described_fields(step.table_schema) if step.table_schema is not None else {}
    read["types"] = {**forced, **read.get("types", {})}
    return Reading(
        **read,
        numbers=step.lonlat_cols or (),
        layer=step.gdal_config.layer,
        open_options=step.gdal_config.open_options,
        gdal_field="gdal_config",
    )


def _given(metadata: Mapping[str, Any] | None) -> Mapping[str, Any]:
    given = carried_in(metadata).get("read")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise StepFailed(f"read must be a mapping such as {{delimiter: ';'}}, and is {given!r}")
    for key in given:
        if key not in _CHECKS:
            raise StepFailed(f"read has no field {key}; there are {', '.join(_CHECKS)}")
    return given


def _check_signs(read: Mapping[str, Any]) -> None:
    """Raise `StepFailed` where one sign would have two meanings."""
    signs = {key: read[key] for key in ("delimiter", "quote", "decimal") if read.get(key)}
    for key, sign in signs.items():
        for other, same in signs.items():
            if key < other and sign == same:
                raise StepFailed(f"read.{key} and read.{other} are both {sign!r}; one sign cannot mean both")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise StepFailed(f"{name} must be text, and is {value!r}")
    return value


def _sign(value: Any, name: str) -> str:
    if not isinstance(value, str) or len(value) != 1 or not value.isascii() or value in "\r\n\0":
        raise StepFailed(f"{name} must be one ASCII character, such as ';' or '\\t', and is {value!r}")
    return value


def _delimiter(value: Any, name: str) -> str:
    if _sign(value, name) in _NO_DELIMITER:
        raise StepFailed(f"{name} cannot be {value!r}, which has a meaning of its own")
    return str(value)


def _quote(value: Any, name: str) -> str:
    return "" if value == "" else _sign(value, name)


def _decimal(value: Any, name: str) -> str:
    if value not in (".", ","):
        raise StepFailed(f"{name} must be '.' or ',', and is {value!r}")
    return str(value)


def _words(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise StepFailed(f"{name} must be a list of words such as ['NA', '-'], and is {value!r}; put each in quotes")
    return tuple(value)


def _encoding(value: Any, name: str) -> str:
    text = _text(value, name)
    try:
        "".encode(text)  # codecs.lookup knows those as well that make no text
    except LookupError as error:
        raise StepFailed(f"{name}: there is no encoding {text}; name one such as cp1252, latin-1 or utf-16") from error
    return codecs.lookup(text).name


def _types(value: Any, name: str) -> dict[str, pa.DataType]:
    if not isinstance(value, Mapping):
        raise StepFailed(f"{name} must be a mapping such as {{fips: String}}, and is {value!r}")
    return {str(column): arrow_type(kind, str(column), field=name) for column, kind in value.items()}


def _crs(value: Any, name: str) -> str:
    text = _text(value, name)
    try:
        pyproj.CRS.from_user_input(text)
    except CRSError as error:
        raise StepFailed(f"{name}: there is no coordinate system {text}; name one such as EPSG:32632") from error
    return text


def _options(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
        raise StepFailed(f"{name} must be a mapping of text such as {{ENCODING: 'CP1252'}}, and is {value!r}")
    return {str(key): one for key, one in value.items()}


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise StepFailed(f"{name} must be true or false, and is {value!r}")
    return value


_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "delimiter": _delimiter,
    "quote": _quote,
    "decimal": _decimal,
    "null_values": _words,
    "encoding": _encoding,
    "types": _types,
    "geometry": _text,
    "crs": _crs,
    "layer": _text,
    "open_options": _options,
    "hive": _flag,
}
