"""The content of a path at a commit, from a declared clone or from the cache."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.udfs.gitrefs.cache import cached, clone_into, copied, fetch_commit, update
from fused_spec.udfs.gitrefs.git import BRING, Clone, check_reachable, git
from fused_spec.udfs.gitrefs.reference import GitReference, GitUnavailable, is_commit, is_usable

_FILE = re.compile(rb"100(?:644|755) blob (?P<object>[0-9a-f]+)\t")
_LARGEST = 1 << 20  # bytes, as of a file of the project


class Repositories(Struct, frozen=True, kw_only=True):
    """Where repositories are read: `clones` are those on this machine, by URL in its `normal` spelling; others are in
    `cache`, and brought there if `may_fetch`. A server that does not answer within `reach_seconds` is given up.
    `shared` is a cache that is only read: what it has is copied from there.
    """

    cache: Path
    clones: Mapping[str, Path] = field(default_factory=dict)
    may_fetch: bool = True
    reach_seconds: float = 0.8
    shared: Path | None = None

    def copied_into(self, folder: Path) -> "Repositories":
        """The same, with a cache of its own in a folder."""
        return replace(self, cache=folder, shared=self.cache)

    def commit(self, reference: GitReference) -> str:
        """The whole commit that the reference means now; raises `GitUnavailable`."""
        holder = self._newest(reference)
        found = _commit_in(holder, reference.ref)
        if found is None and git(holder, "rev-parse", "--git-dir").returncode != 0:
            raise GitUnavailable(
                f"{holder.folder} is no git repository", hint="correct clones in fused-spec.yaml: name its root"
            )
        if found is None:
            raise GitUnavailable(
                f"{reference.repository} has no commit, branch or tag {reference.ref}", hint="check the reference"
            )
        return found

    def read(self, repository: str, commit: str, path: str) -> bytes | None:
        """The content of a file at the commit, None when there is no such file; raises `GitUnavailable`."""
        if not is_usable(path):
            return None
        holder = self._holder(repository, commit)
        listed = git(holder, "ls-tree", "-z", commit, "--", path, online=self.may_fetch).stdout
        if (file := _FILE.match(listed)) is None:
            return None  # no such file, a folder, or a link
        blob = file["object"].decode()
        size = git(holder, "cat-file", "-s", blob, online=self.may_fetch)  # brings it here, where it may
        if size.returncode != 0:
            if not holder.is_ours:
                raise GitUnavailable(
                    f"the clone {holder.folder} is partial and lacks {path}", hint="clone it whole, without --filter"
                )
            raise GitUnavailable(f"{repository} is cached without {path} at {commit[:12]}", hint=BRING)
        if int(size.stdout) > _LARGEST:
            raise GitUnavailable(f"{path} in {repository} is larger than {_LARGEST >> 20} MiB", hint="split it")
        return git(holder, "cat-file", "blob", blob).stdout

    def names(self, repository: str, commit: str, path: str) -> list[str]:
        """What stands in a folder at the commit; nothing where there is no such folder."""
        done = git(self._holder(repository, commit), "ls-tree", "--name-only", "-z", f"{commit}:{path}")
        return [name for name in done.stdout.decode("utf-8", "replace").split("\0") if name]

    def _newest(self, reference: GitReference) -> Clone:
        """The clone that knows where branches and tags are now."""
        repository = reference.repository
        declared, known = self._declared(repository), self._cached(repository)
        if repository not in self.clones and self.may_fetch:
            commit = _commit_in(known, reference.ref) if known is not None else None
            if known is not None and commit is not None and commit.startswith(reference.ref):
                return known  # a commit stays where it is; a branch or a tag may have moved
            return self._fetched(repository, reference.ref)
        if (holder := declared if repository in self.clones else known) is None:
            raise GitUnavailable(f"{repository} is not here: neither a declared clone nor fetched", hint=BRING)
        return holder

    def _holder(self, repository: str, commit: str) -> Clone:
        """The clone that has the commit."""
        for place in (self._declared(repository), self._cached(repository)):
            if place is not None and _commit_in(place, commit) == commit:
                return place
        if not self.may_fetch:
            where = f"the clone {self.clones[repository]}" if repository in self.clones else "the cache"
            raise GitUnavailable(f"{where} has no commit {commit[:12]} of {repository}", hint=BRING)
        fetched = self._fetched(repository, commit)
        if _commit_in(fetched, commit) != commit:
            raise GitUnavailable(f"{repository} has no commit {commit}", hint="check the reference")
        return fetched

    def _cached(self, repository: str) -> Clone | None:
        known = cached(self.cache, repository)
        if known is None and self.shared is not None and (other := cached(self.shared, repository)) is not None:
            return copied(self.cache, other, repository)
        return known

    def _declared(self, repository: str) -> Clone | None:
        folder = self.clones.get(repository)
        return Clone(folder=folder, is_ours=False) if folder is not None and folder.exists() else None

    def _fetched(self, repository: str, ref: str) -> Clone:
        """Clone into the cache, or fetch what is new; raises `GitUnavailable`."""
        check_reachable(repository, self.reach_seconds)
        known = self._cached(repository)
        if known is None:
            known = clone_into(self.cache, repository)
        else:
            update(known, repository)
        if is_commit(ref) and _commit_in(known, ref) is None:  # no branch leads there
            fetch_commit(known, repository, ref)
        return known


def _commit_in(clone: Clone, ref: str) -> str | None:
    for name in (ref, f"origin/{ref}"):
        if name.startswith("-"):
            return None
        done = git(clone, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.decode().strip()
    return None
