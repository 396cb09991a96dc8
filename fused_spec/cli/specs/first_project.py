"""What `fused-spec init` writes: a project with one small job that says something true about the world, offline."""

import re
from collections.abc import Mapping

SCHEMA_FILE = "fused-spec.schema.json"
IGNORED = (".fused-spec/", ".secrets/")

_PROJECT = """\
# The identity of this folder of specs, and where they are applied.
apiVersion: fused-spec/v1
project:
  name: {name}
  id: {id} # marks every run of this project; keep it
target: local # runs on this machine, with no account
targets:
  hosted:
    base_url: https://www.fused.io/server/v1
"""

_SPEC = """\
# yaml-language-server: $schema=../fused-spec.schema.json
apiVersion: fused-spec/v1
kind: Job
metadata:
  name: hello
  description: How much too large does a web map draw the surroundings of four cities?
spec:
  config:
    steps:
      - type: udf
        udf:
          file: ../udfs/hello.py
          parameters: {radius_km: 10}
        input: # one task for each, run in parallel; keys are parameters of the UDF
          - {name: Nairobi, lon: 36.82, lat: -1.29}
          - {name: Lima, lon: -77.04, lat: -12.05}
          - {name: Zurich, lon: 8.54, lat: 47.37}
          - {name: Tromso, lon: 18.96, lat: 69.65}
"""

_UDF = '''\
import fused


@fused.udf
def udf(name: str, lon: float, lat: float, radius_km: float = 10):
    """Compare a circle around a city with what a web map makes of it."""
    import geopandas as gpd
    from shapely.geometry import Point

    city = gpd.GeoSeries([Point(lon, lat)], crs="EPSG:4326")
    circle = city.to_crs(city.estimate_utm_crs()).buffer(radius_km * 1000)
    true_km2 = circle.area.item() / 1e6
    drawn_km2 = circle.to_crs("EPSG:3857").area.item() / 1e6
    print(f"{name}: {true_km2:.0f} km², drawn {drawn_km2 / true_km2:.1f} times as large")
    return gpd.GeoDataFrame(
        {"name": [name], "true_km2": [true_km2], "drawn_km2": [drawn_km2]}, geometry=circle.to_crs("EPSG:4326")
    )
'''


def starter_files(*, folder_name: str, project_id: str, schema: str) -> Mapping[str, str]:
    """The content of each file by its path in the new project."""
    return {
        "fused-spec.yaml": _PROJECT.format(name=_project_name(folder_name), id=project_id),
        "specs/hello.yaml": _SPEC,
        "udfs/hello.py": _UDF,
        SCHEMA_FILE: schema,
    }


def with_ignored(gitignore: str) -> str:
    """The content of a `.gitignore`, with what must never be committed added where it is missing."""
    missing = [line for line in IGNORED if line not in gitignore.splitlines()]
    lead = gitignore if not gitignore or gitignore.endswith("\n") else gitignore + "\n"
    return lead + "".join(f"{line}\n" for line in missing)


def _project_name(folder_name: str) -> str:
    """The folder's name as far as it makes a name: lower-case letters, digits and hyphens, a letter first."""
    words = re.sub(r"[^a-z0-9]+", "-", folder_name.lower())
    return re.sub(r"^[^a-z]+", "", words)[:63].strip("-") or "specs"
