"""Git references in specs: the commit that the lock file gives each, and the UDFs that stand there.

Reading is offline. What `fused-spec lock` has not brought here, or locked, is refused with that as the next step.
"""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.udfs.folder import UdfText, find_udf
from fused_spec.udfs.gitrefs import GitReference, GitUnavailable, Repositories


class Locker(Protocol):
    """Says which commit an unlocked reference means; raises `GitUnavailable`."""

    def __call__(self, reference: GitReference) -> str: ...


def refuse(reference: GitReference) -> str:
    """The `Locker` of every command but `fused-spec lock`."""
    raise GitUnavailable(
        f"{reference.repository} {reference.ref} is not in fused-spec.lock",
        hint="run `fused-spec lock` on these specs, and keep fused-spec.lock in git",
    )


class GitSources(Struct, kw_only=True):
    """Reads UDFs by git reference; `used` gathers the commit of each reference that was asked for."""

    repositories: Repositories
    locks: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lock: Locker = refuse
    used: dict[tuple[str, str], str] = field(default_factory=dict)

    def pinned(self, reference: GitReference) -> GitReference:
        """The same at a whole commit; raises `GitUnavailable`."""
        if reference.is_pinned:
            return reference
        name = (reference.repository, reference.ref)
        commit = self.used.get(name) or self.locks.get(name) or self.lock(reference)
        self.used[name] = commit
        return replace(reference, ref=commit)

    def udf(self, pinned: GitReference) -> UdfText | None:
        """The UDF there, None when there is none; raises `GitUnavailable` and `BadUdfFolder`."""
        read = partial(self.repositories.read, pinned.repository, pinned.ref)
        names = partial(self.repositories.names, pinned.repository, pinned.ref)
        return find_udf(pinned.path, read, names)
