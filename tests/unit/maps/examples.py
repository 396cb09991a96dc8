"""A dozen maps of all sorts, which the tests draw and people look at."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from fused_spec.maps.model import Box, Boxes, Features, MapData, Raster, Rasters, Side, State

ROOT = Path(__file__).parents[3]
DATA = ROOT / "specs/examples/data"
HOSTILE = '</title></svg><script>alert(1)</script>\x1b[31m\x00 \u202egnp.exe\ufffe\' onload="x" {{ 7*7 }} ]]> &lt;'


def countries(**wanted: str) -> tuple[list[bytes], dict[str, list[Any]]]:
    """Some of the examples' countries, as WKB and as columns."""
    read = json.loads((DATA / "ne_countries.geojson").read_text(encoding="utf-8"))["features"]
    chosen = [one for one in read if all(one["properties"][name] == value for name, value in wanted.items())]
    wkb = [shapely.to_wkb(shapely.from_geojson(json.dumps(one["geometry"]))) for one in chosen]
    names = ("name", "continent", "pop_est")
    return wkb, {name: [one["properties"][name] for one in chosen] for name in names}


def world() -> MapData:
    wkb, columns = countries()
    layer = Features(wkb, "OGC:CRS84", columns, columns["name"], title="countries")
    return MapData("Countries of the world", [layer], (("rows", "177"), ("CRS", "EPSG:4326"), ("size", "288 KiB")))


def continent() -> MapData:
    wkb, columns = countries(continent="Africa")
    layer = Features(wkb, "OGC:CRS84", columns, columns["name"], title="countries")
    return MapData("Africa", [layer], (("rows", "51"),))


