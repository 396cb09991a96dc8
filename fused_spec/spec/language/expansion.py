"""One document put together: its layers filled in, each by itself, and merged; a matrix makes one for each cell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple, Protocol

from msgspec.structs import replace

from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, Positions
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.cells.dimensions import Dimensions
from fused_spec.spec.language.cells.doubtful import doubtful_in_document
from fused_spec.spec.language.cells.elements import AT
from fused_spec.spec.language.cells.former import MOVED_FROM, with_names
from fused_spec.spec.language.cells.matrix import Cell, Matrix, tell_empty, unused_dimensions
from fused_spec.spec.language.cells.names import LONGEST, named
from fused_spec.spec.language.cells.spans import Span
from fused_spec.spec.language.layers import Defaults, Fragments
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.merging.merge import finished, over
from fused_spec.spec.language.merging.parts_of_trees import standing, with_steps
from fused_spec.spec.language.merging.shapes import Shape, shape_of
from fused_spec.spec.language.names import fields
from fused_spec.spec.language.names.answers import Answer
from fused_spec.spec.language.names.interpolation import Filler, names_in
from fused_spec.spec.language.names.templates import Reference
from fused_spec.spec.language.project.matching import Match
from fused_spec.spec.language.values.values import Values

_OWN = ("matrix", "use")
_STEPS: Pointer = ("spec", "config", "steps")


class Ready(NamedTuple):
    """Layers that many documents have in common, put together, and which of their fields nobody has given yet."""

    layer: Layer
    holes: frozenset[Pointer]


class Speaks(Protocol):
    """What a document may be made of at a target."""

    values: Values
    fragments: Fragments
    today: date
    max_cells: int
    used: set[str]
    ready: dict[tuple[Any, ...], Ready]

    def defaults(self, kind: str) -> Defaults: ...
    def overrides(self) -> Sequence[tuple[Layer, Match]]: ...
    def has_room(self, span: Span) -> bool: ...


@dataclass(slots=True, kw_only=True)
class Expansion:
    """One document on its way; `holes` are the fields whose values nobody has given yet."""

    language: Speaks
    document: Document
    kind: str
    told: Told
    folder: Folder
    inputs: Inputs
    holes: set[Pointer] = field(default_factory=set)
    matrix: Matrix | None = None

    def documents(self) -> list[Document]:
        layers = self._layers()
        shape = shape_of(self.kind)
        if "matrix" not in self.document.tree:
            same, rest = self._same(layers, shape)
            one = self._merged(same, rest, None, None, shape)
            return [] if self.told.problems else [one]
        if self.document.name is None:  # and so no cell has one
            self.told.problems += [one for one in check(self.document) if one.pointer.startswith("metadata")]
            return []
        self.matrix = matrix = self._matrix()
        if matrix is None:
            return []
        cells = self._cells(matrix)
        if self.told.problems or cells is None:
            return []
        if not cells:
            tell_empty(matrix)
        same, rest = self._same(layers, shape)
        found = []
        for name, cell in cells:
            found.append(self._merged(same, rest, name, cell, shape))
            if self.told.problems:
                return []
        if cells:
            unused_dimensions(matrix, self._dimensions_used(layers), len(cells))
        return found

    def cells(self) -> Sequence[tuple[str, Cell]]:
        """The cells of its matrix by name; none where its elements are not known."""
        matrix = self._matrix()
        return (self._cells(matrix) if matrix is not None else None) or ()

    def saying(self, name: str) -> list[Layer]:
        """The layers of the document of this name, filled in, from weak to strong; none where it is not this one."""
        layers = self._layers()
        cell: Cell | None = None
        if "matrix" in self.document.tree:
            cells = dict(self.cells())
            if name not in cells:
                return []
            cell = cells[name]
        elif name != self.document.name:
            return []
        said = [self._filled(layer, cell) for layer in layers]
        whole: Layer | None = None
        for layer in said:
            whole = self._over(whole, layer, shape_of(self.kind))
        overrides = self._overrides_for(whole, cell) if whole is not None else []
        return [*said, *(self._filled(override.without("match"), cell) for override in overrides)]

    def _layers(self) -> list[Layer]:
        """Those below the overrides, from weak to strong; the last is the document's own."""
        document = self.document
        own = Layer(document.tree, document.positions.root, "").without(*_OWN)
        fragments = self.language.fragments.used_by(document, self.told)
        return [*self.language.defaults(self.kind).documents, *fragments, own]

    def _matrix(self) -> Matrix | None:
        """The matrix with its names filled in; None where its elements are not known."""
        said = Layer(self.document.tree, self.document.positions.root).at(("matrix",))
        if said is None:
            return None
        before = len(self.told.problems)
        self.told.problems += doubtful_in_document(self.document)
        filler = Filler(self.language.values.of, self.told, is_off=lambda pointer: pointer == ("name",))
        tree, place = filler.fill(said.tree, said.place)
        if filler.holes or len(self.told.problems) > before:
            return None
        dimensions = Dimensions(inputs=self.inputs, folder=self.folder, today=self.language.today, told=self.told)
        return dimensions.matrix(Layer(tree, place))

    def _cells(self, matrix: Matrix) -> Sequence[tuple[str, Cell]] | None:
        """The cells by name; None where there are too many, of this document or of the project."""
        if len(matrix.dimensions) > LONGEST:
            message = f"{len(matrix.dimensions)} dimensions, each of which stands in names, and {LONGEST} are the most"
            self.told.tell("bad-matrix", message, matrix.layer.place, "leave some out", AT)
            return None
        most, count = self.language.max_cells, matrix.count()
        if count is None or count > most:
            hint = "split it, or use one job with an input of many elements, or raise limits.matrix in fused-spec.yaml"
            cells = f"{count:,} cells" if count is not None else f"{matrix.size:,} cells before exclude"
            message = f"{cells} of one document, and {most:,} are the most"
            self.told.tell("too-many-cells", message, matrix.layer.place, hint, AT)
            return None
        if not self.language.has_room(Span(self.told.where(matrix.layer.place), self.document.name or "", count)):
            return None
        place = self.document.positions.place(("metadata", "name"))
        return named(list(matrix.cells()), matrix, self.document.name or "", place, self.told)

    def _same(self, layers: Sequence[Layer], shape: Shape) -> tuple[Layer | None, Sequence[Layer]]:
        """What is the same in every cell, filled in and merged; and from the first layer that is not, all further.

        What several documents have in common is put together once: the last layer is the document's own.
        """
        *shared, own = layers
        count = next((index for index, layer in enumerate(shared) if _names_cell(layer)), len(shared))
        same: Layer | None = None
        if count:
            known = (self.kind, *(id(layer.tree) for layer in shared[:count]))
            if known not in self.language.ready:
                for layer in shared[:count]:
                    same = self._over(same, self._filled(layer, None), shape)
                assert same is not None  # there is one at least
                self.language.ready[known] = Ready(same, frozenset(self.holes))
            same, holes = self.language.ready[known]
            self.holes |= holes
        if count < len(shared) or ("matrix" in self.document.tree and _names_cell(own)):
            return same, layers[count:]
        return self._over(same, self._filled(own, None), shape), ()

    def _merged(
        self, same: Layer | None, rest: Sequence[Layer], name: str | None, cell: Cell | None, shape: Shape
    ) -> Document:
        """The document of one cell, or the only one."""
        whole = same
        for layer in rest:
            whole = self._over(whole, self._filled(layer, cell), shape)
        assert whole is not None  # the document is a layer
        for override in self._overrides_for(whole, cell):
            self.language.used.add(override.name)
            whole = self._over(whole, self._filled(override.without("match"), cell), shape)
        whole = self._with_step_defaults(whole, cell, shape)
        tree, place = finished((whole.tree, whole.place), shape, self.told)
        return self._document(tree, place, name, cell)

    def _overrides_for(self, whole: Layer, cell: Cell | None) -> list[Layer]:
        """Those of the target that are for the document, as it is without them."""
        labels = whole.at(("metadata", "labels"))
        keys = cell.keys if cell is not None else {}
        name = self.document.name or ""
        return [
            override
            for override, match in self.language.overrides()
            if match.fits(self.kind, name, keys, labels and labels.tree)
        ]

    def _document(self, tree: Any, place: Any, name: str | None, cell: Cell | None) -> Document:
        if name is not None and cell is not None:
            assert self.matrix is not None  # it has the cell
            tree, place = with_names(Layer(tree, place), name, cell, self.matrix, self.told)
        return replace(
            self.document,
            tree=tree,
            positions=Positions(self.document.file.name, place),
            doubts=standing(self.document.doubts, tree),
            holes=frozenset(self.holes),
            group=self.document.name if cell is not None else None,
            cell=cell.keys if cell is not None else {},
        )

    def _with_step_defaults(self, whole: Layer, cell: Cell | None, shape: Shape) -> Layer:
        """The defaults of each step's type below the step."""
        defaults = self.language.defaults(self.kind).steps
        steps = whole.at(("spec", "config", "steps"))
        if not defaults or steps is None or not isinstance(steps.tree, list):
            return whole
        item = shape.of("spec").of("config").of("steps").item or Shape()
        changed: list[Layer] = []
        for index in range(len(steps.tree)):
            step = steps.at((index,))
            assert step is not None  # it is one of the list
            of_type = defaults.get(str(step.tree.get("type")), ()) if isinstance(step.tree, dict) else ()
            below: Layer | None = None
            for layer in of_type:
                below = self._over(below, self._filled(layer, cell, (*_STEPS, index)), item)
            changed.append(self._over(below, step, item))
        return with_steps(whole, changed)

    def _filled(self, layer: Layer, cell: Cell | None, at: Pointer = ()) -> Layer:
        filler = Filler(
            partial(self._ask, cell),
            self.told,
            is_text=partial(fields.is_text, self.kind),
            is_off=fields.is_off,
            refused=fields.refused,
        )
        tree, place = filler.fill(layer.tree, layer.place, at)
        self.holes |= filler.holes
        return Layer(tree, place, layer.name)

    def _ask(self, cell: Cell | None, reference: Reference) -> Answer:
        if reference.namespace == "matrix" and cell is not None:
            return cell.of(reference, self.told)
        if reference.namespace == "secret":
            return self.language.values.secret(reference)
        return self.language.values.of(reference)

    def _over(self, weak: Layer | None, strong: Layer, shape: Shape) -> Layer:
        if weak is None:
            return strong
        return Layer(*over((weak.tree, weak.place), (strong.tree, strong.place), shape, self.told), strong.name)

    def _dimensions_used(self, layers: Sequence[Layer]) -> set[str]:
        """The dimensions that the layers name, and those by which overrides tell cells apart."""
        said = [*layers, *(override for override, _ in self.language.overrides())]
        named_there = {
            str(name.path[0])
            for layer in said
            for pointer, name in names_in(layer.tree)
            if name.namespace == "matrix" and name.path and pointer[:2] != MOVED_FROM
        }
        return named_there | {name for _, match in self.language.overrides() for name in match.matrix}


def _names_cell(layer: Layer) -> bool:
    return any(name.namespace == "matrix" for _, name in names_in(layer.tree))
