"""What specs of a project declare that a command was not given: by their text alone, rather too much than too little.

Whoever names a part of the specs says nothing about the rest: what is declared there has not left the specs, and no
prune ends it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from fused_spec.errors import Misconfigured
from fused_spec.spec.files.exclusion import Exclusion, exclusion
from fused_spec.spec.files.limits import MAX_FILES, MAX_SPEC_BYTES
from fused_spec.spec.files.roots import PROJECT_FILE
from fused_spec.spec.model import DEFAULT_SCOPE, Key, Kind, Resolution

_MOST_FILES = MAX_FILES
_MOST_FOLDERS = 20_000
_BEGIN = 1 << 20  # within so many bytes a spec says that it is one
_SPECS = (".yaml", ".yml", ".json")
_NOT_LOOKED_INTO = ("node_modules", "venv", "__pycache__")

_OURS = re.compile(rb"""apiVersion["']?\s*:\s*["']?fused-spec/""")
_BORDER = re.compile(r"^---", re.MULTILINE)
_KIND = re.compile(r"""\bkind["']?\s*:\s*["']?(\w+)""")
_MATRIX = re.compile(r"""\bmatrix["']?\s*:""")
_ANY_NAME = re.compile(r"""\bname["']?\s*:\s*["']?\$\{""")  # a pattern that begins with a dimension
_MOVED = "moved_from"
_WORD = re.compile(r"[\w.-]+")
_RUN = re.compile(r"""\brun["']?\s*:\s*["']?([\w.-]+)""")
_NAME = re.compile(r"""\bname["']?\s*:\s*["']?([\w.-]+)""")


class Elsewhere(Struct, frozen=True):
    """What else is declared; where nobody could look, everything may be.

    `beginnings` are those of the names of cells, whose matrix nobody looked at.
    """

    declared: frozenset[Key] = frozenset()
    unknown: bool = False
    beginnings: frozenset[Key] = frozenset()

    def declares(self, key: Key) -> bool:
        if self.unknown or key in self.declared:
            return True
        return any(key.kind is one.kind and key.name.startswith(one.name) for one in self.beginnings)


class Declared(NamedTuple):
    """Names that are taken, and the ids of runs that specs name."""

    names: frozenset[str]
    runs: frozenset[str]


def declared_below(folder: Path, exclude: Sequence[str]) -> Declared:
    """What the files below a folder may declare, by their text alone.

    Raises `Misconfigured` where there is too much to look at.
    """
    root = Path(os.path.realpath(folder))
    names: set[str] = set()
    runs: set[str] = set()
    try:
        for path in _files(root, exclusion(root, tuple(exclude))):
            text = _text(path)
            names |= {path.stem, *(key.name for key in _keys(text))}
            runs |= set(_RUN.findall(text))
    except _TooMuch:
        hint = "go to the folder of a project"
        raise Misconfigured("this folder has more files than are looked through for names", hint=hint) from None
    return Declared(frozenset(names), frozenset(runs))


def look_elsewhere(resolution: Resolution) -> Elsewhere:
    """What the files of the project may declare that are not among those of the resolution.

    Without a project file nothing says which files belong together, and nothing is looked at.
    """
    project = resolution.project
    if project.scope == DEFAULT_SCOPE:
        return Elsewhere()
    root = Path(os.path.realpath(project.root))
    given = {os.path.realpath(path) for path in resolution.files}
    found: set[Key] = set()
    beginnings: set[Key] = set()
    try:
        for path in _files(root, exclusion(root, project.exclude)):
            if os.path.realpath(path) not in given:
                text = _text(path)
                found.update(_keys(text))
                beginnings.update(_beginnings(text))
    except (OSError, _TooMuch):  # what cannot be read may declare anything
        return Elsewhere(unknown=True)
    return Elsewhere(frozenset(found), beginnings=frozenset(beginnings))


class _TooMuch(Exception):  # a signal, which never leaves this module
    """There is more than can be looked at."""


def _files(root: Path, excluded: Exclusion) -> Iterator[Path]:
    """What may be a spec of the project; a folder with a project file of its own is another one."""
    files_met = 0
    for folders_met, (folder, folders, names) in enumerate(os.walk(root, onerror=_raise)):
        here = Path(folder)
        if here != root and PROJECT_FILE in names:
            folders.clear()
            continue
        within = "" if here == root else f"{here.relative_to(root).as_posix()}/"
        folders[:] = [name for name in folders if not _is_passed_over(name)]
        folders[:] = [name for name in folders if not excluded.covers(f"{within}{name}", folder=True)]
        for name in names:
            if _may_be_a_spec(here / name) and not excluded.covers(f"{within}{name}", folder=False):
                files_met += 1
                yield here / name
        if folders_met > _MOST_FOLDERS or files_met > _MOST_FILES:
            raise _TooMuch


def _may_be_a_spec(path: Path) -> bool:
    name = path.name
    return name.endswith(_SPECS) and not name.startswith(".") and name != PROJECT_FILE and path.is_file()


def _raise(error: OSError) -> None:
    raise error


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name in _NOT_LOOKED_INTO


def _text(path: Path) -> str:
    """The text of a file without the lines that are comments, which say nothing; empty where it is no spec."""
    with path.open("rb") as stream:
        content = stream.read(_BEGIN)
        if not _OURS.search(content):
            return ""
        content += stream.read(MAX_SPEC_BYTES)
    if len(content) > MAX_SPEC_BYTES:
        raise _TooMuch
    return "\n".join(line for line in content.decode("utf-8", "replace").splitlines() if not _is_comment(line))


def _keys(text: str) -> Iterator[Key]:
    """Each kind with each name of one document."""
    for document in _BORDER.split(text):
        kinds = {kind for kind in Kind if str(kind) in _KIND.findall(document)}
        names = set(_NAME.findall(document))
        if _MOVED in document:  # what follows may be former names, and none of them is gone
            names |= set(_WORD.findall(document))
        yield from (Key(kind=kind, name=name) for name in names for kind in kinds)


def _beginnings(text: str) -> Iterator[Key]:
    """How names of cells begin: as the document's own, or as the pattern of names does up to its first dimension."""
    for document in _BORDER.split(text):
        if _MATRIX.search(document) is None:
            continue
        names = {f"{name.rstrip('-')}-" for name in _NAME.findall(document)}
        if _ANY_NAME.search(document) is not None:
            names = {""}
        kinds = {kind for kind in Kind if str(kind) in _KIND.findall(document)}
        yield from (Key(kind=kind, name=name) for name in names for kind in kinds)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")
