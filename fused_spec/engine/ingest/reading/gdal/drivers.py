"""Which of GDAL's drivers read inputs: those of files that hold their rows themselves.

GDAL goes by content, whatever a file is called, so a table from somebody else could name other files of this machine,
or addresses, for its rows (VRT, WFS, …), and what they hold would be in the output.
"""

from functools import cache

import pyogrio

_NAMES = """
    AIVector; Arrow; AVCBin; AVCE00; CSV; DGN; DWG; DXF; EDIGEO; ESRI Shapefile; ESRIJSON; FileGDB;
    FlatGeobuf; GML; GPKG; GPX; GTFS; GeoJSON; GeoJSONSeq; GeoRSS; Idrisi; Interlis 1; Interlis 2; JML;
    JSONFG; KML; LIBKML; LVBAG; MBTiles; MEM; MVT; MapInfo File; MapML; MiraMonVector; NAS; ODS; OGR_GMT;
    OGR_PDS; OSM; OpenFileGDB; PCIDSK; PDS4; PMTiles; Parquet; S57; SQLite; SXF; Selafin; TopoJSON; VDV; VFK;
    VICAR; WAsP; XLS; XLSX; netCDF
"""
_HOLD_THEIR_ROWS = frozenset(name.strip() for name in _NAMES.split(";"))
CRS_FROM = {
    "ESRI Shapefile": "its .prj",
    "GeoJSON": "its crs member",
    "GeoJSONSeq": "GeoJSON's own",
    "TopoJSON": "TopoJSON's own",
    "FlatGeobuf": "its header",
    "GPKG": "gpkg_spatial_ref_sys in it",
    "SQLite": "spatial_ref_sys in it",
    "KML": "KML's own",
    "LIBKML": "KML's own",
    "GPX": "GPX's own",
    "OSM": "OpenStreetMap's own",
    "GML": "srsName in it",
    "MapInfo File": "CoordSys in it",
    "OpenFileGDB": "the definition of its layer",
}
"""Where the coordinate system of a layer stands, for drivers whose files are what people mostly have."""

ENCODING_DRIVERS = frozenset({"ESRI Shapefile", "DXF", "DGN"})
"""Those with an open option ENCODING."""

ROW_NUMBERS = frozenset({"", "fid", "ogc_fid", "objectid", "oid", "rowid"})
"""Names of columns that count rows, and which hold nothing else; another primary key is a column of the table."""

SPREADSHEETS = frozenset({"XLSX", "ODS"})

SINGLE_LAYER = frozenset({"CSV", "ESRI Shapefile", "FlatGeobuf", "GeoJSON", "GeoJSONSeq", "MapInfo File", "OGR_GMT"})
"""Those whose files hold one layer, so that nobody need ask; for some that would take as long as reading them."""

# Inputs elsewhere are copied before GDAL sees them; a schema that a file names by its address is not fetched.
_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GML_DOWNLOAD_WFS_SCHEMA": "NO",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",  # where nobody listens
    "GDAL_HTTPS_PROXY": "http://127.0.0.1:9",
}


@cache
def only_plain_files() -> None:
    """Take all other drivers, and the network, from the GDAL of this process, which an ingestion has for itself."""
    from pyogrio._ogr import _register_drivers  # it heeds OGR_SKIP, and nothing public does after the import

    skipped = [name for name in pyogrio.list_drivers() if name not in _HOLD_THEIR_ROWS]
    pyogrio.set_gdal_config_options({"OGR_SKIP": ",".join(skipped), **_OFFLINE})
    _register_drivers()
