"""Where included files are: in this checkout, or in another repository at the commit that the lock file has."""

import os
import posixpath
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from fused_spec.messages.diagnostics import nearest
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.limits import MAX_FILE_BYTES
from fused_spec.spec.files.named_files import Folder, Trouble, read_bytes
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.udfs.gitrefs import GitReference, GitUnavailable, parse

_NOT_HAD = "git-include"
_FORMS = "write git+https://HOST/REPO@REF:PATH, or the address of a file at GitHub or GitLab: …/blob/REF/PATH"


class Source(Protocol):
    """A file that may be included, and may include others; `key` tells it from all others."""

    @property
    def key(self) -> Hashable: ...

    @property
    def shown(self) -> str: ...

    @property
    def path(self) -> Path | None: ...

    def included(self, name: str) -> "Source | Trouble":
        """The file that this one calls so, which may not be there."""

    def content(self) -> bytes | Trouble: ...


class Reach(NamedTuple):
    """What included files must not leave, where paths are told from, and what reads other repositories."""

    boundary: Path
    cwd: Path
    git: GitSources


class Nearby(NamedTuple):
    """A file of this checkout."""

    path: Path
    reach: Reach

    @property
    def key(self) -> Hashable:
        return self.path

    @property
    def shown(self) -> str:
        path, cwd = self.path, self.reach.cwd
        return printable(Path(os.path.relpath(path, cwd)) if path.is_relative_to(cwd) else path)

    def included(self, name: str) -> Source | Trouble:
        if _is_elsewhere(name):
            return _in_git(name, self.reach.git)
        path = Folder(path=self.path.parent, root=self.reach.boundary).locate(name)
        return path if isinstance(path, Trouble) else Nearby(path, self.reach)

    def content(self) -> bytes | Trouble:
        return read_bytes(self.path, self.shown, limit=MAX_FILE_BYTES)


class InGit(NamedTuple):
    """A file of another repository at a commit. It includes files of that commit, and no others."""

    pinned: GitReference
    git: GitSources

    @property
    def key(self) -> Hashable:
        return self.pinned

    @property
    def path(self) -> None:
        return None

    @property
    def shown(self) -> str:
        return f"{self.pinned.repository}@{self.pinned.ref[:12]}:{self.pinned.path}"

    def included(self, name: str) -> Source | Trouble:
        if _is_elsewhere(name):
            return Trouble(
                code=_NOT_HAD,
                message="a file of another repository includes files of that repository alone",
                hint="name it by its path there, or include it in fused-spec.yaml",
            )
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.pinned.path), name))
        if path.startswith(("/", "~")) or path.split("/")[0] == "..":
            return Trouble(
                code="outside-project",
                message=f"{printable(name)} leaves the repository {self.pinned.repository}",
                hint="write a path relative to this file, inside its repository",
            )
        return InGit(replace(self.pinned, path=path), self.git)

    def content(self) -> bytes | Trouble:
        pinned, repositories = self.pinned, self.git.repositories
        try:
            content = repositories.read(pinned.repository, pinned.ref, pinned.path)
            if content is not None:
                return content
            folder, name = posixpath.split(pinned.path)
            meant = nearest(name, repositories.names(pinned.repository, pinned.ref, folder))
        except GitUnavailable as error:
            return _not_had(error)
        return Trouble(
            code="no-such-file",
            message=f"{printable(pinned.path)} is no file in commit {pinned.ref[:12]} of {pinned.repository}",
            hint=f'did you mean "{printable(posixpath.join(folder, meant))}"?' if meant else "check path and commit",
        )


def _is_elsewhere(name: str) -> bool:
    return "://" in name or name.startswith("git+")


def _in_git(name: str, git: GitSources) -> Source | Trouble:
    try:
        reference = parse(name)
        if reference is None:
            return Trouble(code=_NOT_HAD, message="this is no reference to a file in git", hint=_FORMS)
        path = posixpath.normpath(reference.path)
        if not reference.path or path.split("/")[0] == "..":
            return Trouble(code=_NOT_HAD, message="this names a repository, and no file in it", hint=_FORMS)
        return InGit(replace(git.pinned(reference), path=path), git)
    except GitUnavailable as error:
        return _not_had(error)


def _not_had(error: GitUnavailable) -> Trouble:
    return Trouble(code=_NOT_HAD, message=str(error), hint=error.hint or "check the reference")
