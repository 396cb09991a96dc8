"""What a git reference means, and reading repositories without asking anybody."""

import subprocess
from pathlib import Path

import pytest

from fused_spec.gitrefs import GitReference, GitUnavailable, Repositories, normal, parse
from tests.repositories import commit_files

WEB = "https://github.com/geo/udfs"


@pytest.mark.parametrize(
    ("text", "repository", "ref", "path"),
    [
        (f"{WEB}/tree/0123abc/public/common", WEB, "0123abc", "public/common"),
        (f"{WEB}/tree/0123abc/public/common/", WEB, "0123abc", "public/common"),
        (f"{WEB}/blob/main/area.py", WEB, "main", "area.py"),
        ("https://gitlab.com/geo/udfs/-/tree/v1/area", "https://gitlab.com/geo/udfs", "v1", "area"),
        (f"git+{WEB}.git@feature/x:area", WEB, "feature/x", "area"),
        ("git+ssh://git@git.example.com/geo/udfs@v1:a/b", "ssh://git@git.example.com/geo/udfs", "v1", "a/b"),
        ("git+file:///srv/udfs@main", "file:///srv/udfs", "main", ""),
    ],
)
def test_a_reference_is_read_in_each_of_its_forms(text: str, repository: str, ref: str, path: str) -> None:
    assert parse(text) == GitReference(repository=repository, ref=ref, path=path)


@pytest.mark.parametrize(
    "text", ["common", WEB, "team/common", "https://example.com/tree/a/b", "git+http://x/y@z:a", ""]
)
def test_other_text_is_no_reference(text: str) -> None:
    assert parse(text) is None


def test_its_text_is_a_reference_again() -> None:
    reference = GitReference(repository=WEB, ref="0123abc", path="a/b")
    assert parse(str(reference)) == reference


def test_a_whole_commit_is_pinned_and_a_short_one_is_not() -> None:
    assert [GitReference(repository=WEB, ref=ref, path="").is_pinned for ref in ("0" * 40, "0" * 7)] == [True, False]


def test_a_declared_clone_is_read_at_any_commit(tmp_path: Path) -> None:
    first = commit_files(tmp_path / "clone", {"area.py": "one\n"})
    commit_files(tmp_path / "clone", {"area.py": "two\n"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"}, may_fetch=False)
    assert repositories.commit(GitReference(repository=WEB, ref=first[:7], path="")) == first
    assert repositories.read(WEB, first, "area.py") == b"one\n"


def test_folders_links_and_missing_files_are_no_content(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone/link.py").symlink_to("/etc/hostname")
    commit = commit_files(tmp_path / "clone", {"a/b.py": "x"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"}, may_fetch=False)
    assert [repositories.read(WEB, commit, path) for path in ("a", "link.py", "none.py")] == [None, None, None]
    assert repositories.names(WEB, commit, "a") == ["b.py"]


def test_a_repository_is_fetched_once_and_then_read_offline(tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "far", {"area.py": "one\n"})
    url = (tmp_path / "far").as_uri()
    fetching = Repositories(cache=tmp_path / "cache")
    assert fetching.read(url, commit, "area.py") == b"one\n"
    (tmp_path / "far").rename(tmp_path / "gone")
    assert Repositories(cache=tmp_path / "cache", may_fetch=False).read(url, commit, "area.py") == b"one\n"


def test_a_branch_is_followed_when_it_moved(tmp_path: Path) -> None:
    url, cache = (tmp_path / "far").as_uri(), tmp_path / "cache"
    main = GitReference(repository=url, ref="main", path="")
    first = commit_files(tmp_path / "far", {"area.py": "one\n"})
    assert Repositories(cache=cache).commit(main) == first
    second = commit_files(tmp_path / "far", {"area.py": "two\n"})
    assert Repositories(cache=cache).commit(main) == second


def test_a_commit_that_no_branch_leads_to_is_fetched_by_itself(tmp_path: Path) -> None:
    far = tmp_path / "far"
    commit_files(far, {"area.py": "one\n"})
    lone = commit_files(far, {"area.py": "two\n"})
    for command in (["reset", "--quiet", "--hard", "HEAD~1"], ["config", "uploadpack.allowAnySHA1InWant", "true"]):
        subprocess.run(["git", "-C", str(far), *command], check=True, capture_output=True)
    assert Repositories(cache=tmp_path / "cache").read(far.as_uri(), lone, "area.py") == b"two\n"


@pytest.mark.parametrize(("may_fetch", "why"), [(True, "cannot be reached"), (False, "is not here")])
def test_what_is_not_here_and_cannot_be_had_is_told_with_the_next_step(
    may_fetch: bool, why: str, tmp_path: Path
) -> None:
    nowhere = "https://repository.invalid/geo/udfs"
    repositories = Repositories(cache=tmp_path / "cache", may_fetch=may_fetch)
    with pytest.raises(GitUnavailable, match=why) as caught:
        repositories.commit(GitReference(repository=nowhere, ref="main", path=""))
    assert "fused-spec lock" in str(caught.value.hint)


def test_an_unknown_reference_says_so(tmp_path: Path) -> None:
    commit_files(tmp_path / "clone", {"area.py": "one\n"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    with pytest.raises(GitUnavailable, match="has no commit, branch or tag nothing"):
        repositories.commit(GitReference(repository=WEB, ref="nothing", path=""))


@pytest.mark.parametrize("url", [WEB, f"{WEB}/", f"{WEB}.git"])
def test_a_url_has_one_spelling(url: str) -> None:
    assert normal(url) == WEB


def test_what_git_says_of_a_failure_is_told(tmp_path: Path) -> None:
    url = (tmp_path / "no-repository").as_uri()
    with pytest.raises(GitUnavailable, match=r"cannot be fetched: .*no-repository.* does not"):
        Repositories(cache=tmp_path / "cache").commit(GitReference(repository=url, ref="main", path=""))
