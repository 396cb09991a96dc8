"""UDFs in git: what a reference means, and the content of a path at a commit.

A repository is read from a clone that somebody declared, or from a bare clone in a cache. Nothing is checked out, no
hook runs, nobody is asked anything; the network is touched by `Repositories` that may fetch, and by no others.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fused_spec.errors import FusedSpecError

_WEB = re.compile(
    r"https://(?P<host>github\.com|gitlab\.com)/(?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?/(?:-/)?(?:tree|blob)/"
)
_PLAIN = re.compile(r"git\+(?P<url>(?:https|ssh|file)://(?:[^@/\s]+@)?[^@\s]+)@(?P<ref>[^:@\s]+)(?::(?P<path>\S*))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECONDS = 120
# A server that accepts and then says nothing is given up; and ssh, too, asks nobody anything.
_PATIENCE = {
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=10",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",
    "GIT_HTTP_LOW_SPEED_TIME": "15",
}
_PORTS = {"https": 443, "ssh": 22}


class GitUnavailable(FusedSpecError):
    """A reference that cannot be read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitReference:
    """A path in a repository at a commit, branch or tag."""

    repository: str
    ref: str
    path: str

    @property
    def is_pinned(self) -> bool:
        """Whether it names a whole commit, which means the same content for ever."""
        return _COMMIT.fullmatch(self.ref) is not None

    def __str__(self) -> str:
        return f"git+{self.repository}@{self.ref}:{self.path}"


def parse(text: str) -> GitReference | None:
    """The reference in a web page's URL (`…/tree/REF/PATH`) or in `git+URL@REF:PATH`; None for other text.

    In the URL of a page a REF is one word: a branch whose name holds `/` needs the other form.
    """
    if (web := _WEB.match(text)) is not None:
        ref, _, path = text[web.end() :].partition("/")
        if not ref:
            return None
        return GitReference(repository=f"https://{web['host']}/{web['repo']}", ref=ref, path=path.strip("/"))
    if (plain := _PLAIN.fullmatch(text)) is not None:
        path = (plain["path"] or "").strip("/")
        return GitReference(repository=normal(plain["url"]), ref=plain["ref"], path=path)
    return None


def normal(url: str) -> str:
    """One spelling of a repository's URL."""
    return url.rstrip("/").removesuffix(".git")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """Where repositories are read: `clones` are those on this machine, by URL in its `normal` spelling; others are in
    `cache`, and brought there if `may_fetch`. A server that does not answer within `reach_seconds` is given up.
    """

    cache: Path
    clones: Mapping[str, Path] = field(default_factory=dict)
    may_fetch: bool = True
    reach_seconds: float = 0.8

    def commit(self, reference: GitReference) -> str:
        """The whole commit that the reference means now; raises `GitUnavailable`."""
        cached = self._cached(reference.repository)
        if self._declared(reference.repository) is None and self.may_fetch:
            known = _commit_in(cached, reference.ref) if cached.exists() else None
            if known is None or not known.startswith(reference.ref):  # a branch or a tag may have moved
                self._fetch(reference.repository, reference.ref)
        found = _commit_in(self._present(reference.repository), reference.ref)
        if found is None:
            raise GitUnavailable(
                f"{reference.repository} has no commit, branch or tag {reference.ref}", hint="check the reference"
            )
        return found

    def read(self, repository: str, commit: str, path: str) -> bytes | None:
        """The content of a file at the commit, None when there is no such file; raises `GitUnavailable`."""
        holder = self._holder(repository, commit)
        listed = _git(holder, "ls-tree", "-z", f"{commit}", "--", path, online=self.may_fetch).stdout
        if not listed.startswith((b"100644 blob", b"100755 blob")):
            return None  # no such file, a folder, or a link
        done = _git(holder, "cat-file", "blob", f"{commit}:{path}", online=self.may_fetch)
        if done.returncode != 0:
            raise GitUnavailable(f"{repository} is cached without {path} at {commit[:12]}", hint=_BRING)
        return done.stdout

    def names(self, repository: str, commit: str, path: str) -> list[str]:
        """What stands in a folder at the commit; nothing where there is no such folder."""
        done = _git(self._holder(repository, commit), "ls-tree", "--name-only", "-z", f"{commit}:{path}")
        return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]

    def _holder(self, repository: str, commit: str) -> Path:
        """The clone that has the commit."""
        declared, cached = self._declared(repository), self._cached(repository)
        for place in (declared, cached):
            if place is not None and place.exists() and _commit_in(place, commit) == commit:
                return place
        if not self.may_fetch:
            where = f"the clone {declared}" if declared is not None else "the cache"
            raise GitUnavailable(f"{where} has no commit {commit[:12]} of {repository}", hint=_BRING)
        self._fetch(repository, commit)
        if _commit_in(cached, commit) != commit:
            raise GitUnavailable(f"{repository} has no commit {commit}", hint="check the reference")
        return cached

    def _present(self, repository: str) -> Path:
        place = self._declared(repository) or self._cached(repository)
        if not place.exists():
            raise GitUnavailable(f"{repository} is not here: neither a declared clone nor fetched", hint=_BRING)
        return place

    def _declared(self, repository: str) -> Path | None:
        return self.clones.get(repository)

    def _cached(self, repository: str) -> Path:
        return self.cache / re.sub(r"[^A-Za-z0-9.-]+", "-", repository.partition("://")[2])

    def _fetch(self, repository: str, ref: str) -> None:
        """Clone into the cache, or fetch what is new; raises `GitUnavailable`."""
        _check_reachable(repository, self.reach_seconds)
        cached = self._cached(repository)
        if not cached.exists():
            _clone(repository, cached)
        else:
            _ended(repository, _git(cached, *_UPDATE, online=True))
        if _COMMIT.fullmatch(ref) and _commit_in(cached, ref) is None:  # no branch leads there
            _ended(repository, _git(cached, "fetch", "--quiet", "origin", ref, online=True))


