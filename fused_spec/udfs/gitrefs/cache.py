"""The cache of fetched repositories: a bare clone for each URL, in a folder that only this module makes.

    geo-udfs-<sha256 of the URL>.git

What stands in such a folder may have come from elsewhere, as with a checkout that somebody else filled. Git obeys what
a repository's configuration says, so a clone is ours only while its configuration is the very one written here.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from fused_spec.udfs.gitrefs.git import Clone, check_ended, git, run

_SLUG = 60  # characters
_UPDATE = ("fetch", "--quiet", "--prune", "--tags", "origin", "+refs/heads/*:refs/heads/*")


def cached(cache: Path, url: str) -> Clone | None:
    """The clone of a URL, None when there is none of ours."""
    folder = _folder(cache, url)
    return Clone(folder=folder, is_ours=True) if _is_ours(folder, url) else None


def clone_into(cache: Path, url: str) -> Clone:
    """Clone a URL, in place of what is not ours; raises `GitUnavailable`."""

    def clone(draft: Path) -> None:
        options = ("--quiet", "--bare", "--template=", "--filter=blob:none")
        check_ended(url, run((), "clone", *options, "--", url, str(draft), online=True))
        (draft / "config").write_text(_config(url), encoding="utf-8")

    return _made(cache, url, clone)


def copied(cache: Path, known: Clone, url: str) -> Clone:
    """A copy of a clone of another cache of ours, in place of what is not ours."""
    import shutil

    return _made(cache, url, lambda draft: shutil.copytree(known.folder, draft, symlinks=True))


def _made(cache: Path, url: str, make: Callable[[Path], object]) -> Clone:
    folder = _folder(cache, url)
    cache.mkdir(parents=True, exist_ok=True)
    import tempfile

    with tempfile.TemporaryDirectory(prefix=".draft-", dir=cache, ignore_cleanup_errors=True) as drafts:
        draft = Path(drafts, "clone")
        make(draft)
        if not _is_ours(folder, url):
            _remove(folder)
        try:
            draft.replace(folder)
        except OSError:
            if not _is_ours(folder, url):  # else another process was faster
                raise
    return Clone(folder=folder, is_ours=True)


def update(known: Clone, url: str) -> None:
    """Fetch what is new; raises `GitUnavailable`."""
    check_ended(url, git(known, *_UPDATE, online=True))


def fetch_commit(known: Clone, url: str, commit: str) -> None:
    """Fetch a commit to which no branch leads; raises `GitUnavailable`."""
    check_ended(url, git(known, "fetch", "--quiet", "origin", commit, online=True))


def _folder(cache: Path, url: str) -> Path:
    slug = re.sub(r"[^A-Za-z0-9]+", "-", url.partition("://")[2])[:_SLUG].strip("-")
    return cache / f"{slug or 'repository'}-{sha256(url.encode()).hexdigest()}.git"


def _is_ours(folder: Path, url: str) -> bool:
    if folder.is_symlink() or (folder / "commondir").exists():  # the latter names another place of configuration
        return False
    if not (folder / "HEAD").is_file() or not (folder / "objects").is_dir():
        return False
    try:
        return (folder / "config").read_bytes() == _config(url).encode()
    except OSError:
        return False


def _config(url: str) -> str:
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    return f"""\
[core]
\trepositoryformatversion = 1
\tbare = true
[remote "origin"]
\turl = "{quoted}"
\tpromisor = true
\tpartialclonefilter = blob:none
[extensions]
\tpartialClone = origin
"""


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        import shutil

        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
