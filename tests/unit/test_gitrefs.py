"""What a git reference means, and reading repositories without asking anybody."""

import re
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from fused_spec.udfs.gitrefs import GitReference, GitUnavailable, Repositories, normal, parse
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


def test_a_job_reads_a_copy_of_the_cache_and_keeps_to_itself_what_it_fetches(tmp_path: Path) -> None:
    first = commit_files(tmp_path / "far", {"area.py": "one\n"})
    url, shared = (tmp_path / "far").as_uri(), Repositories(cache=tmp_path / "cache")
    assert shared.read(url, first, "area.py") == b"one\n"
    second = commit_files(tmp_path / "far", {"area.py": "two\n"})
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")}
    own = shared.copied_into(tmp_path / "own")
    assert [own.read(url, commit, "area.py") for commit in (first, second)] == [b"one\n", b"two\n"]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*")} == before
    (tmp_path / "far").rename(tmp_path / "gone")
    assert own.read(url, second, "area.py") == b"two\n"


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


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def state_of(repository: Path) -> dict[str, bytes]:
    """Every file of a repository, and what is in it."""
    return {str(file): file.read_bytes() for file in sorted(repository.rglob("*")) if file.is_file()}


def look_up(repositories: Repositories, text: str) -> None:
    """Follow a reference as far as it goes."""
    with suppress(GitUnavailable):
        reference = parse(text)
        assert reference is not None
        commit = repositories.commit(reference)
        repositories.read(reference.repository, commit, reference.path)


@pytest.mark.parametrize("place", [".", "/", "..", "/.", "/..", "./x", "//", "/%2e", "/%2E%2E/", "/.git", "host/x"])
def test_a_path_that_is_not_whole_is_refused_and_the_repository_around_stays_as_it_is(
    place: str, tmp_path: Path
) -> None:
    commit_files(tmp_path, {"area.py": "one\n"})
    git(tmp_path, "branch", "unpushed")
    git(tmp_path, "remote", "add", "origin", commit_remote(tmp_path.with_name(f"{tmp_path.name}-far")))
    before = state_of(tmp_path / ".git")
    repositories = Repositories(cache=tmp_path / ".fused-spec/git")
    with pytest.raises(GitUnavailable, match="no absolute path") as caught:
        parse(f"git+file://{place}@main:area.py")
    assert "clones in fused-spec.yaml" in str(caught.value.hint)
    with suppress(GitUnavailable):
        repositories.commit(GitReference(repository=f"file://{place}", ref="main", path=""))
    assert state_of(tmp_path / ".git") == before


def commit_remote(folder: Path) -> str:
    commit_files(folder, {"area.py": "far\n"})
    return folder.as_uri()


@pytest.mark.parametrize("filled", ["nothing", "text", "a link out", "another repository", "what names another"])
def test_a_folder_in_the_cache_that_is_not_ours_is_made_anew_and_never_fetched_into(
    filled: str, tmp_path: Path
) -> None:
    url = commit_remote(tmp_path / "far")
    project = tmp_path / "project"
    commit_files(project, {"own.py": "one\n"})
    git(project, "branch", "unpushed")
    git(project, "remote", "add", "origin", url)
    cache = project / ".fused-spec/git"
    folder = cached_folder(url, cache)
    match filled:
        case "nothing":
            folder.mkdir(parents=True)
        case "text":
            cache.mkdir(parents=True)
            folder.write_text("x")
        case "a link out":
            cache.mkdir(parents=True)
            folder.symlink_to(project / ".git")
        case "what names another":
            Repositories(cache=cache).commit(GitReference(repository=url, ref="main", path=""))
            (folder / "commondir").write_text(str(project / ".git"))
        case "another repository":
            git(tmp_path, "clone", "--quiet", "--bare", str(project), str(folder))
            git(folder, "config", "remote.origin.uploadpack", f"touch {tmp_path}/ran;git-upload-pack")
    before = state_of(project / ".git")
    main = GitReference(repository=url, ref="main", path="")
    assert Repositories(cache=cache).commit(main) == git(tmp_path / "far", "rev-parse", "HEAD").strip()
    assert state_of(project / ".git") == before
    assert not (tmp_path / "ran").exists()


def cached_folder(url: str, cache: Path) -> Path:
    """Where the clone of a URL is kept, found out with a cache of its own."""
    probe = cache.parent.parent.with_name("probe")
    Repositories(cache=probe).commit(GitReference(repository=url, ref="main", path=""))
    [folder] = probe.iterdir()
    return cache / folder.name


