"""What no reader of an ingestion takes, by the name of the file: what it is, and the command that converts it."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

CONVERT = (
    "convert it to GeoParquet, GeoPackage, GeoJSON or CSV, say in read.delimiter what separates its columns, or "
    "leave it out"
)
"""What to do with an input of which nothing is known."""


class Unread(Struct, frozen=True, kw_only=True):
    """A format that is not read: `what` it is, `why` it is not read, and what to do `instead`.

    `anywhere`: no reader takes it, wherever the job runs; else another service, or another build of GDAL, may.
    """

    what: str
    instead: str
    why: str = "which is not read"
    anywhere: bool = True


def unread(name: str) -> Unread | None:
    """What is known of a file that no reader takes; None for one that may be read, or whose name tells nothing."""
    file = name.rpartition("/")[2].lower()
    for ending in _endings(file):
        if (known := _UNREAD.get(ending)) is not None:
            return replace(known, instead=known.instead.replace(_IN, f"in{ending}"))
    stem, _, last = file.rpartition(".")
    if last == "gz":
        return _compressed(file, "gunzip -k") if stem.endswith(_COLUMNAR) else unread(stem)
    command = UNPACKED_BY.get(f".{last}")
    return None if command is None or _is_packed_text(stem, last) else _compressed(file, command)


def advice(name: str) -> str:
    """What to do with a file that could not be read."""
    known = unread(name)
    return CONVERT if known is None else f"it is {known.what}: {known.instead}"


def tables_in(names: Iterable[str]) -> list[str]:
    """The files and folders in an archive that are taken for tables; where there is none, GDAL looks for itself."""
    files = [name for name in names if "__MACOSX" not in name]
    folders = {found[0] for name in files if (found := _DATABASE.match(name))}
    inside = tuple(f"{folder}/" for folder in folders)
    return sorted(folders) + [
        name for name in files if name.lower().endswith(_IN_ARCHIVES) and not name.startswith(inside)
    ]


GEOMETRY_COLUMNS = frozenset(
    """
    geometry geom the_geom wkt _wkt wkt_geom wkt_geometry ewkt wkb ewkb wkb_geometry geometry_wkt geom_wkt geometry_wkb
    geom_wkb shape_wkt
    """.split()  # noqa: SIM905 - as a list it is a page
)
"""What a column of text with geometry is usually called, in small letters."""

UNPACKED_BY = {
    ".zst": "zstd -d",
    ".bz2": "bunzip2 -k",
    ".xz": "unxz -k",
    ".lz4": "lz4 -d",
    ".7z": "7z x",
    ".rar": "unrar x",
}
"""What GDAL does not unpack, and the command that does."""

_IN_ARCHIVES = tuple(
    """
    .csv .db .dxf .fgb .geojson .geojsonl .geojsons .gml .gmt .gpkg .gpx .jml .json .jsonl .kml .mif .ndjson .ods .osm
    .pbf .shp .sqlite .tab .topojson .tsv .xlsx
    """.split()  # noqa: SIM905 - as a list it is a page
)
_DATABASE = re.compile(r".*?\.gdb(?=/)", re.IGNORECASE)
_IN = "IN"  # stands for the input in a command
_COLUMNAR = (".parquet", ".pq", ".geoparquet", ".arrow", ".arrows", ".feather", ".ipc")
# Text that may be delimited, which is unpacked as it is read.
_TEXT = (".csv", ".tsv", ".psv", ".tab", ".txt", ".dat", ".data", ".asc", ".out", ".prn", ".log", ".text")


def _endings(file: str) -> Iterator[str]:
    """`.tar.xz` and `.xz` of `a.tar.xz`, the longest first."""
    parts = file.split(".")[1:][-2:]
    for first in range(len(parts)):
        yield "." + ".".join(parts[first:])


def _is_packed_text(stem: str, last: str) -> bool:
    return last in ("bz2", "zst") and (stem.endswith(_TEXT) or "." not in stem)


def _compressed(file: str, command: str) -> Unread:
    return Unread(what="a packed file", instead=f"unpack it: `{command} {file}`")


def _table(entries: Mapping[str, Unread]) -> dict[str, Unread]:
    return {ending: known for endings, known in entries.items() for ending in endings.split()}


def _pandas(read: str) -> str:
    return f"""`python -c "import pandas; pandas.{read}('{_IN}').to_parquet('out.parquet')"`"""


_SOME_GDAL = "which GDAL reads only where it is built for it, and the embedded service's is not"
_RASTER = Unread(
    what="a raster",
    why="of which no table is made",
    instead=f"read it in a step of type udf, or make polygons of it: `gdal raster polygonize {_IN} out.gpkg`",
)
_CUBE = Unread(
    what="an array of several dimensions",
    why=_SOME_GDAL,
    instead=f"""`python -c "import xarray; xarray.open_dataset('{_IN}').to_dataframe().reset_index()"""
    """.to_parquet('out.parquet')"`, or read it in a step of type udf""",
    anywhere=False,
)
_CLOUD = Unread(what="a point cloud", instead=f"`pdal translate {_IN} out.csv`, then lonlat_cols: [X, Y]")
_ARCHIVE = Unread(what="an archive", why="of which only .zip and .tar are read", instead=f"unpack it: `7z x {_IN}`")
_TAR = Unread(what="an archive", why="packed in a way that is not read", instead=f"unpack it: `tar -xf {_IN}`")
_ACCESS = Unread(
    what="a database of Microsoft Access",
    why=_SOME_GDAL,
    instead=f"`mdb-export {_IN} TABLE > out.csv`, or for one with geometry `ogr2ogr out.gpkg {_IN}`",
    anywhere=False,
)
_SHEET = Unread(
    what="a spreadsheet in an older format",
    why=_SOME_GDAL,
    instead=f"save it as .xlsx: `libreoffice --headless --convert-to xlsx {_IN}`",
    anywhere=False,
)
_PICKLE = Unread(what="a pickle", why="which may run any code and is not read", instead=_pandas("read_pickle"))
_R = Unread(what="data of R", instead=f"""`Rscript -e 'arrow::write_parquet(readRDS("{_IN}"), "out.parquet")'`""")
_R_IMAGE = replace(
    _R, instead=f"""`Rscript -e 'load("{_IN}"); arrow::write_parquet(TABLE, "out.parquet")'`, with the TABLE in it"""
)
_DUCK = Unread(what="a DuckDB database", instead=f"""`duckdb {_IN} "COPY TABLE_IN_IT TO 'out.parquet'"`""")
_PROJECT = Unread(
    what="a map, which holds no rows itself", why="so it is not read", instead="name the data that it shows"
)
_SIDECAR = Unread(
    what="a part of a shapefile", why="which is read with its .shp alone", instead="name the .shp, or zip them together"
)

_UNREAD = _table(
    {
        ".tif .tiff .jp2 .ecw .sid .img .png .jpg .jpeg .webp .asc .bil .dem .hgt .grd": _RASTER,
        ".vrt": Unread(
            what="a file whose rows are in others",
            why="which the embedded service does not follow",
            instead=f"`ogr2ogr out.gpkg {_IN}`",
            anywhere=False,
        ),
        ".nc .nc4 .cdf .h5 .hdf .hdf5 .he5 .zarr": _CUBE,
        ".grib .grib2 .grb .grb2": replace(
            _CUBE,
            anywhere=True,
            why=_RASTER.why,
            instead=_CUBE.instead.replace(f"'{_IN}'", f"'{_IN}', engine='cfgrib'"),
        ),
        ".las .laz .copc .e57 .ply": _CLOUD,
        ".dwg": Unread(
            what="a drawing of AutoCAD",
            why=_SOME_GDAL,
            instead=f"`ogr2ogr out.gpkg {_IN}`, or where that fails `dwg2dxf {_IN}`: .dxf is read",
            anywhere=False,
        ),
        ".mdb .accdb": _ACCESS,
        ".sdc": Unread(
            what="data of Esri in a closed format", instead="export it from ArcGIS as a geodatabase (.gdb) or shapefile"
        ),
        ".lyr .lyrx .mxd .aprx .mpk .qgs .qgz .qlr": _PROJECT,
        ".prj .cpg .sbn .sbx .qpj .qix .qmd": _SIDECAR,
        ".rar": replace(_ARCHIVE, instead=f"unpack it: `unrar x {_IN}`"),
        ".7z": _ARCHIVE,
        ".tbz2 .txz .tar.bz2 .tar.xz .tar.zst .tar.lz4": _TAR,
        ".xls .xlsb .numbers": _SHEET,
        ".pdf": Unread(what="a document", why="of which no table is read", instead="name the data behind it"),
        ".sav .zsav .por": Unread(what="data of SPSS", instead=_pandas("read_spss")),
        ".dta": Unread(what="data of Stata", instead=_pandas("read_stata")),
        ".sas7bdat .xpt": Unread(what="data of SAS", instead=_pandas("read_sas")),
        ".rds": _R,
        ".rda .rdata": _R_IMAGE,
        ".pkl .pickle": _PICKLE,
        ".avro": Unread(
            what="Avro",
            instead=f"""`duckdb -c "INSTALL avro; LOAD avro; COPY (FROM read_avro('{_IN}')) TO 'out.parquet'"`""",
        ),
        ".orc": Unread(what="ORC", instead=_pandas("read_orc")),
        ".duckdb .ddb": _DUCK,
        ".npy .npz .mat": Unread(what="an array without columns", instead="read it in a step of type udf"),
    }
)
