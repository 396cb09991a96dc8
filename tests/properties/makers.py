"""A small valid file of every format, made by writers that the engine has nothing to do with."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pyogrio
import shapely

ROWS = 12
_WORDS = ["Köln", "São Paulo", "a, b", 'say "hi"', "x", "", "Αθήνα", "semi;colon", "two  blanks", "end", "0012", "NA"]
Made = Callable[[Path], Path]
"""Writes a file, and perhaps others that belong to it, into an empty folder, and returns the path to ingest."""


def attributes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": range(ROWS),
            "name": _WORDS,
            "big": [number * 10**9 + 7 for number in range(ROWS)],
            "share": [number / 8 - 0.3 for number in range(ROWS)],
        }
    )


def places() -> gpd.GeoDataFrame:
    """Points with attributes."""
    shapes = [shapely.Point(number + 0.25, 50 - number / 3) for number in range(ROWS)]
    return gpd.GeoDataFrame(attributes(), geometry=shapes, crs=4326)


def areas() -> gpd.GeoDataFrame:
    shapes = [shapely.Point(number, 10).buffer(0.4, quad_segs=2) for number in range(ROWS)]
    return gpd.GeoDataFrame(attributes(), geometry=shapes, crs=4326)


def timed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """With a date and an instant."""
    moments = [datetime(2024, 1, 1 + number, 12, 30, tzinfo=UTC) for number in range(ROWS)]
    days = pd.Series([date(2024, 2, 1 + number) for number in range(ROWS)])
    return frame.assign(seen=pd.Series(moments).astype("datetime64[ms, UTC]"), day=days)


def by_gdal(
    name: str,
    driver: str | None = None,
    *,
    surfaces: bool = False,
    times: bool = False,
    without: Sequence[str] = (),
    **options: Any,
) -> Made:
    """A file as GDAL writes it."""

    def make(folder: Path) -> Path:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-01-01T00:00:00Z"})
        frame = (areas() if surfaces else places()).drop(columns=list(without))
        pyogrio.write_dataframe(timed(frame) if times else frame, folder / name, driver=driver, **options)
        return folder / name

    return make


def csv_text(separator: str = ",", *, ends: str = "\n") -> str:
    frame = attributes()
    return frame.to_csv(index=False, sep=separator, lineterminator=ends)


def text(name: str, content: Callable[[], str]) -> Made:
    def make(folder: Path) -> Path:
        (folder / name).write_text(content(), encoding="utf-8")
        return folder / name

    return make


def with_coordinates() -> str:
    frame = places()
    return (
        pd.DataFrame(frame.drop(columns="geometry"))
        .assign(lon=frame.geometry.x, lat=frame.geometry.y)
        .to_csv(index=False)
    )


def with_wkt() -> str:
    return pd.DataFrame(areas().assign(WKT=areas().geometry.to_wkt()).drop(columns="geometry")).to_csv(index=False)


def geojson() -> str:
    return timed(places()).to_json(ensure_ascii=False, drop_id=True, default=str)


def indented_geojson() -> str:
    return json.dumps(json.loads(areas().to_json(drop_id=True)), indent=1)


def geojson_lines() -> str:
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in json.loads(geojson())["features"])


def geojson_records() -> str:
    """As RFC 8142 has them."""
    return "".join(f"\x1e{json.dumps(one)}\n" for one in json.loads(geojson())["features"])


def topojson() -> str:
    arcs = [[[number, 0], [number + 1, 1], [number + 2, 0], [number, 0]] for number in range(ROWS)]
    records = attributes().to_dict("records")
    shapes = [{"type": "Polygon", "arcs": [[n]], "properties": one} for n, one in enumerate(records)]
    whole = {
        "type": "Topology",
        "arcs": arcs,
        "objects": {"areas": {"type": "GeometryCollection", "geometries": shapes}},
    }
    return json.dumps(whole, ensure_ascii=False)


def osm() -> str:
    nodes = "".join(
        f'  <node id="{number + 1}" lat="{50 + number / 8}" lon="{7 + number / 8}" version="1">'
        f'<tag k="name" v="Platz {number}"/></node>\n'
        for number in range(ROWS)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="hand">\n{nodes}</osm>\n'


def parquet(folder: Path) -> Path:
    table = pa.Table.from_pandas(attributes(), preserve_index=False)
    table = table.append_column("list", pa.array([[number, None] for number in range(ROWS)], pa.list_(pa.int32())))
    table = table.append_column("kind", pa.array([f"k{number % 3}" for number in range(ROWS)]).dictionary_encode())
    pq.write_table(table, folder / "a.parquet", row_group_size=5)
    return folder / "a.parquet"


def geoparquet(folder: Path) -> Path:
    timed(areas()).to_parquet(folder / "a.parquet", row_group_size=5, write_covering_bbox=True)
    return folder / "a.parquet"


def feather(folder: Path) -> Path:
    pyarrow.feather.write_feather(attributes(), folder / "a.feather")
    return folder / "a.feather"


def zipped(make: Made, name: str, inner: str | None = None) -> Made:
    def made(folder: Path) -> Path:
        parts = folder / "parts"
        parts.mkdir()
        make(parts)
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(parts.iterdir()):
                member = zipfile.ZipInfo(inner or path.name, date_time=(2024, 1, 1, 0, 0, 0))
                archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)
                path.unlink()
        parts.rmdir()
        return folder / name

    return made


def gzipped(name: str, content: Callable[[], str]) -> Made:
    def make(folder: Path) -> Path:
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
            stream.write(content().encode())
        (folder / name).write_bytes(packed.getvalue())
        return folder / name

    return make


def zstandard(name: str, content: Callable[[], str]) -> Made:
    def make(folder: Path) -> Path:
        with pa.CompressedOutputStream(str(folder / name), "zstd") as stream:
            stream.write(content().encode())
        return folder / name

    return make


def sheet(name: str) -> Made:
    def make(folder: Path) -> Path:
        frame = gpd.GeoDataFrame(attributes())
        pyogrio.write_dataframe(pd.DataFrame(frame), folder / name)
        return folder / name

    return make


SHAPEFILE = by_gdal("a.shp", surfaces=True)
KML = by_gdal("a.kml", "LIBKML")
