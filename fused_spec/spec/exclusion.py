"""`exclude:` of the project file: the files and folders that a walk leaves out, written as in a .gitignore.

A pattern is relative to the project file. With no slash but at its end it holds at every depth; one at the end is for
folders alone; `*` and `?` stand for anything but a slash, `**` for any folders.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

_SIGNS = re.compile(r"\*+|\?|\[[!^]?\]?[^\]/]*\]|\\.|[^*?\[\\]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Which paths below `root` are left out; without patterns none is."""

    root: Path = Path()
    patterns: tuple[tuple[re.Pattern[str], bool], ...] = field(default=())

    def covers(self, path: str, *, folder: bool) -> bool:
        """Whether the path, relative to the root, is left out; what lies in a folder that is goes with it."""
        if not self.patterns:
            return False
        name = normalize("NFC", path)
        return any((folder or not for_folders) and pattern.fullmatch(name) for pattern, for_folders in self.patterns)


def exclusion(root: Path, patterns: Iterable[str]) -> Exclusion:
    return Exclusion(root, tuple((re.compile(_expression(one)), one.endswith("/")) for one in patterns))


def _expression(pattern: str) -> str:
    bare = normalize("NFC", pattern).rstrip("/")
    anywhere = "" if "/" in bare else "(?:.*/)?"
    parts = bare.lstrip("/").split("/")
    expression = ""
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            expression += ".*" if last else "(?:.*/)?"
        else:
            expression += "".join(map(_sign, _SIGNS.findall(part))) + ("" if last else "/")
    return anywhere + expression


def _sign(sign: str) -> str:
    if sign.startswith("*"):
        return "[^/]*"
    if sign == "?":
        return "[^/]"
    if sign.startswith("[") and sign.endswith("]") and len(sign) > 2:
        inside = sign[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        if inside[0] in "!^":
            inside = "^" + inside[1:]
        return f"(?!/)[{inside}]"
    return re.escape(sign[1:] if sign.startswith("\\") and len(sign) > 1 else sign)
