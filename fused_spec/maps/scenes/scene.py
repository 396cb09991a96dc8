"""All that is drawn, in pixels, and all that is said beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature: a path of lines and areas, dots, and where a glyph for its state goes."""

    layer: int
    feature: int
    key: str
    """Which style it has: a state, a side, or the number of its layer."""
    path: str
    dots: str
    middle: Point
    size: Point
    name: str
    words: str
    """What is told of it, with its name, in one line."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture and where it lies."""

    key: str
    png: bytes
    x: float
    y: float
    width: float
    height: float
    words: str
    is_smooth: bool


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """How long so many pixels are, in `unit`."""

    pixels: float
    length: float
    unit: str
    where: str
    """Where it is true, or nothing where it is so everywhere."""

    @property
    def text(self) -> str:
        return " ".join(filter(None, (f"{self.length:,g}", self.unit, self.where)))


@dataclass(frozen=True, slots=True)
class Locator:
    """A small map of the region around, with the place of this one."""

    land: str
    graticule: str
    side: float
    here: tuple[float, float, float, float]
    """Left, top, width and height."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies below the layers."""

    land: str
    borders: str
    graticule: str
    labels: Sequence[Label]


@dataclass(frozen=True, slots=True)
class Swatch:
    """One line of the legend: a style, its word and how many have it."""

    key: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours of values from low to high."""

    title: str
    colours: Sequence[str]
    low: str
    high: str
    says: str


@dataclass(frozen=True, slots=True)
class Classes:
    """Colours of single values."""

    title: str
    entries: Sequence[tuple[str, str]]
    """A colour and the value that has it."""
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list that says what the map shows."""

    key: str
    name: str
    where: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scene:
    title: str
    facts: Sequence[tuple[str, str]]
    summary: str
    notes: Sequence[str]
    width: float
    height: float
    ground: Ground
    images: Sequence[Image]
    shapes: Sequence[Shape]
    scale: ScaleBar | None
    locator: Locator | None
    legend: Sequence[Swatch | Ramp | Classes]
    columns: Sequence[str]
    rows: Sequence[Row]
