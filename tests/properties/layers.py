"""Layers as people have them: attributes of the types that GDAL knows, geometries of every kind, coordinate systems."""

import warnings
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from hypothesis import reject
from hypothesis import strategies as st

from tests.properties.parquets import NAMES

_MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(lambda one: one.replace(microsecond=0))
_ZONE = timezone(timedelta(hours=2))
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Int32": st.integers(-(2**31), 2**31 - 1),
    "Int64": st.integers(-(2**53), 2**53),  # beyond it GDAL without Arrow reads others, where one is missing
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_infinity=False, allow_nan=False),
    "boolean": st.booleans(),
    "text": st.sampled_from(
        ["", " ", "0012", "NA", "null", "1", "1e5", "true", "2024-01-01", "a,b", '"', "{}", "[1]", "Köln", "x\ny"]
    )
    | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=6),
    "date": st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    "naive": _MOMENTS,
    "utc": _MOMENTS.map(lambda one: one.replace(tzinfo=UTC)),
    "zoned": _MOMENTS.map(lambda one: one.replace(tzinfo=_ZONE)),
    "binary": st.binary(max_size=4),
}
_KINDS = {"naive": "datetime64[ms]", "utc": "datetime64[ms, UTC]"}
SYSTEMS = st.sampled_from([4326, 4326, 4326, 3857, 32632, 31468, 2056, 4979, None])


def _points(z: bool) -> st.SearchStrategy[Any]:
    lon, lat = st.integers(1, 60), st.integers(1, 60)
    return st.builds(shapely.Point, lon, lat, st.just(7)) if z else st.builds(shapely.Point, lon, lat)


def _raised(one: Any, z: bool) -> Any:
    return shapely.force_3d(one, 5.0) if z else one


@st.composite
def shapes(draw: st.DrawFn, count: int) -> list[Any]:
    """Geometries of one kind, or of any where the layer is to be mixed; some of them missing or empty."""
    z = draw(st.booleans())
    boxes = st.builds(lambda x, y: _raised(shapely.box(x, y, x + 1, y + 2), z), st.integers(1, 60), st.integers(1, 60))
    lines = boxes.map(lambda one: shapely.LineString(one.exterior.coords))
    kinds = [
        _points(z),
        lines,
        boxes,
        st.lists(_points(z), min_size=1, max_size=3).map(shapely.MultiPoint),
        st.lists(lines, min_size=1, max_size=2).map(shapely.MultiLineString),
        st.lists(boxes, min_size=1, max_size=2).map(shapely.MultiPolygon),
        st.lists(st.one_of(_points(z), lines), min_size=1, max_size=3).map(shapely.GeometryCollection),
    ]
    kind = st.one_of(kinds) if draw(st.booleans()) and draw(st.booleans()) else draw(st.sampled_from(kinds))
    missing = draw(st.sampled_from([None, "null", "empty"]))
    odd = {"null": st.none(), "empty": st.sampled_from([shapely.Point(), shapely.Polygon(), shapely.MultiPolygon()])}
    content = kind if missing is None else kind | odd[missing]
    return draw(st.lists(content, min_size=count, max_size=count))


_PLAIN_NAMES = st.sampled_from(["a", "b", "name", "NAME2", "x_y", "fid", "value", "Column5"])


@st.composite
def layers(draw: st.DrawFn, names: st.SearchStrategy[str] = NAMES) -> gpd.GeoDataFrame:
    """One to eight rows of up to four columns, in degrees or in a coordinate system of their own."""
    count = draw(st.integers(1, 8))
    chosen = names.filter(lambda name: name != "geometry")
    drawn = draw(st.lists(chosen, min_size=1, max_size=4, unique_by=str.lower if names is not NAMES else str))
    columns = {}
    for name in drawn:
        kind = draw(st.sampled_from(sorted(_VALUES)))
        values = _VALUES[kind] if kind == "int64" else st.none() | _VALUES[kind]
        held = draw(st.lists(values, min_size=count, max_size=count))
        columns[name] = pd.Series(
            held, dtype=_KINDS.get(kind, kind if kind in ("Int32", "Int64", "int64", "float64", "boolean") else object)
        )
    crs = draw(SYSTEMS)
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(draw(shapes(count)), crs=4326))
    if crs is None:
        return frame.set_crs(None, allow_override=True)
    moved = frame.to_crs(crs) if crs != 4326 else frame
    return moved


_SINGLE = {
    "GPKG": "a.gpkg",
    "FlatGeobuf": "a.fgb",
    "GeoJSON": "a.geojson",
    "GeoJSONSeq": "a.geojsonl",
    "ESRI Shapefile": "a.shp",
    "GML": "a.gml",
    "KML": "a.kml",
    "LIBKML": "a.kml",
    "MapInfo File": "a.tab",
    "OpenFileGDB": "a.gdb",
    "SQLite": "a.sqlite",
    "JSONFG": "a.json",
    "JML": "a.jml",
    "MapML": "a.mapml",
    "OGR_GMT": "a.gmt",
    "GPX": "a.gpx",
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "GPX": {"dataset_options": {"GPX_USE_EXTENSIONS": "YES"}},
    "FlatGeobuf": {"SPATIAL_INDEX": "NO"},
    "ESRI Shapefile": {"encoding": "UTF-8"},
    "MapInfo File": {"encoding": "UTF-8"},
}
WRITERS = [*_SINGLE, "MIF"]


def write(frame: gpd.GeoDataFrame, writer: str, folder: Path) -> Path:
    """Write a layer with one of GDAL's drivers; what that does not write is no example."""
    if writer == "KML" and frame.geometry.is_empty.any():
        reject()  # it writes nan, which GDAL reads as 0 where it does not stream
    driver = "MapInfo File" if writer == "MIF" else writer
    path = folder / ("a.mif" if writer == "MIF" else _SINGLE[writer])
    options = {**_OPTIONS.get(driver, {}), **({"dataset_options": {"FORMAT": "MIF"}} if writer == "MIF" else {})}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the format does not hold, which the file itself then says
            pyogrio.write_dataframe(frame, path, driver=driver, **options)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.FeatureError,
        ValueError,
        NotImplementedError,
        TypeError,
        RuntimeError,
        OverflowError,
    ):
        reject()
    return path


# Those that write some names so that nobody reads them: unescaped in XML, cut within a letter, in another encoding.
_TAME = frozenset({"GML", "KML", "LIBKML", "GPX", "JML", "MapInfo File", "MIF", "ESRI Shapefile", "OpenFileGDB"})
REFUSALS = {
    # a layer that has some heights, by pyogrio; an empty surface, by GDAL, which has written it
    "GML": ["Geometry type is not supported", "cannot be parsed"],
    "GPX": ["there are no rows in a.gpx"],  # whose first layer is of points
    # of no earth, where a layer has no coordinate system; and without a part for geometry, where no row has one
    "MapInfo File": ["cannot be turned into EPSG:4326", "has no geometry"],
    "MIF": ["cannot be turned into EPSG:4326"],
    # lines of one point, which GDAL makes of a ring; and nothing at all, which it writes for an empty surface
    "OGR_GMT": ["a geometry cannot be read: IllegalArgumentException", "there are no rows"],
}


def layers_for(writer: str) -> st.SearchStrategy[gpd.GeoDataFrame]:
    """Layers whose names this writer can write."""
    return layers(_PLAIN_NAMES if writer in _TAME else NAMES)
