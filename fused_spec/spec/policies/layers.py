"""What the layer is called that a value came from, where that is not the document itself."""

from collections.abc import Iterator, Sequence
from typing import Any

from fused_spec.messages.diagnostics import Location
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Place, Pointer

_DEPTHS = {"defaults": 2, "variables": 3, "targets": 3}
"""How many steps of a place in a project file say which layer it is."""


def layer_at(location: Location, document: Document, files: Sequence[Document]) -> str | None:
    """`targets.dev.overrides[0]` for a place that lies there; None for one in the document's own file."""
    if location.path == document.file.name:
        return None
    for file in files:
        if file.file.name == location.path:
            return next((_layer(pointer) for pointer in _at(file.positions.root, location, ())), None)
    return None


def _at(place: Place, location: Location, way: Pointer) -> Iterator[Pointer]:
    """The ways to what starts at a location: the longest first."""
    mark, inside = place
    items: Any = ()
    if isinstance(inside, dict):
        items = ((key, one) for key, (_, one) in inside.items())
    elif isinstance(inside, list):
        items = enumerate(inside)
    for step, one in items:
        yield from _at(one, location, (*way, step))
    if (mark.line + 1, mark.column + 1) == (location.line, location.column):
        yield way


def _layer(pointer: Pointer) -> str:
    steps = list(pointer[: _DEPTHS.get(str(pointer[0]), 1)]) if pointer else []
    if steps[2:] == ["overrides"] and len(pointer) > 3:
        steps.append(pointer[3])
    if steps[2:] == ["variables"] and len(pointer) > 3:
        steps.append(pointer[3])
    said = ""
    for step in steps:
        said += f"[{step}]" if isinstance(step, int) else f".{step}"
    return said.lstrip(".")
