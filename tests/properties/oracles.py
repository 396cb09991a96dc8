"""Readers that the engine has nothing to do with, and that raise for whatever is not as its format says.

What GDAL alone can read is read without the Arrow stream that the engine reads, with every warning an error, after a
look at what the file's own bytes say of its form and its number of rows.
"""

import csv
import io
import json
import re
import sqlite3
import struct
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.feather
import pyarrow.parquet as pq
import pyogrio
import shapely

from fused_spec.engine.ingest.reading.gdal.drivers import only_plain_files
from tests.properties.seen import Seen, seen

Oracle = Callable[[Path], Seen]
_HARMLESS = re.compile("laundered|successfully parsed|Several features with id")


class Broken(Exception):
    """The file is not as its format says."""


def by_gdal(path: Path, **options: Any) -> Seen:
    """What GDAL reads of the first layer, feature by feature."""
    only_plain_files()
    layers = pyogrio.list_layers(path)
    info = pyogrio.read_info(path, layer=layers[0][0], force_feature_count=True, **options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")  # not "error": GDAL's handler of errors loses what it raises
        meta, _, shapes, values = pyogrio.raw.read(path, layer=layers[0][0], datetime_as_string=True, **options)
    if serious := [str(one.message) for one in told if not _HARMLESS.search(str(one.message))]:
        raise Broken(serious[0])
    columns = dict(zip(map(str, meta["fields"]), values, strict=True))
    found = seen(columns, shapes, meta["crs"])
    if info["features"] not in (-1, len(found)):
        raise Broken(f"{len(found)} rows, and {info['features']} counted")
    return found


def sheets(path: Path) -> Seen:
    """A spreadsheet: a zip archive, whose members have checksums."""
    check_zip(path)
    found = by_gdal(path)
    return Seen(rows=found.rows, names=found.names)


def check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if (bad := archive.testzip()) is not None:
            raise Broken(f"the checksum of {bad}")


def zipped(path: Path) -> Seen:
    check_zip(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(path.parent / "taken-out")
        tables = [name for name in archive.namelist() if name.endswith((".shp", ".geojson", ".gml", ".kml"))]
    if len(tables) != 1:
        raise Broken(f"the tables {tables}")
    inner = path.parent / "taken-out" / tables[0]
    return shapefile(inner) if inner.suffix == ".shp" else by_gdal(inner)


def xml(*elements: str) -> Oracle:
    """A reader of well-formed XML with a row for each of these elements."""

    def read(path: Path) -> Seen:
        count = 0
        for _, element in ElementTree.iterparse(path):
            count += element.tag.rpartition("}")[2] in elements
        found = by_gdal(path)
        if len(found) != count:
            raise Broken(f"{len(found)} rows of {count} elements")
        return found

    return read


def kmz(path: Path) -> Seen:
    check_zip(path)
    return by_gdal(path)


def geojson(path: Path) -> Seen:
    whole = json.loads(path.read_text(encoding="utf-8"), strict=False, parse_constant=_no_constant)
    if whole["type"] != "FeatureCollection":
        raise Broken(f"it is a {whole['type']}")
    return _features(whole["features"], _named_crs(whole))


def geojson_lines(path: Path) -> Seen:
    lines = path.read_text(encoding="utf-8").replace("\x1e", "").split("\n")
    return _features([json.loads(line, strict=False, parse_constant=_no_constant) for line in lines if line.strip()])


def topojson(path: Path) -> Seen:
    whole = json.loads(path.read_text(encoding="utf-8"), strict=False, parse_constant=_no_constant)
    found = by_gdal(path)
    first = next(iter(whole["objects"].values()))
    if len(first["geometries"]) != len(found):
        raise Broken(f"{len(found)} rows of {len(first['geometries'])} geometries")
    return found


def _no_constant(name: str) -> Any:
    raise Broken(f"{name} is no JSON")


def _named_crs(whole: Mapping[str, Any]) -> Any:
    named = whole.get("crs")
    return None if named is None else named["properties"]["name"]


def _features(features: Iterable[Mapping[str, Any]], crs: Any = None) -> Seen:
    features = list(features)
    for one in features:
        if one["type"] != "Feature":
            raise Broken(f"a feature is a {one['type']}")
    # without properties, GDAL takes all other members for attributes
    held = [
        one["properties"] or {}
        if "properties" in one
        else {name: value for name, value in one.items() if name not in ("type", "geometry", "id", "bbox")}
        for one in features
    ]
    names = list(dict.fromkeys(name for one in held for name in one))
    described = [one.get("geometry") for one in features]
    shapes, lacks = _understood([one and json.dumps(one) for one in described], shapely.from_geojson)
    columns: dict[str, list[Any]] = {name: [one.get(name) for one in held] for name in names}
    if any("id" in one for one in features):
        columns.setdefault("id", [one.get("id") for one in features])
    return replace(seen(columns, shapes, crs), lacks=lacks)


def _understood(texts: Sequence[str | None], read: Callable[[str], Any]) -> tuple[list[Any], str | None]:
    """The geometries of some texts; and why one of them, then None, is no geometry."""
    shapes, lacks = [], None
    for text in texts:
        try:
            shapes.append(read(text) if text else None)
        except shapely.errors.ShapelyError as error:
            shapes.append(None)
            lacks = str(error)
    return shapes, lacks


def delimited(separator: str, *, lonlat: tuple[str, str] | None = None, wkt: str | None = None) -> Oracle:
    """A reader of text, whose values stay text."""

    def read(path: Path) -> Seen:
        return _delimited(path.read_bytes(), separator, lonlat, wkt)

    return read


def _delimited(content: bytes, separator: str, lonlat: tuple[str, str] | None, wkt: str | None) -> Seen:
    whole = content.decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(whole, newline=""), delimiter=separator, strict=True) if line]
    names = [name or f"field_{number}" for number, name in enumerate(lines[0], start=1)]
    if max(Counter(names).values()) > 1:
        raise Broken("two columns of one name")
    for line in lines[1:]:
        if len(line) != len(names):
            raise Broken(f"{len(line)} values in {len(names)} columns")
    columns = {name: [line[number] for line in lines[1:]] for number, name in enumerate(names)}
    shapes, lacks = None, None
    if lonlat is not None:
        lon, lat = (columns[name] for name in lonlat)
        both = zip(lon, lat, strict=True)
        shapes = [shapely.Point(float(x), float(y)) if x.strip() and y.strip() else None for x, y in both]
    if wkt is not None:
        # without its line of names, the column is what it was
        held = wkt if wkt in columns else next(name for name in columns if name.startswith("POLYGON"))
        shapes, lacks = _understood(columns.pop(held), shapely.from_wkt)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return Seen(rows=rows, shapes=shapes, names=list(columns), textual=True, lacks=lacks)


