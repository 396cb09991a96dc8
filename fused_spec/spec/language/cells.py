"""The cells of a document's matrix, each with the name that it is known by."""

from collections.abc import Sequence
from typing import NamedTuple

from fused_spec.spec.documents.document import Document
from fused_spec.spec.language.cell_names import named
from fused_spec.spec.language.dimensions import Dimensions
from fused_spec.spec.language.interpolation import Filler
from fused_spec.spec.language.layer import Layer
from fused_spec.spec.language.matrix import Cell, Matrix
from fused_spec.spec.language.values import Values


class Spanned(NamedTuple):
    """A matrix, and its cells by name."""

    matrix: Matrix
    cells: Sequence[tuple[str, Cell]]


def spanned_by(document: Document, dimensions: Dimensions, values: Values, most: int) -> Spanned | None:
    """What a document's matrix spans; None where its elements are not known.

    What is wrong with it is told where the `dimensions` tell it, and so is a matrix of more cells than the `most`,
    which has none then.
    """
    matrix = _matrix(document, dimensions, values)
    if matrix is None:
        return None
    if matrix.size > most:
        message = f"{matrix.size:,} cells of one document, and {most:,} are the most"
        hint = "split it, or use one job with an input of many elements, or raise limits.matrix in fused-spec.yaml"
        dimensions.told.tell("too-many-cells", message, matrix.layer.place, hint, ("matrix",))
        return Spanned(matrix, ())
    place = document.positions.place(("metadata", "name"))
    return Spanned(matrix, named(list(matrix.cells()), matrix, document.name or "", place, dimensions.told))


def _matrix(document: Document, dimensions: Dimensions, values: Values) -> Matrix | None:
    """The matrix with its names filled in."""
    said = Layer(document.tree, document.positions.root).at(("matrix",))
    if said is None:
        return None
    told = dimensions.told
    before = len(told.problems)
    filler = Filler(values.of, told, is_off=lambda pointer: pointer == ("name",))
    tree, place = filler.fill(said.tree, said.place)
    if filler.holes or len(told.problems) > before:
        return None
    return dimensions.matrix(Layer(tree, place))
