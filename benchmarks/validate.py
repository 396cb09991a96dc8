"""How long it takes to validate spec files beside check-jsonschema, which reads the same files.

    uv run python benchmarks/validate.py [--quick] [--rounds N]

check-jsonschema checks them against the same published schema; it checks neither the UDF's code nor names, needs and
files across specs, which fused-spec does as well. Each file has a UDF of its own, which the warm-up has seen: what its
syntax told is kept in the project's state. Of a hundred thousand specs, a hundred to a file, the memory is what the
command takes at most besides their text, and besides what it takes for one.
"""

import statistics
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import peers
from measure import FUSED_SPEC, ROOT, Command, command_line, in_turns, rounds, side_by_side, tell
from rows import Row, at_most, no_less_than, no_more_than, not_measured, row, times_faster

SCHEMA = ROOT / "schemas" / "fused-spec.schema.json"
TO_A_FILE = 100
GOALS = {1: at_most(0.35), 1000: times_faster(20)}

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: many-areas, id: many-areas-0b9a6f0e}
"""

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
            def udf(tile: int = 0, minimum: float = 20.{number}):
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
        turns = rounds(given, usually=21, quick=7) if count == 1 else rounds(given, usually=5, quick=1)
        with tempfile.TemporaryDirectory() as folder:
            files = write_specs(Path(folder), count)
            ours = Command([FUSED_SPEC, "validate", folder], cwd=Path(folder))
            theirs = Command([peer, "--schemafile", SCHEMA, *files])
            yield side_by_side(name, ours, beside, theirs, rounds=turns, goal=goal)
    yield from many(given)


def many(given: Namespace) -> Iterator[Row]:
    """The rate of very many specs, and what the command needs to keep of each."""
    files = 100 if given.quick else 1000
    specs = files * TO_A_FILE
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as all_of_them:
        write_specs(Path(one), 1)
        size = write_many(Path(all_of_them), files)
        ways = {folder: Command([FUSED_SPEC, "validate", folder], cwd=Path(folder)) for folder in (one, all_of_them)}
        found = in_turns(ways, rounds=rounds(given, usually=3, quick=1))
    rates = [specs / spent.seconds for spent in found[all_of_them]]
    each = statistics.median(spent.cpu for spent in found[all_of_them]) * 1000 / specs
    note = f"{each:.2f} ms of the processors a spec"
    yield row(f"`validate`, {specs:,} specs", rates, unit="specs/s", goal=no_less_than(5000, "specs/s"), note=note)
    beyond = [
        ((spent.memory - alone.memory) * (1 << 20) - size) / specs / 1000
        for spent, alone in zip(found[all_of_them], found[one], strict=True)
    ]
    yield row("its memory, beyond the text", beyond, unit="KB a spec", goal=no_more_than(2.5, "KB a spec"))


def write_many(folder: Path, files: int) -> int:
    """Files of many specs each, in a project of their own; returns their size in bytes."""
    (folder / "fused-spec.yaml").write_text(PROJECT, encoding="utf-8")
    size = 0
    for file in range(files):
        numbers = range(file * TO_A_FILE, (file + 1) * TO_A_FILE)
        text = "---\n".join(SPEC.format(number=number) for number in numbers)
        size += (folder / f"areas-{file}.yaml").write_text(text, encoding="utf-8")
    return size


def write_specs(folder: Path, count: int) -> list[Path]:
    """Spec files with an inline UDF each, in a project of their own."""
    (folder / "fused-spec.yaml").write_text(PROJECT, encoding="utf-8")
    files = [folder / f"areas-{number}.yaml" for number in range(count)]
    for number, file in enumerate(files):
        file.write_text(SPEC.format(number=number), encoding="utf-8")
    return files


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
