"""Coordinate systems as GeoParquet has them."""

from collections.abc import Mapping
from typing import Any

import pyproj


def as_projjson(crs: pyproj.CRS) -> dict[str, Any]:
    """The coordinate system, without the ids of its datum's realisations: older readers refuse those."""
    described = crs.to_json_dict()
    for member in _members(described):
        member.pop("id", None)
    return described


def _members(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    inner = [one for key in ("base_crs", "source_crs") if isinstance(one := described.get(key), Mapping)]
    inner += [one for one in described.get("components", []) if isinstance(one, Mapping)]
    return [*described.get("datum_ensemble", {}).get("members", []), *(each for one in inner for each in _members(one))]
