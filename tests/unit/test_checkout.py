"""The commit behind a folder of specs, read from real repositories."""

import os
import subprocess
from pathlib import Path

import pytest

from fused_spec.udfs.gitrefs.checkout import Checkout, checkout_of
from tests.repositories import commit_files, in_git


def test_the_commit_is_that_of_the_repository_around_the_folder(tmp_path: Path) -> None:
    commit = commit_files(tmp_path, {"specs/deep/a.yaml": "a"})
    assert checkout_of(tmp_path / "specs/deep") == Checkout(commit=commit)


def test_a_hook_of_another_repository_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = commit_files(tmp_path / "ours", {"a": "a"})
    commit_files(tmp_path / "other", {"b": "b"})
    for name, place in (("GIT_DIR", ".git"), ("GIT_WORK_TREE", "."), ("GIT_INDEX_FILE", ".git/index")):
        monkeypatch.setenv(name, str(tmp_path / "other" / place))
    assert checkout_of(tmp_path / "ours").commit == commit


def test_specs_in_a_submodule_are_at_its_commit_and_not_at_that_of_the_superproject(tmp_path: Path) -> None:
    inner = commit_files(tmp_path / "inner", {"specs/a.yaml": "a"})
    outer = commit_files(tmp_path / "outer", {"b": "b"})
    in_git(
        tmp_path / "outer",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(tmp_path / "inner"),
        "m",
    )
    assert checkout_of(tmp_path / "outer/m/specs").commit == inner
    assert checkout_of(tmp_path / "outer").commit == outer


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a checkout to another user")
def test_a_checkout_of_another_user_is_read(tmp_path: Path) -> None:
    commit = commit_files(tmp_path, {"a": "a"})
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    plain = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C"},
    )
    assert "dubious ownership" in plain.stderr
    assert checkout_of(tmp_path).commit == commit


def test_a_folder_without_a_repository_says_so(tmp_path: Path) -> None:
    assert checkout_of(tmp_path).missing == f"{tmp_path} is in no git repository"


def test_a_repository_without_a_commit_says_so(tmp_path: Path) -> None:
    in_git(tmp_path, "init", "--quiet")
    assert checkout_of(tmp_path).missing == f"the repository of {tmp_path} has no commit yet"


def test_a_repository_that_git_cannot_read_says_what_git_says(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n", encoding="utf-8")
    assert "/nowhere/at/all" in str(checkout_of(tmp_path))


def test_a_machine_without_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout_of(tmp_path).missing == "git is not installed"
