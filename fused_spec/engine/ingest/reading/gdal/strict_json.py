"""GeoJSON as JSON says: GDAL reads on where a sign is missing, and leaves out what it does not know."""

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.archives import GdalPath

_BYTE = re.compile(r"\(byte (\d+)\)$")
_BOM = b"\xef\xbb\xbf"
_FEATURE = b'"Feature"'
_NULL = b"null"
_NO_COORDINATES = re.compile(rb'"(?:coordinates|geometries)"\s*:\s*(?:\[\s*\]|null)')
_SHORT_BYTES = 100  # a geometry without coordinates is no longer

Missing = NDArray[np.bool_]
"""Of each feature whether it has no geometry, or an empty one."""


class Feature(msgspec.Struct):
    """A feature whose parts are checked and not taken apart."""

    type: msgspec.Raw = msgspec.Raw(_NULL)
    geometry: msgspec.Raw = msgspec.Raw(_NULL)


class _Collection(msgspec.Struct):
    features: list[Feature] | None = None


class _Object(msgspec.Struct):
    geometries: list[msgspec.Raw] | None = None


class _Topology(msgspec.Struct):
    objects: dict[str, _Object] = {}


_TOPOLOGIES = msgspec.json.Decoder(_Topology)
_COLLECTIONS = msgspec.json.Decoder(_Collection)
_RECORDS = msgspec.json.Decoder(Feature)


def check_collection(place: GdalPath) -> Missing | None:
    """What a collection has for features, None where it is something else.

    Raises `StepFailed` for what is no JSON, and for a member that is no feature.
    """
    with place.open() as stream:
        text = stream.read().removeprefix(_BOM)
    try:
        members = _COLLECTIONS.decode(text).features
    except msgspec.ValidationError:
        return None  # it is no object, or has no list of features
    except msgspec.DecodeError as error:
        members = _leniently(place, text, error)
    if members is None:
        return None
    for number, one in enumerate(members):
        if bytes(one.type) != _FEATURE:
            kind = json.loads(bytes(one.type))
            raise StepFailed(
                f"{place.name} cannot be read: feature {number + 1:,} of its collection has "
                f"{'no type' if kind is None else f'the type {kind}'}, and GDAL would leave it out; mend or remove it"
            )
    return missing_of(members)


def count_geometries(place: GdalPath, name: str) -> int | None:
    """How many geometries the object of a topology has; None where it is one itself, or is not there."""
    with place.open() as stream:
        text = stream.read().removeprefix(_BOM)
    try:
        found = _TOPOLOGIES.decode(text).objects.get(name)
    except msgspec.DecodeError:
        return None  # what GDAL cannot read it refuses
    return None if found is None or found.geometries is None else len(found.geometries)


def missing_of(features: Iterable[Feature]) -> Missing:
    """Of which features there is no geometry to read."""
    return np.fromiter((_is_missing(one.geometry) for one in features), np.bool_)


def feature_of(record: bytes) -> Feature:
    """The feature that a line or record is; raises ValueError for what is no JSON, and no object."""
    try:
        return _RECORDS.decode(record)
    except msgspec.DecodeError:
        return _as_feature(json.loads(record))  # which knows NaN


def _is_missing(geometry: msgspec.Raw) -> bool:
    size = len(memoryview(geometry))
    if size > _SHORT_BYTES:
        return False
    content = bytes(geometry)
    return content == _NULL or _NO_COORDINATES.search(content) is not None


def _leniently(place: GdalPath, text: bytes, error: msgspec.DecodeError) -> list[Feature] | None:
    """The features of a collection with NaN or Infinity, which JSON has not and many programs write."""
    try:
        whole: Any = json.loads(text)
    except (ValueError, RecursionError):
        found = _BYTE.search(str(error))
        line = text[: int(found[1]) if found else len(text)].count(b"\n") + 1
        why = _BYTE.sub("", str(error)).strip().removeprefix("JSON is malformed: ")
        raise StepFailed(
            f"{place.name} cannot be read: line {line:,} is no JSON ({why}); it is damaged, or not whole"
        ) from error
    members = whole.get("features") if isinstance(whole, dict) else None
    return [_as_feature(one) for one in members] if isinstance(members, list) else None


def _as_feature(value: Any) -> Feature:
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return Feature(*(msgspec.Raw(json.dumps(value.get(key)).encode()) for key in ("type", "geometry")))
