"""Whole projects: what the documentation shows, and what teams have."""

import re
from pathlib import Path

import pytest

from fused_spec.spec.model import Desired, DesiredJob
from tests.unit.spec.language.projects import SmallProject, parameters

ROOT = Path(__file__).parents[4]
UDF = "import fused\n\n\n@fused.udf\ndef udf(**anything):\n    return None\n"
BLOCK = re.compile(r"^```yaml\n# ([\w./-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shown(project: SmallProject) -> SmallProject:
    """The project at the head of `docs/language.md`, word for word."""
    (project.folder / ".git").mkdir()
    blocks = BLOCK.findall((ROOT / "docs/language.md").read_text(encoding="utf-8"))
    assert [name for name, _ in blocks] == ["fused-spec.yaml", "specs/tiles.yaml"]
    for name, text in blocks:
        path = project.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("tiles", "mosaic"):
        path = project.folder / f"specs/udfs/{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(UDF, encoding="utf-8")
    return project


TARGETS = ("dev", "staging", "prod")


def test_three_targets_of_twelve_months_and_two_regions_are_108_different_jobs(shown: SmallProject) -> None:
    found = {name: shown.desired(name) for name in TARGETS}
    assert [len(jobs) for jobs in found.values()] == [36, 36, 36]
    assert len({one.digest for jobs in found.values() for one in jobs.values()}) == 108


def test_validate_finds_nothing_wrong_at_any_target(shown: SmallProject) -> None:
    assert shown.problems() == []


def test_a_month_more_is_three_jobs_more_and_changes_no_other(shown: SmallProject) -> None:
    before = shown.desired("dev")
    file = shown.folder / "fused-spec.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("default: 2024-12", "default: 2025-01"), encoding="utf-8")
    after = shown.desired("dev")
    assert sorted(set(after) - set(before)) == ["mosaic-2025-01", "tiles-2025-01-eu-west-1", "tiles-2025-01-us-west-2"]
    assert {name: after[name].digest for name in before} == {name: one.digest for name, one in before.items()}


def test_a_month_in_front_and_a_third_region_change_no_job_that_is_there(shown: SmallProject) -> None:
    before = shown.desired("dev")
    file = shown.folder / "specs/tiles.yaml"
    text = file.read_text(encoding="utf-8").replace("from: 2024-01", "from: 2023-12")
    file.write_text(text.replace("[us-west-2, eu-west-1]", "[ap-south-1, us-west-2, eu-west-1]"), encoding="utf-8")
    after = shown.desired("dev")
    assert len(set(after) - set(before)) == 16
    assert {name: after[name].digest for name in before} == {name: one.digest for name, one in before.items()}


def test_a_mosaic_needs_both_regions_of_its_own_month(shown: SmallProject) -> None:
    mosaic = shown.desired("dev")["mosaic-2024-06"]
    assert isinstance(mosaic, DesiredJob)
    assert [key.name for key in mosaic.needs] == ["tiles-2024-06-eu-west-1", "tiles-2024-06-us-west-2"]


def test_overrides_are_for_one_job_and_for_half_of_its_cells(shown: SmallProject) -> None:
    def machine(one: Desired) -> tuple[object, object]:
        return one.payload["instance_type"], one.payload["disk_size_gb"]

    found = shown.desired("prod")
    assert machine(found["tiles-2024-06-eu-west-1"]) == ("r5.4xlarge", 200)
    assert machine(found["tiles-2024-06-us-west-2"]) == ("r5.4xlarge", 50)
    assert machine(found["mosaic-2024-06"]) == ("m5.large", 50)


COUNTRIES = """\
apiVersion: fused-spec/v1
kind: Fragment
metadata: {name: patient}
spec: {run: {on_failure: retry, retries: 5, timeout: 2h}}
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: roads}
use: [patient]
matrix:
  country: {file: countries.csv, key: iso} # roads-ci, roads-ke, roads-pe
spec:
  instance_type: ${matrix.country.machine}
  config:
    steps:
      - type: partition_nongeospatial
        input: s3://geo/roads/${matrix.country.iso}.csv
        output: fd://roads/${matrix.country.iso}/
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: roads-report}
spec: {config: {steps: [{type: udf, udf: {file: area.py}, input: [{output_of: roads}]}]}} # a task for each country
"""


def test_a_job_for_each_row_of_a_file_and_one_that_reads_them_all(project: SmallProject) -> None:
    rows = "iso,name,machine\nKE,Kenya,m5.large\nCI,Côte d'Ivoire,m5.large\nPE,Peru,r5.large\n"
    project.specs(a__yaml=COUNTRIES, countries__csv=rows)
    found = project.desired()
    assert sorted(found) == ["roads-ci", "roads-ke", "roads-pe", "roads-report"]
    assert found["roads-pe"].payload["instance_type"] == "r5.large"
    roads = found["roads-ke"]
    assert isinstance(roads, DesiredJob)
    assert (roads.run.retries, roads.run.timeout) == (5, 7200)
    assert found["roads-report"].payload["config"]["steps"][0]["input"] == [
        "fd://roads/CI/",
        "fd://roads/KE/",
        "fd://roads/PE/",
    ]


HEIGHTS = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: heights}
spec:
  env:
    NOTE: 5$ and $${this} # literally: 5$ and ${this}
    ELEVATION_DB: ${secret.ELEVATION_DB}
  config: {steps: [{type: udf, udf: {file: area.py}}]}
"""


def test_a_secret_stands_by_its_name_and_an_escape_for_itself(project: SmallProject) -> None:
    project.specs("secrets: {ELEVATION_DB: {from: {env: ELEVATION_DB}}}\n", a__yaml=HEIGHTS)
    env = project.desired()["heights"].payload["additional_env"]
    assert (env["NOTE"], env["ELEVATION_DB"]) == ("5$ and ${this}", {"secret": "ELEVATION_DB"})


def test_moving_a_value_between_layers_changes_no_digest(shown: SmallProject) -> None:
    before = {name: one.digest for name, one in shown.desired("dev").items()}
    file = shown.folder / "fused-spec.yaml"
    text = file.read_text(encoding="utf-8").replace("instance_type: m5.large, ", "")
    file.write_text(text, encoding="utf-8")
    spec = shown.folder / "specs/tiles.yaml"
    spec.write_text(
        spec.read_text(encoding="utf-8").replace("spec:\n", "spec:\n  instance_type: m5.large\n"), encoding="utf-8"
    )
    assert {name: one.digest for name, one in shown.desired("dev").items()} == before
    assert parameters(shown.desired("dev")["tiles-2024-02-us-west-2"])["days"] == 29
