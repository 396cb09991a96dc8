"""What inputs say of geometry beside its coordinates, and what of that is true of the table that is made of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.reading.columnar.geometry_columns import GeometryColumn, same_crs
from fused_spec.engine.ingest.reading.columnar.projjson import as_projjson
from fused_spec.engine.ingest.reading.features import Opened

_SPHERICAL = "spherical"  # of the edges that are not straight the only ones that GeoParquet 1.1 has a word for


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """GeoParquet's `edges`, `orientation` and `epoch` of the geometry, and its whole descriptions of the columns that
    are geometry beside it.
    """

    geometry: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def united_claims(opened: Sequence[Opened], attributes: pa.Schema, *, cut: bool) -> tuple[Claims, list[list[str]]]:
    """What is true of a table of these attributes, and for each input what it says that is lost.

    `cut`: polygons are cut. Raises `StepFailed` where a column is geometry in coordinates of several systems.
    """
    lost: list[list[str]] = [[] for _ in opened]
    kept = {}
    for claim in sorted({claim for one in opened for claim in one.layer.claims}):
        values = [_still_true(claim, one, cut=cut) for one in opened]
        if values[0] is not None and all(value == values[0] for value in values):
            kept[claim] = values[0]
        for one, sentences in zip(opened, lost, strict=True):
            if claim in one.layer.claims:
                sentences += _told(claim, one.layer.claims[claim], kept=claim in kept)
    beside = {
        name: _description(name, opened)
        for name in attributes.names
        if pa.types.is_binary(attributes.field(name).type) and any(name in one.layer.beside for one in opened)
    }
    return Claims(geometry=kept, beside=beside), lost


def _still_true(claim: str, one: Opened, *, cut: bool) -> Any:
    """The value of a claim where what is done to the geometries of an input leaves it true."""
    value = one.layer.claims.get(claim)
    if claim == "edges":
        round_ones = one.crs is None or one.crs.is_geographic
        return _SPHERICAL if str(value).lower() == _SPHERICAL and round_ones else None
    return None if one.crs is not None or (claim == "orientation" and cut) else value


def _told(claim: str, value: Any, *, kept: bool) -> list[str]:
    if claim == "edges":
        where = "as the table says" if kept else "and straight in the table"
        return [
            f"its edges are {value}, {where}; boxes, places, lengths and areas are reckoned, and polygons cut, as if "
            "they were straight in degrees"
        ]
    return [] if kept else [f"its geometry has the {claim} {value}, which the table does not say"]


def _description(name: str, opened: Sequence[Opened]) -> dict[str, Any]:
    """GeoParquet's description of a column that is geometry beside the first; raises `StepFailed`."""
    having = [one for one in opened if name in one.attributes.names]
    first = next(one for one in having if name in one.layer.beside)
    column = first.layer.beside[name]
    for one in having:
        other = one.layer.beside.get(name)
        if other is None or not _same(column.crs, other.crs):
            raise StepFailed(
                f"column {name} is geometry in {_words(column.crs)} in {shown(first.path)}, and in "
                f"{_words(None if other is None else other.crs)} in {shown(one.path)}; reproject one of them, or leave "
                "the column out with remove_cols"
            )
    columns = [one.layer.beside[name] for one in having]
    described = {"encoding": "WKB", "geometry_types": _kinds(columns), "crs": _projjson(name, column.crs)}
    return {**described, **{claim: value for claim, value in column.claims.items() if _in_all(columns, claim, value)}}


def _in_all(columns: Sequence[GeometryColumn], claim: str, value: Any) -> bool:
    return all(one.claims.get(claim) == value for one in columns) and (claim != "edges" or value == _SPHERICAL)


def _kinds(columns: Sequence[GeometryColumn]) -> list[str]:
    """The types that there may be, as GeoParquet names them; none where an input does not say."""
    return sorted({kind for one in columns for kind in one.kinds}) if all(one.kinds for one in columns) else []


def _same(one: Any, other: Any) -> bool:
    return one == other if one is None or other is None else same_crs(one, other)


def _words(crs: Any) -> str:
    if crs is None:
        return "no known coordinate system"
    return crs if isinstance(crs, str) else str(crs.get("name", "another one"))


def _projjson(name: str, crs: Any) -> dict[str, Any] | None:
    if crs is None:
        return None
    try:
        return as_projjson(pyproj.CRS.from_user_input(crs if isinstance(crs, str) else json.dumps(crs)))
    except CRSError as error:
        raise StepFailed(
            f"the coordinate system of column {name} is not known: {error}; leave the column out with remove_cols"
        ) from error
