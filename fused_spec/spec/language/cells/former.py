"""What a cell of a matrix is called, and was before, as its document says of all cells together."""

from collections.abc import Iterator
from typing import Any

from fused_spec.spec.documents.positions import Place, Pointer
from fused_spec.spec.language.cells.matrix import Cell, Matrix, fits, is_where
from fused_spec.spec.language.cells.names import default_pattern, filled
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK

MOVED_FROM: Pointer = ("metadata", "moved_from")


def with_names(whole: Layer, name: str, cell: Cell, matrix: Matrix, told: Told) -> tuple[Any, Place]:
    """The document with the name of the cell, and with those alone that this cell had before."""
    metadata = {**whole.tree["metadata"], "name": name}
    place, said = whole.place, whole.at(MOVED_FROM)
    if said is not None and isinstance(said.tree, list):  # anything else is left for the schema to tell
        former = list(_names(cell, said, matrix, told))
        metadata["moved_from"] = [one.tree for one in former]
        if not former:
            del metadata["moved_from"]
        mark, inside = place
        key, (at, fields) = inside["metadata"]
        fields = {**fields, "moved_from": (fields["moved_from"][0], (said.place[0], [one.place for one in former]))}
        place = (mark, {**inside, "metadata": (key, (at, fields))})
    return {**whole.tree, "metadata": metadata}, place


def _names(cell: Cell, said: Layer, matrix: Matrix, told: Told) -> Iterator[Layer]:
    """Plain names, each at the place where it is said; what is none of these forms is left for the schema to tell."""
    for index, one in enumerate(said.tree):
        layer = said.at((index,)) or said
        name = layer.at(("name",)) if isinstance(one, dict) else layer
        where = layer.at(("where",)) if isinstance(one, dict) else None
        if name is None or not isinstance(name.tree, str):
            yield layer
            continue
        if where is not None and not (is_where(where, tuple(matrix.dimensions), "the matrix", told)):
            continue
        if where is not None and not fits(cell.elements, where.tree):
            continue
        # A name alone is that of the matrix; with `where` one job has become some of the cells.
        is_of_matrix = where is None and MARK not in name.tree
        pattern = default_pattern(name.tree, matrix) if is_of_matrix else name.tree
        text = filled(pattern, cell, told, name.place)
        if text is not None:
            yield Layer(text, name.place)
