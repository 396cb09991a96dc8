"""`exclude:` of the project file: the files and folders that a walk leaves out, written as in a .gitignore.

A pattern is relative to the project file. With no slash but at its end it holds at every depth; one at the end is for
folders alone; `*` and `?` stand for anything but a slash, `**` for any folders.
"""

import re
from collections.abc import Iterable
from fnmatch import translate
from pathlib import Path
from unicodedata import normalize

from msgspec import Struct, field

_ANY = "**"
_Part = re.Pattern[str] | None
"""What one name must be; None for any number of names."""


class _Pattern(Struct, frozen=True):
    parts: tuple[_Part, ...]
    for_folders: bool

    def covers(self, names: list[str]) -> bool:
        """Whether the parts match all the names; each step keeps the parts that may come next."""
        open_parts = self._with_empty({0})
        for name in names:
            after: set[int] = set()
            for index in open_parts - {len(self.parts)}:
                part = self.parts[index]
                if part is None:
                    after |= {index, len(self.parts)} if index == len(self.parts) - 1 else {index}
                elif part.match(name):
                    after.add(index + 1)
            open_parts = self._with_empty(after)
        return len(self.parts) in open_parts

    def _with_empty(self, indices: set[int]) -> set[int]:
        """With what follows a `**` that stands for nothing; at the end it stands for something."""
        found = set(indices)
        for index in range(len(self.parts) - 1):
            if index in found and self.parts[index] is None:
                found.add(index + 1)
        return found


class Exclusion(Struct, frozen=True):
    """Which paths below `root` are left out; without patterns none is."""

    root: Path = Path()
    patterns: tuple[_Pattern, ...] = field(default=())

    def covers(self, path: str, *, folder: bool) -> bool:
        """Whether the path, relative to the root, is left out; what lies in a folder that is goes with it."""
        if not self.patterns:
            return False
        names = normalize("NFC", path).split("/")
        return any((folder or not one.for_folders) and one.covers(names) for one in self.patterns)


def exclusion(root: Path, patterns: Iterable[str]) -> Exclusion:
    return Exclusion(root, tuple(map(_pattern, patterns)))


def _pattern(written: str) -> _Pattern:
    bare = normalize("NFC", written).rstrip("/")
    parts = [part for part in bare.split("/") if part not in ("", ".")]
    if "/" not in bare:
        parts = [_ANY, *parts]
    return _Pattern(
        tuple(None if part == _ANY else re.compile(translate(part)) for part in parts), written.endswith("/")
    )
