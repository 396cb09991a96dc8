"""What a cell of a matrix was called before, as its document says of all cells together."""

from collections.abc import Iterator

from fused_spec.spec.language.cells.matrix import Cell, Matrix, fits, is_where
from fused_spec.spec.language.cells.names import default_pattern, filled
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK


def former_names_of(cell: Cell, said: Layer, matrix: Matrix, told: Told) -> Layer:
    """Plain names, each at the place where it is said; what is none of these forms is left for the schema to tell."""
    if not isinstance(said.tree, list):
        return said
    names = list(_names(cell, said, matrix, told))
    return Layer([one.tree for one in names], (said.place[0], [one.place for one in names]))


def _names(cell: Cell, said: Layer, matrix: Matrix, told: Told) -> Iterator[Layer]:
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