def packed(unpack: Callable[[bytes], bytes], suffix: str, inner: Oracle) -> Oracle:
    def read(path: Path) -> Seen:
        plain = path.with_name(f"taken-out{suffix}")
        plain.write_bytes(unpack(path.read_bytes()))
        return inner(plain)

    return read


def sqlite(path: Path) -> Seen:
    """GeoPackage or SpatiaLite-like: SQLite says whether it is whole, and how many rows there are."""
    found = by_gdal(path)
    only_plain_files()
    name = pyogrio.list_layers(path)[0][0]
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        said = database.execute("pragma integrity_check").fetchone()[0]
        quoted = '"' + name.replace('"', '""') + '"'
        count = database.execute(f"select count(*) from {quoted} not indexed").fetchone()[0]
    if said != "ok":
        raise Broken(said)
    if count != len(found):
        raise Broken(f"{len(found)} rows of {count}")
    return found


def flatgeobuf(path: Path) -> Seen:
    """A file begins with eight bytes; features, each with its length before it, go to the end of the file."""
    content = path.read_bytes()
    if content[:3] != b"fgb" or content[4:7] != b"fgb":
        raise Broken("no FlatGeobuf")
    return by_gdal(path)


def shapefile(path: Path) -> Seen:
    """The lengths in the headers of its members, and their numbers of records, agree with one another."""
    shp, shx, dbf = (path.with_suffix(suffix).read_bytes() for suffix in (".shp", ".shx", ".dbf"))
    for content in (shp, shx):
        code, length = struct.unpack_from(">i20xi", content)
        if code != 9994 or length * 2 != len(content):
            raise Broken("a length that is not the file's")
    index = [struct.unpack_from(">ii", shx, place) for place in range(100, len(shx), 8)]
    ends = 100
    for number, (start, length) in enumerate(index, start=1):
        if start * 2 != ends or struct.unpack_from(">ii", shp, ends) != (number, length):
            raise Broken(f"record {number} is not where the index says")
        ends += 8 + length * 2
    count, header, width = struct.unpack_from("<4xIHH", dbf)
    if ends != len(shp) or count != len(index) or len(dbf) - header - count * width not in (0, 1):
        raise Broken(f"{len(index)} shapes, and attributes of {count}")
    found = by_gdal(path)
    if len(found) != count:
        raise Broken(f"{len(found)} rows of {count}")
    return found


def parquet(path: Path) -> Seen:
    """What pyarrow reads of a whole file, where all counts of the footer agree."""
    with pq.ParquetFile(path) as file:
        meta = file.metadata
        groups = [meta.row_group(number) for number in range(meta.num_row_groups)]
        if sum(group.num_rows for group in groups) != meta.num_rows:
            raise Broken("the rows of its groups are not those of the file")
        for group in groups:
            for column in (group.column(number) for number in range(group.num_columns)):
                if meta.schema.column(column_number(meta, column.path_in_schema)).max_repetition_level == 0 and (
                    column.num_values != group.num_rows
                ):
                    raise Broken("the values of a column are not the rows of its group")
        table = file.read()
        geo = json.loads((table.schema.metadata or {}).get(b"geo", b"null"))
    columns = {name: table.column(number).to_pylist() for number, name in enumerate(table.column_names)}
    if geo is None:
        return seen(columns)
    described = geo["columns"][geo["primary_column"]]
    shapes = columns.pop(geo["primary_column"])
    columns.pop("bbox", None)
    return seen(columns, shapes, described.get("crs", "OGC:CRS84"))


def column_number(meta: pq.FileMetaData, name: str) -> int:
    return next(number for number in range(meta.num_columns) if meta.schema.column(number).path == name)


def feather(path: Path) -> Seen:
    """What pyarrow reads, its values looked at."""
    table = pyarrow.feather.read_table(path)
    table.validate(full=True)
    return seen({name: table.column(number).to_pylist() for number, name in enumerate(table.column_names)})


def geojson_like(path: Path) -> Seen:
    """JSON with features in more forms than those of GeoJSON."""
    whole = json.loads(path.read_text(encoding="utf-8"), strict=False, parse_constant=_no_constant)
    found = by_gdal(path)
    if len(whole["features"]) != len(found):
        raise Broken(f"{len(found)} rows of {len(whole['features'])} features")
    return found