def test_offline_a_folder_that_is_not_ours_is_no_clone(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    folder = cached_folder(url, tmp_path / "p/q/cache")
    git(tmp_path, "clone", "--quiet", "--bare", url, str(folder))
    offline = Repositories(cache=folder.parent, may_fetch=False)
    with pytest.raises(GitUnavailable, match="is not here"):
        offline.commit(GitReference(repository=url, ref="main", path=""))


@pytest.mark.parametrize(("one", "other"), [("org/geo_utils", "org/geo-utils"), ("acme/etl-common", "acme-etl/common")])
def test_repositories_with_names_alike_are_kept_apart(one: str, other: str, tmp_path: Path) -> None:
    repositories, code = Repositories(cache=tmp_path / "cache"), []
    for name in (one, other):
        commit_files(tmp_path / name, {"area.py": name})
        url = (tmp_path / name).as_uri()
        commit = repositories.commit(GitReference(repository=url, ref="main", path=""))
        code.append(repositories.read(url, commit, "area.py"))
    assert code == [one.encode(), other.encode()]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_the_folder_of_a_clone_is_a_plain_name_of_bounded_length(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "f_ä ~" / ("x" * 90))
    Repositories(cache=tmp_path / "cache").commit(GitReference(repository=url, ref="main", path=""))
    [folder] = (tmp_path / "cache").iterdir()
    assert re.fullmatch(r"[A-Za-z0-9-]{1,60}-[0-9a-f]{64}\.git", folder.name)


def test_a_file_is_named_as_it_is_and_not_by_a_pattern(tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {":a.py": "x", "b.py": "y"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    assert [repositories.read(WEB, commit, path) for path in (":a.py", "*.py", ":(glob)b.py")] == [b"x", None, None]


def test_a_clone_of_ours_is_fetched_into_and_not_made_again(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    main = GitReference(repository=url, ref="main", path="")
    Repositories(cache=tmp_path / "cache").commit(main)
    [folder] = (tmp_path / "cache").iterdir()
    before = folder.stat().st_ino
    second = commit_files(tmp_path / "far", {"area.py": "two\n"})
    assert Repositories(cache=tmp_path / "cache").commit(main) == second
    assert [(one.name, one.stat().st_ino) for one in (tmp_path / "cache").iterdir()] == [(folder.name, before)]


@pytest.mark.parametrize("ref", ["main", "unpushed", "nothing", "0" * 40])
def test_a_declared_clone_is_only_read(ref: str, tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    git(tmp_path, "clone", "--quiet", url, "clone")
    git(tmp_path / "clone", "branch", "unpushed")
    commit_files(tmp_path / "far", {"area.py": "newer\n"})
    before = state_of(tmp_path / "clone")
    look_up(Repositories(cache=tmp_path / "cache", clones={url: tmp_path / "clone"}), f"git+{url}@{ref}:area.py")
    assert state_of(tmp_path / "clone") == before


def test_a_declared_clone_without_the_content_is_told_and_not_filled(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    git(tmp_path / "far", "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", url, "clone")
    git(tmp_path / "clone", "config", "protocol.file.allow", "always")
    before = state_of(tmp_path / "clone")
    repositories = Repositories(cache=tmp_path / "cache", clones={url: tmp_path / "clone"})
    commit = repositories.commit(GitReference(repository=url, ref="main", path=""))
    with pytest.raises(GitUnavailable, match=r"is partial and lacks area\.py"):
        repositories.read(url, commit, "area.py")
    assert state_of(tmp_path / "clone") == before


def test_a_declared_clone_is_not_looked_for_in_the_folders_above(tmp_path: Path) -> None:
    commit_files(tmp_path, {"clone/area.py": "of another repository\n"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    with pytest.raises(GitUnavailable, match="clone is no git repository"):
        repositories.commit(GitReference(repository=WEB, ref="main", path=""))


def test_what_a_hook_says_of_its_repository_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = commit_remote(tmp_path / "far")
    commit_files(tmp_path / "hooked", {"own.py": "one\n"})
    before = state_of(tmp_path / "hooked")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hooked/.git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "hooked/.git/objects"))
    look_up(Repositories(cache=tmp_path / "cache"), f"git+{url}@main:area.py")
    assert state_of(tmp_path / "hooked") == before


SECRET = "hunter2-SECRET"  # one to look for


@pytest.mark.parametrize(
    "text",
    [
        f"git+https://me:{SECRET}@git.example.com/geo/udfs@main:area",
        f"git+https://:{SECRET}@git.example.com/geo/udfs",
        f"git+https://me:p@{SECRET}@git.example.com/geo/udfs@main:area",
        f"git+http://me:{SECRET}@git.example.com/geo/udfs@main:area",
        f"git+ssh://git:{SECRET}@git.example.com/geo/udfs@main:area",
        f"https://me:{SECRET}@github.com/geo/udfs/tree/main/area",
        f"git+https://glpat-{SECRET}@git.example.com/geo/udfs@main:area",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(GitUnavailable, match="holds a password or a token") as caught:
        parse(text)
    assert "credential helper" in str(caught.value.hint)
    assert SECRET not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "https://[::1/x",
        "https://[x]/x",
        "https://h:y/x",
        "https://h:0/x",
        "https://h:99999/x",
        "https:///x",
        "https://host",
        "ssh://-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x@host/y",
        "ssh://%2Dx@host/y",
        "ssh://git@host:geo/udfs",
        "https://host/../x",
        "https://ho%2fst/x",
    ],
)
def test_a_url_without_a_sound_host_port_and_path_is_refused(url: str) -> None:
    with pytest.raises(GitUnavailable, match="is no URL of a repository"):
        parse(f"git+{url}@main:y")


@pytest.mark.parametrize("url", ["https://[::1]:8443/x", "https://me@dev.example.com/x", "ssh://git@host:2222/~me/x"])
def test_a_url_may_name_an_address_a_port_and_a_user(url: str) -> None:
    assert parse(f"git+{url}@main:y") == GitReference(repository=url, ref="main", path="y")


@pytest.mark.parametrize("ref", ["-x", "main~1", "main^{tree}", "a..b", "a b", "x\ny", "main@{1}", ".x"])
def test_a_ref_that_is_no_name_is_refused(ref: str) -> None:
    with pytest.raises(GitUnavailable):
        parse(f"{WEB}/tree/{ref}/area")


@pytest.mark.parametrize("path", ["a\0b", "a\ud800", pytest.param("a" * 5000, id="long")])
def test_a_path_that_no_file_can_have_is_refused(path: str) -> None:
    with pytest.raises(GitUnavailable, match="control character, or more than"):
        parse(f"git+{WEB}@main:{path}")


@pytest.mark.parametrize("path", ["../area.py", "lib/../../area.py", ":(top)area.py", "a\0b"])
def test_a_path_out_of_the_repository_is_no_file(path: str, tmp_path: Path) -> None:
    commit_files(tmp_path, {"area.py": "outside\n"})
    commit = commit_files(tmp_path / "clone", {"lib/b.py": "x"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    assert repositories.read(WEB, commit, path) is None


def test_a_hook_in_the_cache_does_not_run(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    main = GitReference(repository=url, ref="main", path="")
    Repositories(cache=tmp_path / "cache").commit(main)
    [folder] = (tmp_path / "cache").iterdir()
    hook = folder / "hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    second = commit_files(tmp_path / "far", {"area.py": "two\n"})
    assert Repositories(cache=tmp_path / "cache").commit(main) == second
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_too_large_is_told_and_not_read(tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "clone", {"area.py": "#" * (1 << 20) + "\n"})
    repositories = Repositories(cache=tmp_path / "cache", clones={WEB: tmp_path / "clone"})
    with pytest.raises(GitUnavailable, match="is larger than 1 MiB"):
        repositories.read(WEB, commit, "area.py")


def test_content_is_brought_when_it_is_first_read_and_is_here_from_then_on(tmp_path: Path) -> None:
    url = commit_remote(tmp_path / "far")
    git(tmp_path / "far", "config", "uploadpack.allowFilter", "true")
    git(tmp_path / "far", "config", "uploadpack.allowAnySHA1InWant", "true")
    commit = Repositories(cache=tmp_path / "cache").commit(GitReference(repository=url, ref="main", path=""))
    offline = Repositories(cache=tmp_path / "cache", may_fetch=False)
    with pytest.raises(GitUnavailable, match=r"is cached without area\.py"):
        offline.read(url, commit, "area.py")
    assert Repositories(cache=tmp_path / "cache").read(url, commit, "area.py") == b"far\n"
    (tmp_path / "far").rename(tmp_path / "gone")
    assert offline.read(url, commit, "area.py") == b"far\n"
