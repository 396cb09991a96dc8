"""The sorts of problems: each has a word, which programs may have learnt, and a number, which people can look up.

Both are kept for ever. The texts lie in files beside this module, which are read when something is told.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from fused_spec.messages.diagnostics import nearest

_FOLDER = Path(__file__).parent
_PREFIX = "FS"


class Entry(Struct, frozen=True, kw_only=True):
    """One sort of problem; where it has no `example`, `no_example` says why."""

    number: int
    code: str
    group: str
    title: str
    cause: str
    remedy: str
    example: str = ""
    no_example: str = ""

    @property
    def id(self) -> str:
        return f"{_PREFIX}{self.number:03}"


@cache
def entries() -> Mapping[str, Entry]:
    """All of them by their code, in the order of their numbers."""
    found = [entry for path in _FOLDER.glob("*.toml") for entry in _entries(path)]
    return MappingProxyType({entry.code: entry for entry in sorted(found, key=lambda entry: entry.number)})


def id_of(code: str) -> str:
    """The number of a code, such as FS201; what has none is told by its word, since telling must not fail."""
    entry = entries().get(code)
    return entry.id if entry is not None else code


def find(word: str) -> Entry | None:
    """What a person means by a number or a word, in any case."""
    meant = word.strip().lower()
    by_id = {entry.id.lower(): entry for entry in entries().values()}
    return by_id.get(meant) or entries().get(meant)


def meant_by(word: str) -> Entry | None:
    """The one that a word which is none was most likely meant to be."""
    close = nearest(word, [name for entry in entries().values() for name in (entry.code, entry.id)])
    return find(close) if close is not None else None


def _entries(path: Path) -> list[Entry]:
    import tomllib  # only when something is told

    said: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Entry(code=code, group=said["group"], **fields) for code, fields in said["code"].items()]
