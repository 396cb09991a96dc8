"""Every format: how a small file of it is made, how it is ingested, and who else reads it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.properties import makers, oracles
from tests.properties.makers import KML, SHAPEFILE, Made, by_gdal, gzipped, sheet, text, zipped, zstandard
from tests.properties.oracles import Oracle, delimited, xml

_PUBLIC = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`oracle` reads what `make` makes; `lines` are worth damaging where a file has any."""

    make: Made
    oracle: Oracle
    is_plain: bool = False
    lines: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def _pbf(folder: Path) -> Path:
    (folder / "a.osm.pbf").write_bytes((_PUBLIC / "sample.osm.pbf").read_bytes())
    return folder / "a.osm.pbf"


def _unpacked(content: bytes) -> bytes:
    with pa.input_stream(pa.py_buffer(content), compression="zstd") as stream:
        return stream.read()


_GML = xml("featureMember")
_LONLAT = ("lon", "lat")
FORMATS = {
    "parquet": Format(make=makers.parquet, oracle=oracles.parquet, is_plain=True),
    "geoparquet": Format(make=makers.geoparquet, oracle=oracles.parquet),
    "feather": Format(make=makers.feather, oracle=oracles.feather, is_plain=True),
    "csv": Format(make=text("a.csv", makers.csv_text), oracle=delimited(","), is_plain=True, lines=True),
    "csv semicolon": Format(
        make=text("a.csv", lambda: makers.csv_text(";")), oracle=delimited(";"), is_plain=True, lines=True
    ),
    "csv crlf": Format(
        make=text("a.csv", lambda: makers.csv_text(ends="\r\n")), oracle=delimited(","), is_plain=True, lines=True
    ),
    "tsv": Format(make=text("a.tsv", lambda: makers.csv_text("\t")), oracle=delimited("\t"), is_plain=True, lines=True),
    "csv coordinates": Format(
        make=text("a.csv", makers.with_coordinates),
        oracle=delimited(",", lonlat=_LONLAT),
        lines=True,
        options={"lonlat_cols": _LONLAT},
    ),
    "csv wkt": Format(make=text("a.csv", makers.with_wkt), oracle=delimited(",", wkt="WKT"), lines=True),
    "csv gz": Format(
        make=gzipped("a.csv.gz", makers.csv_text),
        oracle=oracles.packed(gzip.decompress, ".csv", delimited(",")),
        is_plain=True,
    ),
    "csv zst": Format(
        make=zstandard("a.csv.zst", makers.csv_text),
        oracle=oracles.packed(_unpacked, ".csv", delimited(",")),
        is_plain=True,
    ),
    "geojson": Format(make=text("a.geojson", makers.geojson), oracle=oracles.geojson),
    "geojson indented": Format(make=text("a.geojson", makers.indented_geojson), oracle=oracles.geojson, lines=True),
    "geojson lines": Format(make=text("a.geojsonl", makers.geojson_lines), oracle=oracles.geojson_lines, lines=True),
    "geojson records": Format(
        make=text("a.geojsons", makers.geojson_records), oracle=oracles.geojson_lines, lines=True
    ),
    "geojson gz": Format(
        make=gzipped("a.geojson.gz", makers.geojson),
        oracle=oracles.packed(gzip.decompress, ".geojson", oracles.geojson),
    ),
    "topojson": Format(make=text("a.topojson", makers.topojson), oracle=oracles.topojson),
    "jsonfg": Format(make=by_gdal("a.json", "JSONFG", times=True), oracle=oracles.geojson_like),
    "geopackage": Format(make=by_gdal("a.gpkg", surfaces=True, times=True), oracle=oracles.sqlite),
    "sqlite": Format(make=by_gdal("a.sqlite", "SQLite"), oracle=oracles.sqlite),
    "flatgeobuf": Format(make=by_gdal("a.fgb", times=True), oracle=oracles.flatgeobuf),
    "flatgeobuf without index": Format(
        make=by_gdal("a.fgb", surfaces=True, SPATIAL_INDEX="NO"), oracle=oracles.flatgeobuf
    ),
    "shapefile": Format(make=SHAPEFILE, oracle=oracles.shapefile),
    "shapefile zipped": Format(make=zipped(SHAPEFILE, "a.zip"), oracle=oracles.zipped),
    "shapefile shz": Format(make=zipped(SHAPEFILE, "a.shz"), oracle=oracles.zipped),
    "gml": Format(make=by_gdal("a.gml", "GML"), oracle=_GML, lines=True),
    "gml without schema": Format(
        make=by_gdal("a.gml", "GML", dataset_options={"XSISCHEMA": "OFF"}), oracle=_GML, lines=True
    ),
    "kml": Format(make=by_gdal("a.kml", "KML"), oracle=xml("Placemark"), lines=True),
    "kml of libkml": Format(make=KML, oracle=xml("Placemark"), lines=True),
    "kmz": Format(make=zipped(KML, "a.kmz", "doc.kml"), oracle=oracles.kmz),
    "gpx": Format(
        # GDAL reads its integers in 32 bits
        make=by_gdal("a.gpx", "GPX", without=["big"], dataset_options={"GPX_USE_EXTENSIONS": "YES"}),
        oracle=xml("wpt"),
        lines=True,
    ),
    "jml": Format(make=by_gdal("a.jml", "JML"), oracle=xml("feature"), lines=True),
    "mapml": Format(make=by_gdal("a.mapml", "MapML"), oracle=xml("map-feature"), lines=True),
    "gmt": Format(make=by_gdal("a.gmt", "OGR_GMT"), oracle=oracles.by_gdal, lines=True),
    "mif": Format(
        make=by_gdal("a.mif", "MapInfo File", dataset_options={"FORMAT": "MIF"}, encoding="UTF-8"),
        oracle=oracles.by_gdal,
        lines=True,
    ),
    "tab": Format(make=by_gdal("a.tab", "MapInfo File", surfaces=True, encoding="UTF-8"), oracle=oracles.by_gdal),
    "miramon": Format(make=by_gdal("a.pnt", "MiraMonVector"), oracle=oracles.by_gdal),
    "geodatabase": Format(make=by_gdal("a.gdb", "OpenFileGDB", surfaces=True, times=True), oracle=oracles.by_gdal),
    "osm": Format(make=text("a.osm", makers.osm), oracle=xml("node"), lines=True),
    "osm pbf": Format(make=_pbf, oracle=oracles.by_gdal),
    "xlsx": Format(make=sheet("a.xlsx"), oracle=oracles.sheets, is_plain=True),
    "ods": Format(make=sheet("a.ods"), oracle=oracles.sheets, is_plain=True),
}
