"""Where every key and value of a document stands in its file."""

from dataclasses import dataclass, field
from typing import Any

from yaml.error import Mark

from fused_spec.messages.diagnostics import Location

Pointer = tuple[str | int, ...]
"""The way from the root to a value: `("spec", "config", "steps", 0)`."""

LITERAL = "|"

Place = tuple[Mark, Any]
"""Where a value starts, and what is inside: `{key: (mark of the key, place)}`, `[place, …]`, `LITERAL` for a
block written with `|`, None for any other scalar. Marks stay as the parser made them: few are ever asked for."""


def dotted(pointer: Pointer) -> str:
    """A pointer as people read it: `spec.config.steps.0`."""
    return ".".join(map(str, pointer))


def location(mark: Mark, path: str) -> Location:
    return Location(path=path, line=mark.line + 1, column=mark.column + 1)


@dataclass(frozen=True, slots=True)
class Positions:
    """Places of keys and values; a pointer to nothing gives the nearest value above it."""

    path: str
    root: Place = field(repr=False)

    def value(self, pointer: Pointer) -> Location:
        """Where the value starts."""
        return location(self._find(pointer)[0], self.path)

    def key(self, pointer: Pointer) -> Location:
        """Where the key of a mapping's entry starts; an item of a list has none, so its value."""
        if pointer:
            inside = self._find(pointer[:-1])[1]
            if isinstance(inside, dict) and pointer[-1] in inside:
                return location(inside[pointer[-1]][0], self.path)
        return self.value(pointer)

    def block_line(self, pointer: Pointer) -> int | None:
        """The file's line of the first line in a literal block (`code: |`); None for any other value."""
        mark, inside = self._find(pointer)
        return mark.line + 2 if inside == LITERAL else None

    def _find(self, pointer: Pointer) -> Place:
        place = self.root
        for step in pointer:
            inside = place[1]
            if isinstance(inside, dict) and step in inside:
                place = inside[step][1]
            elif isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside):
                place = inside[step]
            else:
                break
        return place
