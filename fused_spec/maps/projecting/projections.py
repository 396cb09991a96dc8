"""The three ways to draw the earth flat, or what lies in a plane already."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyproj

from fused_spec.maps.places.lines import Floats
from fused_spec.maps.places.placing import DEGREES

RADIUS = 6_378_137.0
DEGREE = RADIUS * np.pi / 180


class Projection(Protocol):
    """`crs` is for libraries that project by themselves; without one the plane has no place on the earth."""

    @property
    def title(self) -> str: ...

    @property
    def crs(self) -> str | None: ...

    def forward(self, xy: Floats) -> Floats:
        """From degrees to units of the map."""
        ...

    def inverse(self, xy: Floats) -> Floats:
        """From units of the map to degrees."""
        ...


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Equirectangular: meridians and parallels are straight, and true to scale at one parallel."""

    middle: float = 0.0
    parallel: float = 0.0

    @property
    def title(self) -> str:
        return "equirectangular"

    @property
    def crs(self) -> str:
        return f"+proj=eqc +lat_ts={self.parallel} +lon_0={self.middle} +R={RADIUS} +units=m +no_defs"

    @property
    def west(self) -> float:
        """Where the map is cut."""
        return self.middle - 180

    def forward(self, xy: Floats) -> Floats:
        return (xy - [self.middle, 0]) * self._scale

    def inverse(self, xy: Floats) -> Floats:
        return xy / self._scale + [self.middle, 0]

    @property
    def _scale(self) -> Floats:
        return np.array([DEGREE * np.cos(np.radians(self.parallel)), DEGREE])


@dataclass(frozen=True, slots=True)
class Around:
    """Lambert azimuthal equal-area: areas are true, and shapes nearly so, around a middle."""

    longitude: float
    latitude: float
    _forward: pyproj.Transformer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        transformer = pyproj.Transformer.from_crs(DEGREES, self.crs, always_xy=True)
        object.__setattr__(self, "_forward", transformer)

    @property
    def title(self) -> str:
        return "Lambert azimuthal equal-area"

    @property
    def crs(self) -> str:
        return f"+proj=laea +lat_0={self.latitude} +lon_0={self.longitude} +datum=WGS84 +units=m +no_defs"

    def forward(self, xy: Floats) -> Floats:
        return np.column_stack(self._forward.transform(*xy.T)) if len(xy) else xy

    def inverse(self, xy: Floats) -> Floats:
        if not len(xy):
            return xy
        return np.column_stack(self._forward.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))


@dataclass(frozen=True, slots=True)
class Plane:
    """No place on the earth is known: units stay as they are."""

    @property
    def title(self) -> str:
        return "none"

    @property
    def crs(self) -> None:
        return None

    def forward(self, xy: Floats) -> Floats:
        return xy

    def inverse(self, xy: Floats) -> Floats:
        return xy
