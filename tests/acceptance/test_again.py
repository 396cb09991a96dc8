"""A map of which a few elements failed is finished by running these alone, from the terminal."""

import json
from pathlib import Path

import pytest

from tests.acceptance.command import Shell

UDF = """\
@fused.udf
def udf(tile: int, broken: str):
    from pathlib import Path

    if tile in (7, 100, 205) and Path(broken).exists():
        raise ValueError("no such tile")
    return tile
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """While it is there, three tiles fail."""
    file = tmp_path / "broken"
    file.touch()
    return file


@pytest.fixture
def tiles(neighbour: Shell, broken: Path) -> Shell:
    """An apply of 300 tiles, of which three have no result."""
    neighbour.write("specs/tiles.py", UDF)
    neighbour.write("specs/tiles.yaml", spec(broken, "ignore_chunk_error: true"))
    neighbour.run("apply", "specs")
    return neighbour


def spec(broken: Path, more: str) -> str:
    return f"""\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: tiles}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: tiles.py, parameters: {{broken: {json.dumps(str(broken))}}}}}
        input: {list(range(300))}
        {more}
"""


def test_a_plan_says_how_many_elements_a_retry_runs(tiles: Shell) -> None:
    planned = tiles.run("plan", "specs", "--retry", "tiles")
    assert "3 of 300 elements, as the others have a result" in planned.out


def test_a_plan_for_machines_says_which(tiles: Shell) -> None:
    [change] = tiles.run("plan", "specs", "--retry", "tiles", "--output", "json").document["changes"]
    assert (change["part"]["of"], change["part"]["elements"]) == (300, "7,100,205")


def test_three_tiles_run_and_finish_the_job(tiles: Shell, broken: Path) -> None:
    broken.unlink()
    assert tiles.run("apply", "specs", "--retry", "tiles").code == 0
    shown = tiles.run("show", "tiles", "--output", "json").document
    assert (shown["status"], shown["total_tasks"]) == ("succeeded", 3)
    assert [one["elements"] for one in shown["made_by"]] == ["7,100,205", "0-6,8-99,101-204,206-299"]


def test_nothing_is_left_to_do_when_the_job_is_finished(tiles: Shell, broken: Path) -> None:
    broken.unlink()
    tiles.run("apply", "specs", "--retry", "tiles")
    assert tiles.run("plan", "specs", "--retry", "tiles", "--detailed-exitcode").code == 0


def test_a_kept_plan_carries_out_its_part(tiles: Shell, broken: Path) -> None:
    broken.unlink()
    tiles.run("plan", "specs", "--retry", "tiles", "--out", "tiles.plan")
    assert tiles.run("apply", "--plan", "tiles.plan").code == 0
    assert tiles.run("show", "tiles", "--output", "json").document["total_tasks"] == 3


def test_all_tiles_run_when_that_is_asked_for(tiles: Shell) -> None:
    planned = tiles.run("plan", "specs", "--retry", "tiles", "--all")
    assert "all 300 elements, as asked for by --all" in planned.out


def test_all_without_a_retry_is_refused(neighbour: Shell) -> None:
    refused = neighbour.run("plan", "specs", "--all")
    assert refused.code == 2
    assert "--all says which elements --retry starts" in refused.err


def test_a_failure_of_a_part_names_the_element_of_the_job(neighbour: Shell, broken: Path) -> None:
    neighbour.write("specs/tiles.py", UDF)
    neighbour.write("specs/tiles.yaml", spec(broken, "n_processes: 1"))
    neighbour.run("apply", "specs")
    failed = neighbour.run("apply", "specs", "--retry")
    assert failed.code == 1
    assert "tiles failed in step 1 of 1: udf, input 7" in failed.out
