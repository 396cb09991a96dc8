"""Where every key and value of a document stands in its file."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from yaml.error import Mark

from fused_spec.messages.diagnostics import Location

Pointer = tuple[str | int, ...]
"""The way from the root to a value: `("spec", "config", "steps", 0)`."""

LITERAL = "|"


class Spot(NamedTuple):
    """A place of another file than the document's own; `via` says through what name the value came from there.

    `line` and `column` count from 0, as marks do.
    """

    path: str
    line: int
    column: int
    via: str | None = None


Place = tuple[Mark | Spot, Any]
"""Where a value starts, and what is inside: `{key: (mark of the key, place)}`, `[place, …]`, `LITERAL` for a
block written with `|`, None for any other scalar. Marks stay as the parser made them: few are ever asked for."""


def dotted(pointer: Pointer) -> str:
    """A pointer as people read it: `spec.config.steps.0`."""
    return ".".join(map(str, pointer))


def location(mark: Mark | Spot, path: str) -> Location:
    """The place of a mark, which is in the file `path` unless it says another."""
    file = mark.path if isinstance(mark, Spot) else path
    return Location(path=file, line=mark.line + 1, column=mark.column + 1)


def spotted(place: Place, path: str) -> Place:
    """The same place, with everything in it, so that it may stand among those of another file."""
    mark, inside = place
    if isinstance(inside, dict):
        inside = {key: (_spot(at, path), spotted(one, path)) for key, (at, one) in inside.items()}
    elif isinstance(inside, list):
        inside = [spotted(one, path) for one in inside]
    return _spot(mark, path), inside


def throughout(place: Place, value: Any) -> Place:
    """The place with one for everything in the value: what has none of its own stands where the whole does."""
    mark, inside = place
    if isinstance(value, dict):
        known = inside if isinstance(inside, dict) else {}
        places = {key: known.get(key, (mark, (mark, None))) for key in value}
        return mark, {key: (at, throughout(one, value[key])) for key, (at, one) in places.items()}
    if isinstance(value, list):
        items = inside if isinstance(inside, list) and len(inside) == len(value) else [(mark, None)] * len(value)
        return mark, [throughout(at, one) for at, one in zip(items, value, strict=True)]
    return place


def _spot(mark: Mark | Spot, path: str) -> Spot:
    return mark if isinstance(mark, Spot) else Spot(path, mark.line, mark.column)


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

    def via(self, pointer: Pointer) -> str | None:
        """Through which name the value came here, if through any; `"var.disk (fused-spec.yaml:6:3)"`."""
        mark = self._find(pointer)[0]
        return mark.via if isinstance(mark, Spot) else None

    def block_line(self, pointer: Pointer) -> Location | None:
        """The first line in a literal block (`code: |`); None for any other value."""
        mark, inside = self._find(pointer)
        first = location(mark, self.path)
        return Location(path=first.path, line=first.line + 1) if inside == LITERAL else None

    def place(self, pointer: Pointer) -> Place:
        """The place itself, with those of everything in it."""
        return self._find(pointer)

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