_BRING = "run `fused-spec lock` where there is a network, or declare a clone under clones in fused-spec.yaml"
_UPDATE = ("fetch", "--quiet", "--prune", "--tags", "origin", "+refs/heads/*:refs/heads/*")


def _commit_in(repository: Path, ref: str) -> str | None:
    for name in (ref, f"origin/{ref}"):
        if name.startswith("-"):
            return None
        done = _git(repository, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.decode().strip()
    return None


def _clone(url: str, cached: Path) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    draft = cached.with_name(f".{cached.name}.{os.getpid()}")
    done = _git(cached.parent, "clone", "--quiet", "--bare", "--filter=blob:none", "--", url, str(draft), online=True)
    try:
        if done.returncode == 0:
            draft.replace(cached)
    except OSError:
        if not cached.exists():  # else another process was faster
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _ended(url, done)


def _ended(url: str, done: "subprocess.CompletedProcess[bytes]") -> None:
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = next((line for line in lines if not line.startswith("warning:")), "git failed")
        raise GitUnavailable(
            f"{url} cannot be fetched: {why.removeprefix('fatal: ')}",
            hint="check the URL and your access to it, or declare a clone under clones in fused-spec.yaml",
        )


def _check_reachable(url: str, seconds: float) -> None:
    """Notice a missing network in a moment: git itself would try for minutes."""
    place = urlsplit(url)
    if place.scheme == "file" or (place.scheme == "https" and _has_proxy()):
        return
    answered = threading.Event()

    def connect() -> None:
        try:
            with socket.create_connection((place.hostname or "", place.port or _PORTS[place.scheme]), seconds):
                answered.set()
        except OSError:
            return

    # The resolver of names knows no time limit, so it is waited for from outside.
    looking = threading.Thread(target=connect, daemon=True)
    looking.start()
    looking.join(seconds)
    if not answered.is_set():
        raise GitUnavailable(f"{url} cannot be reached", hint=_BRING)


def _has_proxy() -> bool:
    return any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"))


def _git(folder: Path, *arguments: str, online: bool = False) -> "subprocess.CompletedProcess[bytes]":
    """Run git without asking anybody anything, and off the network unless `online`.

    A clone without blobs would fetch those that are read; `protocol.allow` holds for that too.
    """
    allowed = () if online else ("-c", "protocol.allow=never")
    env = {**_PATIENCE, **os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):  # set within hooks, for another repository
        env.pop(name, None)
    try:
        return subprocess.run(
            ["git", "-C", str(folder), "-c", "safe.directory=*", *allowed, *arguments],  # noqa: S607  # the user's git
            capture_output=True,
            env=env,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise GitUnavailable("git is not installed, and a UDF is read from git", hint="install git") from None
    except subprocess.TimeoutExpired:
        raise GitUnavailable(f"git took longer than {_SECONDS} seconds", hint="try again, or declare a clone") from None