def tiles() -> MapData:
    """300 tasks over Europe, three of which failed."""
    boxes = []
    for index in range(300):
        west, south = -12 + 2 * (index % 20), 35 + 2 * (index // 20)
        state = State.SUCCEEDED
        if index in (47, 118, 203):
            state = State.FAILED
        elif index >= 285:
            state = State.RUNNING if index < 290 else State.QUEUED
        told = {"error": "KeyError 'geom' in tiles.py:10"} if state is State.FAILED else {"seconds": 3.25}
        boxes.append(Box((west, south, west + 2, south + 2), f"tile {index}", state, told))
    return MapData("Tiles of Europe", [Boxes(boxes, title="tasks")], (("run", "256dd311"), ("tasks", "300, 3 failed")))


def states() -> MapData:
    """Each state once, as a box and as a point."""
    boxes = [Box((index * 3.0, 40, index * 3.0 + 2.6, 42), state.value, state) for index, state in enumerate(State)]
    points = [shapely.Point(index * 3.0 + 1.3, 43.5) for index in range(len(State))]
    layer = Features(points, "EPSG:4326", names=[one.value for one in State], states=list(State), title="points")
    return MapData("How each state looks", [Boxes(boxes), layer])


def before_and_after() -> MapData:
    rng = np.random.default_rng(7)
    before = [shapely.Point(*xy).buffer(0.12) for xy in rng.uniform([4, 50.8], [7, 53.2], (40, 2))]
    after = [shapely.affinity.translate(one, 0.06, 0.04) for one in before[:34]]
    names = [f"parcel {index}" for index in range(40)]
    layers = [
        Features(before, "EPSG:4326", names=names, side=Side.BEFORE, title="before"),
        Features(after, "EPSG:4326", names=names[:34], side=Side.AFTER, title="after"),
    ]
    return MapData("Parcels: run 0553 and run fe83", layers, (("rows", "40 → 34"), ("bounds", "moved by 4 km")))


def fiji() -> MapData:
    """On both sides of the antimeridian, in one piece."""
    wkb, columns = countries(name="Fiji")
    box = Boxes([Box((176, -20, -178, -15), "over the antimeridian", State.SUCCEEDED)])
    return MapData("Fiji", [Features(wkb, "EPSG:4326", columns, columns["name"], title="country"), box])


def pacific() -> MapData:
    """Around the earth the other way, so that nothing is cut."""
    boxes = [
        Box(((west + 180) % 360 - 180, -30, (west + 189.5) % 360 - 180, 30), f"{west}°") for west in range(130, 250, 10)
    ]
    return MapData("The Pacific", [Boxes(boxes, title="chunks")])


def arctic() -> MapData:
    ring = [(x, 72 + 4 * np.sin(np.radians(3 * x))) for x in range(-180, 180, 5)]
    around = shapely.Polygon([((x + 180) % 360 - 180, y) for x, y in ring])
    stations = shapely.points(np.column_stack([np.arange(-180, 180, 30), np.linspace(66, 84, 12)]))
    layers = [
        Features([around], "EPSG:4326", names=["sea ice"], title="ice"),
        Features(stations, "EPSG:4326", names=[f"station {n}" for n in range(12)], title="stations"),
    ]
    return MapData("The Arctic", layers)


def antarctica() -> MapData:
    wkb, columns = countries(name="Antarctica")
    return MapData("Antarctica", [Features(wkb, "EPSG:4326", columns, columns["name"], title="land")])


def city() -> MapData:
    """New York in feet, so small a place that the outline of land would be wrong."""
    import geopandas

    boroughs = geopandas.read_file(DATA / "nybb.gpkg")
    layer = Features(
        list(boroughs.geometry.to_wkb()),
        "EPSG:2263",
        {"area": list(boroughs["Shape_Area"])},
        list(boroughs["BoroName"]),
        title="boroughs",
    )
    return MapData("Boroughs of New York", [layer], (("rows", "5"), ("CRS", "EPSG:2263")))


def plane() -> MapData:
    squares = [shapely.box(x, y, x + 80, y + 80) for x in range(0, 1000, 100) for y in range(0, 600, 100)]
    return MapData("A plan without a coordinate system", [Features(squares, None, title="rooms")])


def elevation() -> MapData:
    """A raster in UTM, with cells that have no value."""
    y, x = np.mgrid[0:300, 0:400]
    values = 400 + 300 * np.sin(x / 50) * np.cos(y / 40) + 0.6 * x
    values[(x - 200) ** 2 + (y - 150) ** 2 < 45**2] = -9999
    raster = Raster(values.astype("float32"), (250_000, 5_000_000, 650_000, 5_300_000), -9999)
    return MapData("Elevation", [Rasters([raster], "EPSG:32632", title="metres")], (("kind", "float32, 400 by 300"),))


def land_use() -> MapData:
    """Classes on tiles, one of which is missing, and what is drawn over them."""
    rng = np.random.default_rng(3)
    tiles = []
    for column in range(3):
        for row in range(2):
            if (column, row) != (2, 1):
                small = rng.integers(1, 6, (8, 8))
                west, south = 5 + column * 2, 45 + row * 2
                tiles.append(Raster(np.kron(small, np.ones((12, 12), int)), (west, south, west + 2, south + 2)))
    boxes = [
        Box((5 + 2 * n, 45, 7 + 2 * n, 49), f"strip {n}", State.SUCCEEDED if n < 2 else State.FAILED) for n in range(3)
    ]
    return MapData("Land use", [Rasters(tiles, "EPSG:4326", title="class"), Boxes(boxes, title="tasks")])


def picture() -> MapData:
    """Three bands of bytes, with a mask."""
    y, x = np.mgrid[0:240, 0:320]
    bands = np.stack([x * 255 // 320, y * 255 // 240, 128 + 127 * np.sin((x + y) / 20)]).astype("uint8")
    masked = np.ma.masked_array(bands, np.broadcast_to((x - 160) ** 2 + (y - 120) ** 2 > 115**2, bands.shape))
    return MapData("A picture", [Rasters([Raster(masked, (-80, -10, -60, 5))], "EPSG:4326", title="bands")])


def troubled() -> MapData:
    """Everything that can be wrong with geometries, and names that attack."""
    bow = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    shapes: list[Any] = [
        bow,
        None,
        shapely.Polygon(),
        b"\x01\x03broken",
        shapely.Point(np.inf, 3),
        shapely.Point(10, 95),
        shapely.GeometryCollection([shapely.Point(8, 2), shapely.LineString([(6, 0), (9, 4)])]),
        shapely.Point(2, 6),
    ]
    layer = Features(
        shapes, "EPSG:4326", {HOSTILE: [HOSTILE] * 8, "token": ["abc123"] * 8}, [HOSTILE] * 8, title=HOSTILE
    )
    return MapData(HOSTILE, [layer], ((HOSTILE, HOSTILE),))


def nothing() -> MapData:
    return MapData("No rows", [Features([], "EPSG:4326")], (("rows", "0"),))


ALL = {
    made.__name__: made
    for made in (
        world,
        continent,
        tiles,
        states,
        before_and_after,
        fiji,
        pacific,
        arctic,
        antarctica,
        city,
        plane,
        elevation,
        land_use,
        picture,
        troubled,
        nothing,
    )
}
