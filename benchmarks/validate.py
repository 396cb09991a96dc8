"""How long `fused-spec` takes to start, and to validate 1, 100 and 1,000 spec files, beside its peers.

    uv run python benchmarks/validate.py [ROUNDS]

check-jsonschema reads the same files against the same published schema; it checks neither the UDF's code nor
names, needs and files across specs, which fused-spec does as well.
"""

import sys
import tempfile
from pathlib import Path

from compare import compare, table

BIN = Path(sys.executable).parent
SCHEMA = Path(__file__).parents[1] / "schemas" / "fused-spec.schema.json"

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


def main(rounds: int) -> None:
    fused_spec, peer = str(BIN / "fused-spec"), str(BIN / "check-jsonschema")
    print(
        table(
            "Start",
            compare(
                {
                    "fused-spec --version": [fused_spec, "--version"],
                    "fused-spec --help": [fused_spec, "--help"],
                    "check-jsonschema --version": [peer, "--version"],
                },
                rounds=rounds,
            ),
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, 100, 1000):
            specs = Path(folder) / str(count)
            specs.mkdir()
            for number in range(count):
                (specs / f"areas-{number}.yaml").write_text(SPEC.format(number=number), encoding="utf-8")
            files = [str(path) for path in sorted(specs.iterdir())]
            print(
                table(
                    f"Validate {count} files",
                    compare(
                        {
                            "fused-spec validate": [fused_spec, "validate", str(specs)],
                            "check-jsonschema": [peer, "--schemafile", str(SCHEMA), *files],
                        },
                        rounds=rounds,
                    ),
                )
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
