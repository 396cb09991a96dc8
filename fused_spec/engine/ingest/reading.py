"""Read all inputs of a step into one table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyproj.exceptions import ProjError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_columns, without_columns
from fused_spec.engine.ingest.formats import Layer, read_layer
from fused_spec.engine.ingest.notes import count, note, shown
from fused_spec.engine.ingest.wkb import GEOMETRY, Geometries, encode, recode, with_geometry
from fused_spec.wire import GdalConfig, PartitionGeospatialStep

OUTPUT_CRS = pyproj.CRS.from_epsg(4326)


def read_features(step: PartitionGeospatialStep, paths: Sequence[Path]) -> pa.Table:
    """One table of all inputs, its `geometry` as WKB in EPSG:4326; raises `StepFailed`."""
    table = _concatenated([_read_one(path, step) for path in paths], paths)
    if GEOMETRY in step.remove_cols:
        raise StepFailed("remove_cols: the geometry cannot be removed; use partition_nongeospatial for a plain table")
    return without_columns(table, step.remove_cols, "remove_cols")


def read_rows(paths: Sequence[Path]) -> pa.Table:
    """One table of the attributes of all inputs; raises `StepFailed`."""
    return _concatenated([_read_plain(path) for path in paths], paths)


def _read_plain(path: Path) -> pa.Table:
    table = read_layer(path, list, GdalConfig(), plain=True).attributes
    note(f"{shown(path)}: {count(table.num_rows, 'row')}, {count(table.num_columns, 'column')}")
    return table


def _read_one(path: Path, step: PartitionGeospatialStep) -> pa.Table:
    layer = read_layer(path, partial(_choose, step), step.gdal_config, plain=step.lonlat_cols is not None)
    if step.lonlat_cols is not None:
        layer = _with_points(layer, step.lonlat_cols)
    if layer.geometry is None:
        raise StepFailed(
            f"{shown(path)} has no geometry; name its two coordinate columns in lonlat_cols, "
            "or use partition_nongeospatial"
        )
    attributes = layer.attributes
    if step.load_columns is not None:
        attributes = attributes.select([name for name in attributes.column_names if name in step.load_columns])
    elif GEOMETRY in attributes.column_names and step.lonlat_cols is None:
        raise StepFailed(f"{shown(path)} has a column named geometry beside its geometry; rename it in the input")
    try:
        crs = pyproj.CRS.from_user_input(layer.crs) if layer.crs is not None else None
        geometry = _in_output_crs(layer.geometry, crs)
    except ProjError as error:
        raise StepFailed(f"{shown(path)}: its coordinates cannot be turned into EPSG:4326: {error}") from error
    note(f"{shown(path)}: {count(len(geometry), 'row')}, {_crs_words(crs)}")
    return with_geometry(attributes, geometry)


def _choose(step: PartitionGeospatialStep, present: Sequence[str]) -> list[str]:
    """The columns to read: all, or those of `load_columns` and what points are made of."""
    lonlat = step.lonlat_cols or ()
    check_columns(lonlat, present, "lonlat_cols")
    if step.load_columns is None:
        return list(present)
    wanted = [name for name in step.load_columns if name != GEOMETRY]
    check_columns(wanted, present, "load_columns")
    return list(dict.fromkeys([*wanted, *lonlat]))


def _with_points(layer: Layer, names: tuple[str, str]) -> Layer:
    """The layer with points of two columns; a row that lacks a coordinate has no geometry."""
    try:
        lon, lat = (pc.cast(layer.attributes[name], pa.float64()).to_numpy() for name in names)
    except pa.ArrowException as error:
        raise StepFailed(f"lonlat_cols: {names[0]} and {names[1]} must be numbers: {error}") from error
    known = np.isfinite(lon) & np.isfinite(lat)
    points: Geometries = np.full(len(known), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return Layer(attributes=layer.attributes, geometry=pa.chunked_array([encode(points)]), crs=OUTPUT_CRS)


def _in_output_crs(geometry: pa.ChunkedArray, crs: pyproj.CRS | None) -> pa.ChunkedArray:
    if crs is None or crs.equals(OUTPUT_CRS, ignore_axis_order=True):
        return geometry

    def change(geometries: Geometries) -> Geometries:
        moved: Any = gpd.GeoSeries(geometries, crs=crs).to_crs(OUTPUT_CRS).to_numpy()
        return np.asarray(moved, dtype=object)

    return recode(geometry, change)


def _crs_words(crs: pyproj.CRS | None) -> str:
    if crs is None:
        return "no coordinate system given, taken as EPSG:4326"
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def _concatenated(tables: Sequence[pa.Table], paths: Sequence[Path]) -> pa.Table:
    """One table; a column that an input lacks is null there, and numbers widen to what holds all of them."""
    whole = tables[0]
    for table, path in zip(tables[1:], paths[1:], strict=True):
        try:
            whole = pa.concat_tables([whole, table], promote_options="permissive")
        except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
            raise StepFailed(
                f"{shown(path)} does not fit the inputs before it: {error}; "
                "give a column the same type in all inputs, or leave it out"
            ) from error
    if whole.num_rows == 0:
        raise StepFailed("the inputs hold no rows, so there is nothing to ingest")
    return whole
