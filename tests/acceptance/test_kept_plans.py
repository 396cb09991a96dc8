"""Plans that are kept in a file and carried out later, elsewhere in git's history, by the installed command."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.test_runs import known_jobs
from tests.acceptance.test_trust import UDF, quick
from tests.repositories import commit_files, in_git


@pytest.fixture
def project(neighbour: Shell) -> Shell:
    """A project on a branch of a repository, with one commit on it."""
    commit_files(neighbour.folder, {".gitignore": ".fused-spec\n*.plan\n"})
    in_git(neighbour.folder, "checkout", "--quiet", "-b", "topic")
    commit_files(neighbour.folder, {"specs/quick.py": UDF, "specs/a.yaml": quick("areas")})
    return neighbour


def test_a_plan_that_was_reviewed_holds_after_a_squash_merge_and_within_a_hook(project: Shell, tmp_path: Path) -> None:
    planned = project.run("plan", "specs", "--out", "reviewed.plan")
    assert planned.code == 0, planned.err
    in_git(project.folder, "checkout", "--quiet", "main")
    in_git(project.folder, "merge", "--quiet", "--squash", "topic")
    in_git(project.folder, "commit", "--quiet", "--message=squashed")
    commit_files(tmp_path / "other", {"a": "a"})
    applied = project.run("apply", "--plan", "reviewed.plan", GIT_DIR=str(tmp_path / "other/.git"))
    assert (applied.code, "1 succeeded" in applied.out) == (0, True), applied.err


def test_a_digest_that_nobody_was_shown_sends_nothing_and_names_its_job_and_both_commits(project: Shell) -> None:
    before = in_git(project.folder, "rev-parse", "HEAD")
    commit_files(project.folder, {"specs/b.yaml": quick("others")})
    project.run("plan", "specs", "--out", "reviewed.plan")
    reviewed = in_git(project.folder, "rev-parse", "HEAD")
    commit_files(project.folder, {"specs/b.yaml": quick("others", "  disk_size_gb: 20\n")})
    known = known_jobs(project)
    applied = project.run("apply", "--plan", "reviewed.plan")
    assert applied.code == 6
    assert "the spec of Job/others is another one now" in applied.err
    assert f"made at commit {reviewed[:12]}" in applied.err
    assert before[:12] not in applied.err
    assert known_jobs(project) == known


@pytest.mark.thorough
def test_a_plan_that_is_applied_in_another_folder_says_where_it_belongs(project: Shell) -> None:
    project.run("plan", "specs", "--out", "reviewed.plan")
    project.write("deeper/x", "")
    deeper = replace(project, folder=project.folder / "deeper")
    applied = deeper.run("apply", "--plan", "../reviewed.plan")
    assert applied.code == 6
    assert "the plan is of the specs in specs, and there is no specs here" in applied.err
    assert "in the folder in which it was made" in applied.err


@pytest.mark.thorough
def test_a_plan_that_was_carried_out_is_refused_as_that(project: Shell) -> None:
    project.run("plan", "specs", "--out", "reviewed.plan")
    assert [project.run("apply", "--plan", "reviewed.plan").code for _ in range(2)] == [0, 6]
    assert "the plan was carried out before" in project.run("apply", "--plan", "reviewed.plan").err


@pytest.mark.thorough
def test_a_plan_that_has_no_place_is_refused_before_anything_is_planned(project: Shell) -> None:
    done = project.run("plan", "specs", "--out", "no/such/folder/x.plan", "--output", "json")
    assert done.code == 74
    assert "there is no folder no/such/folder" in done.document["error"]["message"]
    assert [one.name for one in (project.folder / ".fused-spec").iterdir()] == ["service"]  # as it was before


def test_a_spec_is_not_written_over_by_a_plan_and_an_earlier_plan_is(project: Shell) -> None:
    assert project.run("plan", "specs", "--out", "specs/a.yaml").code == 2
    assert (project.folder / "specs/a.yaml").read_text(encoding="utf-8") == quick("areas")
    assert [project.run("plan", "specs", "--out", "x.plan").code for _ in range(2)] == [0, 0]
