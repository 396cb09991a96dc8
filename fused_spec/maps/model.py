"""What a map shows: layers of features, boxes or rasters, with a title and facts. Nothing heavy is imported here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Bounds = tuple[float, float, float, float]
"""West, south, east, north. In degrees, a west that is greater than the east goes over the antimeridian."""


class State(StrEnum):
    """How a task, a run or the place of one stands; those that need a person come first."""

    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    RUNNING = "running"
    QUEUED = "queued"
    NOT_STARTED = "not started"
    SUCCEEDED = "succeeded"


class Side(StrEnum):
    """Which of two runs a layer is of."""

    BEFORE = "before"
    AFTER = "after"


class Form(StrEnum):
    """What a map is written as; the value is what a file's name ends with."""

    HTML = ".html"
    SVG = ".svg"
    PNG = ".png"
    GEOJSON = ".geojson"


@dataclass(frozen=True, slots=True)
class Features:
    """Geometries with a few attributes each.

    `crs` is anything that pyproj reads (`EPSG:3857`, WKT, PROJJSON); without one they are drawn on no land. `of` says
    how many there are where these are only some of them.
    """

    geometries: "Sequence[bytes | BaseGeometry | None] | NDArray[Any]"
    crs: str | None
    attributes: Mapping[str, Sequence[object]] = field(default_factory=dict)
    """Columns, each as long as the geometries."""
    names: Sequence[str] | None = None
    states: Sequence[State] | None = None
    side: Side | None = None
    title: str = "features"
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a chunk or a task."""

    bounds: Bounds
    name: str
    state: State | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Rectangles in a coordinate system."""

    boxes: Sequence[Box]
    crs: str | None = "OGC:CRS84"
    side: Side | None = None
    title: str = "boxes"
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Raster:
    """An array of rows and columns, or of bands, rows and columns; its first row is the northernmost."""

    values: "NDArray[Any]"
    bounds: Bounds
    nodata: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rasters:
    """Rasters with one scale of colours: tiles of one picture."""

    rasters: Sequence[Raster]
    crs: str | None
    side: Side | None = None
    title: str = "values"


Layer = Features | Boxes | Rasters


@dataclass(frozen=True, slots=True)
class MapData:
    """All that one map shows. Layers are drawn in their order, the last on top."""

    title: str
    layers: Sequence[Layer]
    facts: Sequence[tuple[str, str]] = ()
    """What stands beside the map: a word and what it is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is drawn, and how large a file becomes."""

    features: int = 2_000
    vertices: int = 200_000
    pixels: int = 1_024
    """The longer side of a raster's picture."""
    size: int = 2_000_000
    """Bytes of the file."""

    def halved(self) -> "Limits":
        """For a map that became too large."""
        return Limits(max(1, self.features // 2), max(8, self.vertices // 2), max(16, self.pixels * 7 // 10), self.size)
