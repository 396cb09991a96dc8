"""What the cells of a matrix are called: after the keys of their elements."""

from collections.abc import Sequence

from fused_spec.spec.documents.positions import Place
from fused_spec.spec.documents.wording import either, spelt
from fused_spec.spec.language.cells.elements import AT, slug
from fused_spec.spec.language.cells.matrix import Cell, Matrix
from fused_spec.spec.language.merging.layer import Told
from fused_spec.spec.language.names.answers import Answer, Found
from fused_spec.spec.language.names.interpolation import Filler
from fused_spec.spec.language.names.templates import MARK, Mistake, Reference, references_in

LONGEST = 63


def named(cells: Sequence[Cell], matrix: Matrix, name: str, place: Place, told: Told) -> list[tuple[str, Cell]]:
    """Each cell with its name; those that cannot have one, or share it, are told and left out."""
    pattern = _pattern(matrix, name, told)
    if pattern is None:
        return []
    taken: dict[str, Cell] = {}
    at = matrix.name.place if matrix.name is not None else place
    for cell in cells:
        called = filled(pattern, cell, told, at)
        if called is None:
            return []
        if called in taken:
            message = f"two cells would be called {called}: {taken[called]}, and {cell}"
            told.tell("double-name", message, at, "write a name that tells them apart, or other keys", (*AT, "name"))
            return []
        if len(called) > LONGEST:
            message = f"the name {called} has {len(called)} characters, and {LONGEST} are the most"
            told.tell("too-long", message, at, "write shorter keys, or a name: …", (*AT, "name"))
            return []
        taken[called] = cell
    return list(taken.items())


def default_pattern(name: str, matrix: Matrix) -> str:
    """How cells are called where the matrix does not say it."""
    return "-".join([name, *(f"{MARK}matrix.{dimension}}}" for dimension in sorted(matrix.dimensions))])


def _pattern(matrix: Matrix, name: str, told: Told) -> str | None:
    """The pattern of the names, which uses each dimension."""
    said = matrix.name
    if said is None:
        return default_pattern(name, matrix)
    if not isinstance(said.tree, str):
        told.tell("bad-matrix", "the name of cells is text", said.place, _example(name, matrix), (*AT, "name"))
        return None
    used = {str(one.path[0]) for one in references_in(said.tree) if one.namespace == "matrix" and one.path}
    if missing := [dimension for dimension in matrix.dimensions if dimension not in used]:
        quoted = either((f'"{one}"' for one in missing), "and")
        message = f"{matrix.size:,} cells would share names: the name does not use {quoted}"
        told.tell("name-without-dimension", message, said.place, _example(name, matrix), (*AT, "name"))
        return None
    return said.tree


def _example(name: str, matrix: Matrix) -> str:
    return "write name: " + spelt("-".join([name, *(f"{MARK}matrix.{one}}}" for one in matrix.dimensions)]))


def filled(pattern: str, cell: Cell, told: Told, place: Place) -> str | None:
    """The name that a pattern gives a cell; None for what cannot be filled in, which is told."""

    def ask(reference: Reference) -> Answer:
        if reference.namespace != "matrix":
            return Mistake("no-such-name", f"${{{reference}}}: a name is made of the matrix alone", "name a dimension")
        answer = cell.of(reference, told)
        if not isinstance(answer, Found):
            return answer
        text = answer.text if answer.text is not None else str(answer.value)
        return answer._replace(value=slug(text), text=slug(text))

    filler = Filler(ask, told)
    name, _ = filler.fill(pattern, place)
    return None if filler.holes else str(name)
