"""How many cells the documents of a project have together, of which there is a most."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fused_spec.messages.diagnostics import Diagnostic, Location

MOST_CELLS = 10_000
"""Of a project at one target."""
_NAMED = 3


class Span(NamedTuple):
    """The cells of one document, and where its matrix stands."""

    place: Location
    name: str
    cells: int


def too_many(spans: Iterable[Span]) -> Iterator[Diagnostic]:
    """What is told where all documents together have too many, with those that have most."""
    found = sorted(set(spans), key=lambda one: (-one.cells, one.place))
    cells = sum(one.cells for one in found)
    if cells <= MOST_CELLS:
        return
    most = [f"{one.name} has {one.cells:,} ({one.place})" for one in found[:_NAMED]]
    rest = sum(one.cells for one in found[_NAMED:])
    if rest:
        most.append(f"{len(found) - _NAMED} more have {rest:,}")
    yield Diagnostic(
        code="too-many-cells",
        message=f"{cells:,} cells of this project, and {MOST_CELLS:,} are the most: {', '.join(most)}",
        location=found[0].place,
        pointer="matrix",
        hint="use jobs with an input of many elements, or keep apart in another project what nothing here reads",
    )
