"""`fused.types`: names for annotations; arguments are converted by them (`engine.calling.arguments`)."""

from types import ModuleType

types = ModuleType("fused.types", "Annotations of UDF parameters.")


class Bounds(list[float]):
    """West, south, east, north in degrees."""


class Bbox:
    """A shapely polygon."""


class Tile:
    """A frame of one tile."""


class TileGDF(Tile):
    """A frame with columns x, y, z and geometry."""


class TileXYZ:
    """The numbers x, y and z of a tile."""


class ViewportGDF:
    """A frame with the viewport as geometry."""


for _kind in (Bounds, Bbox, Tile, TileGDF, TileXYZ, ViewportGDF):
    setattr(types, _kind.__name__, _kind)
