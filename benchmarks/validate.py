"""How long it takes to validate spec files beside check-jsonschema, which reads the same files.

    uv run python benchmarks/validate.py [--quick] [--rounds N]

check-jsonschema checks them against the same published schema; it checks neither the UDF's code nor names, needs and
files across specs, which fused-spec does as well.
"""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import peers
from measure import FUSED_SPEC, ROOT, Command, command_line, rounds, side_by_side, tell
from rows import Row, at_most, not_measured, times_faster

SCHEMA = ROOT / "schemas" / "fused-spec.schema.json"
GOALS = {1: at_most(0.35), 1000: times_faster(20)}

SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata:
  name: areas-{number}
  labels: {{team: roads, number: "{number}"}}
  description: Areas of the buildings of tile {number}
spec:
  config:
    steps:
      - type: udf
        udf:
          name: areas
          parameters: {{minimum: {number}}}
          code: |
            @fused.udf
            def udf(tile: int = 0, minimum: float = 20.0):
                import geopandas as gpd

                buildings = gpd.read_parquet(f"s3://bucket/buildings/{{tile}}.parquet")
                areas = buildings.to_crs(buildings.estimate_utm_crs()).area
                print(f"tile {{tile}}: {{len(areas)}} buildings")
                return buildings[areas >= minimum]
        input: [0, 1, 2, 3]
  instance_type: m5.large
  region: us-west-2
  disk_size_gb: 100
  env: {{LOG_LEVEL: debug}}
  run:
    when: on-change
    timeout: 2h
"""


def rows(given: Namespace) -> Iterator[Row]:
    for count, goal in GOALS.items():
        name, beside = f"`validate`, {count:,} files of {len(SPEC.splitlines())} lines", "`check-jsonschema`"
        try:
            peer = peers.programs("check-jsonschema") / "check-jsonschema"
        except peers.Absent as absent:
            yield not_measured(name, absent, beside=beside, goal=goal)
            continue
        turns = rounds(given, usually=21, quick=7) if count == 1 else rounds(given, usually=5, quick=2)
        with tempfile.TemporaryDirectory() as folder:
            files = write_specs(Path(folder), count)
            ours = Command([FUSED_SPEC, "validate", folder], cwd=Path(folder))
            theirs = Command([peer, "--schemafile", SCHEMA, *files])
            yield side_by_side(name, ours, beside, theirs, rounds=turns, goal=goal)


def write_specs(folder: Path, count: int) -> list[Path]:
    """Spec files with an inline UDF each."""
    files = [folder / f"areas-{number}.yaml" for number in range(count)]
    for number, file in enumerate(files):
        file.write_text(SPEC.format(number=number), encoding="utf-8")
    return files


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
