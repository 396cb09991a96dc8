"""What a reviewer reads: plans of many jobs, of broken ones and of none, from the installed command."""

from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.test_trust import UDF, quick

FAILING = "@fused.udf\ndef udf(n: int = 1):\n    raise ValueError('no such tile')\n"


@pytest.fixture
def project(neighbour: Shell) -> Shell:
    neighbour.write("specs/quick.py", UDF)
    return neighbour


def tile(number: int) -> str:
    parameters = f"parameters: {{n: {number}}}"
    return "---\n" + quick(f"tile-{number:03d}").replace(
        "udf: {file: quick.py}", f"udf: {{file: quick.py, {parameters}}}"
    )


@pytest.mark.thorough
def test_three_hundred_new_jobs_are_one_group_in_every_form(project: Shell) -> None:
    project.write("specs/tiles.yaml", "".join(map(tile, range(300))))
    text = project.run("plan", "specs")
    assert text.out.splitlines() == [
        "  + 300 jobs: tile-000, tile-001 … tile-299  never ran",
        "      such as Job/tile-000:",
        '      udf specs/quick.py, 4 lines, with {"n": 0}',
        "      config.steps.0.udf.parameters.n differs: 0, 1, 2 … 299",
        "Plan: 300 to start.",
    ]
    comment = project.run("plan", "specs", "--output", "markdown").out
    assert comment.count("```python") == 1
    assert len(comment) < 10_000
    [group] = project.run("plan", "specs", "--output", "json").document["groups"]
    assert (len(group["keys"]), group["varying"]) == (300, ["config.steps.0.udf.parameters.n"])


def test_a_failed_job_says_why_in_plan_status_and_the_next_apply(project: Shell) -> None:
    project.write("specs/quick.py", FAILING)
    project.write("specs/a.yaml", quick("areas"))
    assert project.run("apply", "specs").code == 1
    why = "step 1 of 1 (udf) failed: ValueError: no such tile"
    planned, status, applied = (project.run(name, "specs") for name in ("plan", "status", "apply"))
    assert [why in one.out for one in (planned, status, applied)] == [True, True, True]
    assert (planned.code, applied.code) == (0, 1)
    assert planned.out.splitlines()[-1] == "No changes. 1 held."
    [outcome] = project.run("apply", "specs", "--output", "json").document["outcomes"]
    assert outcome["last_run"]["error"] == f"{why}, at specs/quick.py:3"


def test_a_job_that_somebody_cancelled_says_who(project: Shell, tmp_path: Path) -> None:
    project.write("specs/quick.py", "@fused.udf\ndef udf():\n    import time\n    time.sleep(600)\n")
    project.write("specs/a.yaml", quick("areas"))
    project.run("apply", "specs", "--no-wait")
    assert project.run("cancel", "areas", USER="ada").code == 0
    assert " UTC by `fused-spec cancel` of ada on " in project.run("plan", "specs").out


def test_invalid_specs_are_a_comment_of_their_own_and_exit_3(project: Shell) -> None:
    project.write("specs/a.yaml", quick("areas", "  instance_typ: m5.large\n"))
    done = project.run("plan", "specs", "--output", "markdown")
    assert done.code == 3
    assert done.out.startswith("**1 problem in the specs; nothing was planned.**\n\n- `specs/a.yaml:")


@pytest.mark.thorough
def test_a_plan_that_cannot_be_made_is_a_comment_too(project: Shell) -> None:
    project.write("specs/a.yaml", quick("areas"))
    done = project.run("plan", "specs", "--output", "markdown", "--target", "hosted", FUSED_SPEC_CREDENTIALS="none")
    assert done.code != 0
    assert done.out.startswith("**Nothing was planned.**")


@pytest.mark.thorough
def test_what_left_the_specs_is_told_by_plans_until_an_apply_has_told_it(project: Shell) -> None:
    project.write("specs/points.csv", "id,x\n1,2\n")
    table = "partition_nongeospatial, input: {file: points.csv}, output: 'fd://demo/points/'"
    project.write("specs/a.yaml", quick("areas"))
    project.write("specs/b.yaml", quick("points").replace("udf, udf: {file: quick.py}", table))
    assert project.run("apply", "specs").code == 0
    (project.folder / "specs/b.yaml").unlink()
    said = "Left the specs: Job/points, its last run succeeded on "
    first, again = project.run("plan", "specs"), project.run("plan", "specs")
    assert said in first.out and first.out == again.out
    assert "; fd://demo/points/ stays" in first.out
    assert said in project.run("apply", "specs").err
    assert project.run("plan", "specs").out == "No changes. 1 unchanged: up to date.\n"


@pytest.mark.thorough
def test_an_apply_that_cannot_keep_what_it_told_has_applied_all_the_same(project: Shell) -> None:
    project.write("specs/a.yaml", quick("areas"))
    project.write("specs/b.yaml", quick("others"))
    project.run("apply", "specs")
    (project.folder / "specs/b.yaml").unlink()
    [services] = (project.folder / ".fused-spec/archive").glob("*/services/*")
    (services / "left").mkdir()
    (services / "left/told").write_text("in the way", encoding="utf-8")
    again = project.run("apply", "specs")
    assert (again.code, "Apply: 1 unchanged." in again.out) == (0, True), again.err
    assert "Warning: later plans will not tell what this apply told and cancelled: " in again.err
