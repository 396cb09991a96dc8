"""UDFs in git: what a reference means, and the content of a path at a commit.

A repository is read from a clone that somebody declared, or from a bare clone in a cache, fetched at most once for a
commit that is not there yet. Nothing is checked out and no hook runs.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fused_spec.errors import FusedSpecError

_WEB = re.compile(
    r"https://(?P<host>github\.com|gitlab\.com)/(?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?/(?:-/)?(?:tree|blob)/"
)
_PLAIN = re.compile(r"git\+(?P<url>(?:https|ssh|file)://[^@\s]+?(?:@[^@/\s]+)?)@(?P<ref>[^:@\s]+)(?::(?P<path>\S*))?")
_HEX = re.compile(r"[0-9a-f]{6,40}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECONDS = 120


class GitUnavailable(FusedSpecError):
    """A reference that cannot be resolved here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitReference:
    """A path in a repository at a commit, branch or tag."""

    repository: str
    ref: str
    path: str

    @property
    def floats(self) -> bool:
        """Whether it may mean another content tomorrow."""
        return _HEX.fullmatch(self.ref) is None

    def __str__(self) -> str:
        return f"{self.repository}@{self.ref}:{self.path}"


def parse(text: str) -> GitReference | None:
    """The reference in a web page's URL (`…/tree/REF/PATH`) or in `git+URL@REF:PATH`; None for other text.

    In the URL of a page a REF is one word: a branch whose name holds `/` needs the other form.
    """
    if (web := _WEB.match(text)) is not None:
        ref, _, path = text[web.end() :].partition("/")
        return (
            GitReference(repository=f"https://{web['host']}/{web['repo']}", ref=ref, path=path.strip("/"))
            if ref
            else None
        )
    if (plain := _PLAIN.fullmatch(text)) is not None:
        return GitReference(repository=plain["url"], ref=plain["ref"], path=(plain["path"] or "").strip("/"))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """Where repositories are read: `clones` are those on this machine, by URL; others are fetched into `cache`."""

    cache: Path
    clones: Mapping[str, Path] = field(default_factory=dict)
    may_fetch: bool = True

    def commit(self, reference: GitReference) -> str:
        """The full commit that the reference means; raises `GitUnavailable`."""
        repository = self._repository(reference, fetched=False)
        found = _commit_in(repository, reference.ref) if repository is not None else None
        if found is None or (reference.floats and repository == self._cached(reference)):
            repository = self._repository(reference, fetched=True)
            found = _commit_in(repository, reference.ref) if repository is not None else None
        if found is None:
            raise GitUnavailable(
                f"{reference.repository} has no commit, branch or tag {reference.ref} here",
                hint="check the reference, declare a local clone under `clones` in fused-spec.yaml, or go online",
            )
        return found

    def read(self, reference: GitReference, commit: str, path: str) -> bytes | None:
        """The content of a file at the commit; None when there is no such file."""
        done = _git(self._holder(reference, commit), "cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def names(self, reference: GitReference, commit: str, path: str) -> list[str]:
        """What stands in a folder at the commit; nothing where there is no such folder."""
        done = _git(self._holder(reference, commit), "ls-tree", "--name-only", "-z", f"{commit}:{path}")
        return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]

    def _holder(self, reference: GitReference, commit: str) -> Path:
        """The clone that has the commit."""
        for fetched in (False, True):
            repository = self._repository(reference, fetched=fetched)
            if repository is not None and _commit_in(repository, commit) == commit:
                return repository
        raise GitUnavailable(
            f"{reference.repository} has no commit {commit} here", hint="go online, or declare a clone"
        )

    def _repository(self, reference: GitReference, *, fetched: bool) -> Path | None:
        """The declared clone or the cached one; `fetched` brings the cached one up to date first, if that may be."""
        declared = self.clones.get(reference.repository)
        if declared is not None:
            return declared
        cached = self._cached(reference)
        if fetched and self.may_fetch:
            _fetch(reference.repository, cached)
        return cached if cached.exists() else None

    def _cached(self, reference: GitReference) -> Path:
        return self.cache / re.sub(r"[^A-Za-z0-9.-]+", "-", reference.repository.partition("://")[2])


def _commit_in(repository: Path, ref: str) -> str | None:
    for name in (ref, f"origin/{ref}"):
        if name.startswith("-"):
            return None
        done = _git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.decode().strip()
    return None


def _fetch(url: str, cached: Path) -> None:
    """Clone into the cache, or fetch what is new; contents come when they are read."""
    if cached.exists():
        done = _git(cached, "fetch", "--quiet", "--prune", "--tags", "origin", "+refs/heads/*:refs/heads/*")
    else:
        cached.parent.mkdir(parents=True, exist_ok=True)
        draft = cached.with_name(f".{cached.name}.{os.getpid()}")
        done = _git(cached.parent, "clone", "--quiet", "--bare", "--filter=blob:none", "--", url, str(draft))
        if done.returncode == 0:
            draft.replace(cached)
        shutil.rmtree(draft, ignore_errors=True)
    if done.returncode != 0:
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitUnavailable(
            f"{url} cannot be fetched: {why[-1] if why else 'git failed'}",
            hint="check the URL and the network, or declare a local clone under `clones` in fused-spec.yaml",
        )


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Run git without asking anybody anything."""
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # the git that the user has
            capture_output=True,
            env=env,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitUnavailable("git is not installed, and a UDF is loaded from git", hint="install git") from None
    except subprocess.TimeoutExpired:
        raise GitUnavailable(f"git took longer than {_SECONDS} seconds", hint="try again, or declare a clone") from None


def is_commit(text: str) -> bool:
    """Whether the text is a full commit id."""
    return _COMMIT.fullmatch(text) is not None
