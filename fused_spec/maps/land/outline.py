"""Land and borders as lines in degrees."""

import json
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points in degrees, one a row."""


@cache
def land() -> tuple[Line, ...]:
    """The rings of all land; the first and the last point of each are the same."""
    return _lines("land")


@cache
def borders() -> tuple[Line, ...]:
    """The lines between countries."""
    return _lines("borders")


@cache
def _read() -> Any:
    return json.loads((resources.files(__package__) / "outline.json").read_text(encoding="utf-8"))


def _lines(name: str) -> tuple[Line, ...]:
    return tuple(np.cumsum(np.array(steps, dtype=np.int64).reshape(-1, 2), axis=0) / 100 for steps in _read()[name])
