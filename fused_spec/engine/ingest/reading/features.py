"""What an input has as features: its attributes, and geometry in degrees."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyproj.exceptions import ProjError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.curves import straightened
from fused_spec.engine.ingest.geometry.wkb import COVERING, GEOMETRY, WKB, Geometries, encode, recode, with_geometry
from fused_spec.engine.ingest.geometry.wkb_headers import headers_of
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.columns import check_columns
from fused_spec.engine.ingest.reading.formats import open_layer
from fused_spec.engine.ingest.reading.hive import Folders
from fused_spec.engine.ingest.reading.layer import Batch, Layer
from fused_spec.engine.ingest.reading.oddities import turned_over
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.schema import fitted
from fused_spec.engine.ingest.reading.srids import check_srids
from fused_spec.wire import PartitionGeospatialStep

OUTPUT_CRS = pyproj.CRS.from_epsg(4326)
# What most files say; to look a coordinate system up takes longer than all else that opening a file does.
_USUAL = {"EPSG:4326": OUTPUT_CRS, "OGC:CRS84": pyproj.CRS.from_authority("OGC", "CRS84")}
_USUAL_JSON = OUTPUT_CRS.to_json_dict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One input; `attributes` are the columns kept of it, `crs` is None where coordinates are taken as they are."""

    path: PurePath
    layer: Layer
    attributes: pa.Schema
    lonlat: tuple[str, str] | None
    crs: pyproj.CRS | None
    crs_words: str

    def of(self, layer: Layer) -> "Opened":
        """The same input with its columns in the types of this layer."""
        return replace(
            self, layer=layer, attributes=pa.schema([layer.attributes.field(one.name) for one in self.attributes])
        )


def open_features(file: Input, folders: Folders, step: PartitionGeospatialStep, reading: Reading) -> Opened:
    """Open an input; raises `StepFailed` for one without geometry, or without a column that the step names."""
    path = file.name
    layer = open_layer(file, folders, partial(_choose, step, path), reading, plain=step.lonlat_cols is not None)
    if step.lonlat_cols is None and not layer.has_geometry:
        raise StepFailed(
            f"{shown(path)} has no geometry; name its two coordinate columns in lonlat_cols, "
            "or the one that holds WKT, EWKT or WKB in read.geometry, or use partition_nongeospatial"
        )
    attributes = layer.attributes
    if step.load_columns is not None:
        attributes = pa.schema([field for field in attributes if field.name in step.load_columns])
    if step.write_covering_bbox and COVERING in attributes.names and COVERING not in step.remove_cols:
        raise StepFailed(
            f"{shown(path)} has a column named {COVERING}, as write_covering_bbox would write; "
            "name it in remove_cols, or rename it in the input"
        )
    if GEOMETRY in attributes.names:
        if step.lonlat_cols is None:
            raise StepFailed(f"{shown(path)} has a column named geometry beside its geometry; rename it in the input")
        attributes = attributes.remove(attributes.get_field_index(GEOMETRY))  # the points take its place
    crs = _crs(path, layer)
    same = crs is None or crs.equals(OUTPUT_CRS, ignore_axis_order=True)
    return Opened(
        path=path,
        layer=layer,
        attributes=attributes,
        lonlat=step.lonlat_cols,
        crs=None if same else crs,
        crs_words=_words(crs),
    )


def as_features(opened: Opened, batch: Batch, schema: pa.Schema, tally: Tally) -> pa.Table:
    """The rows of a batch: the attributes of `schema`, and last their geometry; raises `StepFailed`.

    What the way to it does to geometries is counted in `tally`.
    """
    geometry = batch.geometry if opened.lonlat is None else _points(batch.attributes, opened.lonlat)
    if geometry is None:
        raise StepFailed(f"{shown(opened.path)} has no geometry")
    headers = headers_of(geometry)
    check_srids(headers, geometry, batch.first_row, opened.layer)
    tally.measured(headers.measured)
    straight = straightened(geometry, tally)
    if straight is not geometry:
        geometry, headers = straight, headers_of(straight)
    if opened.crs is not None:
        geometry = _in_output_crs(geometry, opened.crs, opened.path, tally)
    elif len(headers.rows):
        geometry = recode(geometry, lambda geometries: geometries)
    kept = batch.attributes.select(opened.attributes.names)
    return with_geometry(fitted(kept, schema, opened.path, tally, rows=len(geometry)), geometry)


def _choose(step: PartitionGeospatialStep, path: PurePath, present: Sequence[str]) -> list[str]:
    """The columns to read: all, or those of `load_columns` and what points are made of."""
    lonlat: Sequence[str] = step.lonlat_cols or ()
    check_columns(lonlat, present, f"{shown(path)}: lonlat_cols")
    if len(set(lonlat)) < len(lonlat):
        raise StepFailed(f"lonlat_cols names {lonlat[0]} twice; name the column of longitudes, then that of latitudes")
    if step.load_columns is None:
        return list(present)
    wanted = [name for name in step.load_columns if name != GEOMETRY]
    check_columns(wanted, present, "load_columns")
    return list(dict.fromkeys([*wanted, *lonlat]))


def _crs(path: PurePath, layer: Layer) -> pyproj.CRS | None:
    if layer.crs is None:
        return None
    if not isinstance(layer.crs, str) and layer.crs == _USUAL_JSON:
        return OUTPUT_CRS
    text = layer.crs if isinstance(layer.crs, str) else json.dumps(layer.crs)
    try:
        return _USUAL[text] if text in _USUAL else _known(text)
    except ProjError as error:
        raise _not_convertible(path, error) from error


@lru_cache(maxsize=64)  # it takes longer than opening a file, and most inputs of one step have the same
def _known(text: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(text)


def _points(attributes: pa.Table, names: tuple[str, str]) -> pa.ChunkedArray:
    """Points of two columns; a row that lacks a coordinate has no geometry."""
    try:
        lon, lat = (pc.cast(attributes[name], pa.float64()).to_numpy() for name in names)
    except pa.ArrowException as error:
        raise StepFailed(f"lonlat_cols: {names[0]} and {names[1]} must be numbers: {error}") from error
    known = np.isfinite(lon) & np.isfinite(lat)
    points: Geometries = np.full(len(lon), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return pa.chunked_array([encode(points)], type=WKB)


def _in_output_crs(geometry: pa.ChunkedArray, crs: pyproj.CRS, path: PurePath, tally: Tally) -> pa.ChunkedArray:
    def move(geometries: Geometries) -> Geometries:
        moved: Any = gpd.GeoSeries(geometries, crs=crs).to_crs(OUTPUT_CRS).to_numpy()
        return np.asarray(moved, dtype=object)

    def change(geometries: Geometries) -> Geometries:
        moved = move(geometries)
        tally.seen[Seen.TURNED_OVER] += turned_over(geometries, moved, move)
        return moved

    try:
        return recode(geometry, change)
    except ProjError as error:
        raise _not_convertible(path, error) from error


def _not_convertible(path: PurePath, error: Exception) -> StepFailed:
    why = str(error).rstrip(".")
    return StepFailed(
        f"{shown(path)}: its coordinates cannot be turned into EPSG:4326: {why}; reproject the input first"
    )


def _words(crs: pyproj.CRS | None) -> str:
    if crs is None:
        return "no coordinate system given, taken as EPSG:4326"
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)
