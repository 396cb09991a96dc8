"""The order of what stands at the top of a document; each part takes its comments along."""

from collections.abc import Sequence
from typing import NamedTuple

from fused_spec.spec.documents.forms.structure import Keys, structure_of

_ORDER = ("apiVersion", "kind", "project", "metadata", "use", "matrix", "spec")
_MODELINE = "yaml-language-server:"


class _Part(NamedTuple):
    """A key with the comments above it; `is_apart` says that an empty line is before them."""

    name: str
    lines: Sequence[str]
    is_apart: bool


def in_order(text: str) -> str:
    """The text, of which the lines are laid out already, with the parts of each document in their order."""
    structure = structure_of(text)
    lines = text.split("\n")
    ends = [keys.begins for keys in structure.documents[1:]]
    for keys, end in reversed(list(zip(structure.documents, [*ends, len(lines)], strict=True))):
        if not keys.keeps_empty_lines and _places(keys) != sorted(_places(keys)):
            lines[keys.begins : end] = _ordered(lines, keys, end, structure.inside)
    return "\n".join(lines)


def _places(keys: Keys) -> list[int]:
    """Of the keys; a project file keeps its own order behind its name."""
    if "kind" not in keys.names:
        return [_ORDER.index(name) if name in ("apiVersion", "project") else len(_ORDER) for name in keys.names]
    return [_ORDER.index(name) if name in _ORDER else len(_ORDER) for name in keys.names]


def _ordered(lines: list[str], keys: Keys, end: int, inside: set[int]) -> list[str]:
    tail = end
    while tail - 1 > keys.lines[-1] and tail - 1 not in inside and _is_loose(lines[tail - 1]):
        tail -= 1
    starts = [
        _start(lines, line, above, inside) for line, above in zip(keys.lines, [keys.begins, *keys.lines], strict=False)
    ]
    starts[0] = _head_end(lines, starts[0], keys.lines[0])
    parts = [
        _part(name, lines[start:stop])
        for name, start, stop in zip(keys.names, starts, [*starts[1:], tail], strict=True)
    ]
    found = lines[keys.begins : starts[0]]
    for _, part in sorted(zip(_places(keys), parts, strict=True), key=lambda pair: pair[0]):
        if part.is_apart and found and found[-1]:
            found.append("")
        found += part.lines
    return [*found, *lines[tail:end]]


def _is_loose(line: str) -> bool:
    """Whether it is no part of what stands above it."""
    return not line or line.startswith(("#", "---", "..."))


def _start(lines: list[str], line: int, above: int, inside: set[int]) -> int:
    while line - 1 >= above and line - 1 not in inside and (not lines[line - 1] or lines[line - 1].startswith("#")):
        line -= 1
    return line


def _head_end(lines: list[str], start: int, line: int) -> int:
    """Where the comments end that are of the whole document: those for an editor, and those with a line behind them."""
    whole = [number for number in range(start, line) if not lines[number] or _MODELINE in lines[number]]
    return whole[-1] + 1 if whole else start


def _part(name: str, lines: Sequence[str]) -> _Part:
    first = next(number for number, line in enumerate(lines) if line)
    # What an empty line at the end is part of is never moved: `_start` took the others.
    return _Part(name, lines[first:], first > 0)
