"""The files that a spec names: relative to its folder, inside the project, regular, readable.

What is wrong with one is a `Trouble`, which says nothing of the place in the spec; the caller knows that.
"""

import errno
import os
import stat
from pathlib import Path

from msgspec import Struct

from fused_spec.messages.diagnostics import Location, nearest
from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.unicode_forms import in_quotes, look_alike

GIT_LFS = b"version https://git-lfs"
"""How what stands for a file begins whose content is kept elsewhere."""


class Trouble(Struct, frozen=True, kw_only=True):
    """Why a file cannot be used, and what to do; `place` is where in the file itself, when it is known."""

    code: str
    message: str
    hint: str
    place: Location | None = None


class Folder(Struct, frozen=True, kw_only=True):
    """Where the relative paths of a spec start, and what they must not leave."""

    path: Path
    root: Path

    def locate(self, name: str, *, folder: bool = False) -> Path | Trouble:
        """The file of that name, or with `folder` the folder; links followed."""
        if "\0" in name:
            return Trouble(code="no-such-file", message="the path holds a NUL", hint="write the path of a file")
        if "\\" in name and not (self.path / name).exists():
            return self._missing(self.path / name, name, hint="write / between folders")
        if Path(name).is_absolute() or name.startswith("~"):
            return Trouble(
                code="outside-project",
                message=f"{printable(name)} is not relative to the spec",
                hint="write a path relative to the spec, inside the project",
            )
        return self._existing(self.path / name, name, folder=folder)

    def shown(self, path: Path) -> str:
        """The path as it is told: from the project's root on."""
        return printable(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _existing(self, path: Path, name: str, *, folder: bool) -> Path | Trouble:
        try:
            real = Path(os.path.realpath(path))
            if not real.is_relative_to(os.path.realpath(self.root)):
                return _outside(name, self.root)
            mode = real.stat().st_mode
        except FileNotFoundError:
            return self._missing(path, name)
        except OSError as error:
            return unreadable(name, error)
        if folder:
            hint = "name the folder of a UDF, or write file: for a file"
            there = Trouble(code="not-a-folder", message=f"{printable(name)} is no folder", hint=hint)
            return real if stat.S_ISDIR(mode) else there
        if stat.S_ISDIR(mode):
            return Trouble(code="not-a-file", message=f"{printable(name)} is a folder", hint="name a file in it")
        if not stat.S_ISREG(mode):
            return Trouble(
                code="not-a-file", message=f"{printable(name)} is not a regular file", hint="copy its content to a file"
            )
        return real

    def _missing(self, path: Path, name: str, *, hint: str | None = None) -> Trouble:
        if (alike := look_alike(self.path, name)) is not None:
            message = f"{printable(name)} does not exist; {in_quotes(alike)} does, which looks the same"
            how = f"write {in_quotes(alike)} with its quotes, or rename it: these are two Unicode forms of one name"
            return Trouble(code="no-such-file", message=message, hint=how)
        meant = _similar(path)
        guess = f'did you mean "{printable(Path(name).with_name(meant))}"?' if meant else None
        place = self.shown(Path(os.path.realpath(path.parent)))
        return Trouble(
            code="no-such-file",
            message=f"{printable(name)} does not exist",
            hint=hint or guess or f"create {printable(Path(place) / path.name)}, or correct the path",
        )


def read_bytes(path: Path, name: str, *, limit: int) -> bytes | Trouble:
    """The whole content of a file that may hold at most `limit` bytes."""
    try:
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        return unreadable(name, error)
    if len(content) > limit:
        return Trouble(
            code="too-large", message=f"{printable(name)} is larger than {limit >> 20} MiB", hint="make it smaller"
        )
    return content


def _outside(name: str, root: Path) -> Trouble:
    return Trouble(
        code="outside-project",
        message=f"{printable(name)} leaves the project ({printable(root)})",
        hint="copy the file into the project: what is applied must be in git",
    )


def _similar(path: Path) -> str | None:
    try:
        return nearest(path.name, sorted(sibling.name for sibling in path.parent.iterdir() if sibling.is_file()))
    except OSError:
        return None  # only a guess is lost


def unreadable(name: str, error: OSError) -> Trouble:
    """Say why the system refused a file."""
    known = {errno.EACCES: "permission denied", errno.ELOOP: "it links to itself", errno.ENOTDIR: "a part is no folder"}
    why = known.get(error.errno or 0) or error.strerror or "it cannot be read"
    return Trouble(
        code="unreadable",
        message=f"{printable(name)} cannot be read: {why}",
        hint="check the path and its permissions",
    )
