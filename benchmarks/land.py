"""Makes the outline of land and borders that maps draw on, of the countries among the data of the examples.

    uv run python benchmarks/land.py

Natural Earth, 1:110 million, public domain. A ring or a line is one list of whole hundredths of a degree: the first
point, then the way from each point to the next.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

ROOT = Path(__file__).parents[1]
COUNTRIES = ROOT / "specs/examples/data/ne_countries.geojson"
OUTLINE = ROOT / "fused_spec/maps/land/outline.json"
GRID = 0.01


def outline() -> str:
    """The text of the file."""
    read = json.loads(COUNTRIES.read_text(encoding="utf-8"))["features"]
    countries = np.array([shapely.from_geojson(json.dumps(one["geometry"])) for one in read])
    countries = shapely.set_precision(shapely.make_valid(countries), GRID)
    land = shapely.union_all(countries, grid_size=GRID)
    every = shapely.union_all(shapely.boundary(countries), grid_size=GRID)
    borders = shapely.line_merge(shapely.difference(every, shapely.boundary(land), grid_size=GRID))
    rings = shapely.get_rings(shapely.get_parts(shapely.normalize(land)))
    lines = shapely.get_parts(shapely.normalize(borders))
    made = {"land": [steps(one) for one in rings], "borders": [steps(one) for one in lines]}
    return json.dumps(made, separators=(",", ":")) + "\n"


def steps(line: Any) -> list[int]:
    """A line as its first point and the way from each point to the next."""
    whole = np.rint(shapely.get_coordinates(line) / GRID).astype(int)
    return [int(one) for one in np.diff(whole, axis=0, prepend=[[0, 0]]).ravel()]


if __name__ == "__main__":
    OUTLINE.write_text(outline(), encoding="utf-8")
    print(f"{OUTLINE.relative_to(ROOT)}: {OUTLINE.stat().st_size:,} bytes")
