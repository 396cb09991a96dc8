"""What the language costs: variables, defaults, fragments and a matrix, beside the same jobs written out.

    uv run python benchmarks/language.py [--quick] [--rounds N]

A thousand documents that have their machine from a variable, their environment from the defaults and their time from a
fragment stand beside a thousand plain ones that declare the same payloads. A matrix of ten thousand cells is validated,
and planned in its fold against a service of its own, whose history is empty, and against one that has a run of every
cell, which the project remembers; these are told in seconds of the processors, which other work changes least.
"""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from finished import PROJECT, runs_of, write_runs
from measure import FUSED_SPEC, Command, command_line, in_turns, rounds, side_by_side, tell
from plan_latency import Planning, replay
from projects import project
from rows import Row, at_most, no_more_than, row

DOCUMENTS = 1000
CELLS = 10_000
PLAIN_PROJECT = """\
apiVersion: fused-spec/v1
project: {name: areas, id: areas-0b9a6f0e}
"""
SPOKEN_PROJECT = f"""\
{PLAIN_PROJECT}variables:
  machine: {{type: string, default: m5.large}}
  disk: {{type: number, default: 100}}
  bucket: {{type: string, default: "s3://bucket/buildings"}}
defaults:
  Job: {{spec: {{region: us-west-2, env: {{LOG_LEVEL: debug}}}}}}
"""
FRAGMENT = """\
apiVersion: fused-spec/v1
kind: Fragment
metadata: {name: patient}
spec: {run: {when: on-change, timeout: 2h}}
"""
SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata:
  name: areas-{number}
  labels: {{team: roads, number: "{number}"}}
  description: Areas of the buildings of tile {number}
{top}spec:
  config:
    steps:
      - type: udf
        udf:
          name: areas
          parameters: {{minimum: {number}, bucket: "{bucket}"}}
          code: |
            @fused.udf
            def udf(tile: int = 0, minimum: float = 20, bucket: str = ""):
                import geopandas as gpd

                buildings = gpd.read_parquet(f"{{bucket}}/{{tile}}.parquet")
                areas = buildings.to_crs(buildings.estimate_utm_crs()).area
                print(f"tile {{tile}}: {{len(areas)}} buildings")
                return buildings[areas >= minimum]
        input: [0, 1, 2, 3]
  instance_type: {machine}
  disk_size_gb: {disk}
{rest}"""
PLAIN_REST = """\
  region: us-west-2
  env: {LOG_LEVEL: debug}
  run: {when: on-change, timeout: 2h}
"""
PLAIN = {"top": "", "bucket": "s3://bucket/buildings", "machine": "m5.large", "disk": "100", "rest": PLAIN_REST}
SPOKEN = {
    "top": "use: [patient]\n",
    "bucket": "${var.bucket}",
    "machine": "${var.machine}",
    "disk": "${var.disk}",
    "rest": "",
}
MATRIX = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: areas}}
matrix:
  year: [{years}]
  tile: {{file: tiles.csv, key: id}}
spec:
  config:
    steps:
      - type: udf
        udf:
          name: areas
          parameters: {{year: "${{matrix.year}}", west: "${{matrix.tile.west}}"}}
          code: "@fused.udf\\ndef udf(year: int, west: float):\\n    return None\\n"
"""
YEARS = 10


def rows(given: Namespace) -> Iterator[Row]:
    documents, cells = (DOCUMENTS // 10, CELLS // 10) if given.quick else (DOCUMENTS, CELLS)
    with tempfile.TemporaryDirectory() as spoken, tempfile.TemporaryDirectory() as plain:
        write_documents(Path(spoken), documents, SPOKEN_PROJECT, SPOKEN)
        (Path(spoken) / "patient.yaml").write_text(FRAGMENT, encoding="utf-8")
        write_documents(Path(plain), documents, PLAIN_PROJECT, PLAIN)
        yield side_by_side(
            f"`validate`, {documents:,} documents of variables, defaults and a fragment",
            Command([FUSED_SPEC, "validate", spoken], cwd=Path(spoken)),
            "the same written out",
            Command([FUSED_SPEC, "validate", plain], cwd=Path(plain)),
            rounds=rounds(given, usually=5, quick=3),
            goal=at_most(1.3),
        )
    yield from matrix(cells, rounds(given, usually=3, quick=1))
    yield ran(cells, rounds(given, usually=3, quick=1))


def matrix(cells: int, turns: int) -> Iterator[Row]:
    """One document with very many cells."""
    with project(jobs=0) as made:
        with (made.folder / "fused-spec.yaml").open("a", encoding="utf-8") as project_file:
            project_file.write(f"limits: {{matrix: {cells}}}\n")
        write_matrix(made.folder / "specs", cells)
        ways = {
            "validate": made.command("validate", "specs"),
            "plan": made.command("plan", "specs", codes=(0, 2)),
        }
        found = in_turns(ways, rounds=turns)
    for name, most in (("validate", 3), ("plan", 5)):
        spent = [one.cpu for one in found[name]]
        yield row(f"`{name}`, a matrix of {cells:,} cells", spent, unit="s", goal=no_more_than(most, "s"))


def ran(cells: int, turns: int) -> Row:
    """The same matrix, every cell of which has run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fused-spec.yaml").write_text(f"{PROJECT}limits: {{matrix: {cells}}}\n", encoding="utf-8")
        (folder / "specs").mkdir()
        write_matrix(folder / "specs", cells)
        with replay(write_runs(runs_of(folder), folder / "runs.json"), 0.0) as base:
            planning = Planning(folder, base)
            first = planning.empty()
            spent = [planning.full().cpu for _ in range(turns)]
    what = f"`plan`, a matrix of {cells:,} cells that have all run"
    return row(what, spent, unit="s", goal=no_more_than(5, "s"), note=f"{first.cpu:.1f} s with nothing remembered")


def write_documents(folder: Path, count: int, project_file: str, said: dict[str, str]) -> None:
    """Spec files of one document each, in a project of their own."""
    (folder / "fused-spec.yaml").write_text(project_file, encoding="utf-8")
    for number in range(count):
        text = SPEC.format(number=number, **said)
        (folder / f"areas-{number}.yaml").write_text(text, encoding="utf-8")


def write_matrix(folder: Path, cells: int) -> None:
    """One document, and the file with the elements of one of its dimensions."""
    years = ", ".join(str(2015 + year) for year in range(YEARS))
    (folder / "areas.yaml").write_text(MATRIX.format(years=years), encoding="utf-8")
    tiles = "".join(f"t{tile},{tile / 10}\n" for tile in range(cells // YEARS))
    (folder / "tiles.csv").write_text(f"id,west\n{tiles}", encoding="utf-8")


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
