"""From a document as a person wrote it to the plain ones that it stands for, at one target.

A document that uses none of the language is itself. Of any other the layers are filled in, each by itself, and merged;
a matrix makes one document for each of its cells. What is wrong is told, and leaves the document out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import FRAGMENT, SPEC_KINDS, check
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, Positions
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language import fields
from fused_spec.spec.language.answers import Answer
from fused_spec.spec.language.cells import spanned_by
from fused_spec.spec.language.dimensions import Dimensions
from fused_spec.spec.language.interpolation import Filler, names_in
from fused_spec.spec.language.layer import Layer, Told
from fused_spec.spec.language.layers import Defaults, Fragments, Match, defaults_for, match_of
from fused_spec.spec.language.matrix import Cell, unused_dimensions
from fused_spec.spec.language.merge import finished, over
from fused_spec.spec.language.parts import fragment_problems
from fused_spec.spec.language.shapes import Shape, shape_of
from fused_spec.spec.language.templates import MARK, Reference
from fused_spec.spec.language.values import Values

MAX_CELLS = 1_000
"""Of one document, where `limits.matrix` says nothing else."""
_MARK = MARK.encode()
_OWN = ("matrix", "use")
_STEPS: Pointer = ("spec", "config", "steps")


@dataclass(slots=True, kw_only=True)
class Language:
    """What a document may be made of, at one target; `used` gathers what was, so that the rest can be told."""

    values: Values
    fragments: Fragments
    today: date
    max_cells: int = MAX_CELLS
    used: set[str] = field(default_factory=set)
    _defaults: dict[str, Defaults] = field(default_factory=dict)
    _overrides: Sequence[tuple[Layer, Match]] | None = None
    _speaks: dict[str, bool] = field(default_factory=dict)

    def documents(self, document: Document, folder: Folder, inputs: Inputs) -> tuple[list[Document], list[Diagnostic]]:
        """The plain documents that one stands for, and what is wrong with it."""
        kind = document.kind
        if kind == FRAGMENT:
            return [], check(document) or fragment_problems(document)
        if kind not in SPEC_KINDS or not isinstance(document.tree, dict) or self._is_plain(document, kind):
            return [document], []
        if not self.is_here(document):
            return [], []
        told = Told(document.file.name)
        expansion = _Expansion(language=self, document=document, kind=kind, told=told, folder=folder, inputs=inputs)
        found = expansion.documents()
        return found, list(dict.fromkeys(told.problems))

    def defaults(self, kind: str) -> Defaults:
        if kind not in self._defaults:
            self._defaults[kind] = defaults_for(kind, self.values.declared, self.values.target)
        return self._defaults[kind]

    def note_used(self) -> None:
        """Gather what was used of variables and fragments."""
        self.used |= {f"var.{name}" for name in self.values.used}
        self.used |= {f"fragment.{name}" for name in self.fragments.used}

    def overrides(self) -> Sequence[tuple[Layer, Match]]:
        """The overrides of the target that can be understood."""
        if self._overrides is None:
            said = ((one, match_of(one)) for one in self.values.target.overrides)
            self._overrides = [(one, match) for one, match in said if match is not None]
        return self._overrides

    def _is_plain(self, document: Document, kind: str) -> bool:
        """Whether nothing of the language is in it, nor is any for it."""
        tree = document.tree
        if "matrix" in tree or "use" in tree or self.values.target.overrides:
            return False
        metadata = tree.get("metadata")
        if isinstance(metadata, dict) and "targets" in metadata:
            return False
        defaults = self.defaults(kind)
        if defaults.documents or defaults.steps:
            return False
        name = document.file.name
        if name not in self._speaks:
            self._speaks = {name: _MARK in document.file.content}
        return not self._speaks[name]

    def is_here(self, document: Document) -> bool:
        """Whether the document exists in the target, as `metadata.targets` says."""
        metadata = document.tree.get("metadata")
        said = metadata.get("targets") if isinstance(metadata, dict) else None
        name = self.values.target.name
        if isinstance(said, list):
            return name in said
        if isinstance(said, dict) and isinstance(said.get("except"), list):
            return name not in said["except"]
        return True


@dataclass(slots=True, kw_only=True)
class _Expansion:
    """One document on its way; `holes` are the fields whose values nobody has given yet."""

    language: Language
    document: Document
    kind: str
    told: Told
    folder: Folder
    inputs: Inputs
    holes: set[Pointer] = field(default_factory=set)

    def documents(self) -> list[Document]:
        layers = self._layers()
        shape = shape_of(self.kind)
        if "matrix" not in self.document.tree:
            same, rest = self._same(layers, shape)
            one = self._merged(same, rest, None, None, shape)
            return [] if self.told.problems else [one]
        spanned = spanned_by(self.document, self._dimensions(), self.language.values, self.language.max_cells)
        if spanned is None:
            return []
        matrix, cells = spanned
        same, rest = self._same(layers, shape)
        found = []
        for name, cell in cells:
            found.append(self._merged(same, rest, name, cell, shape))
            if self.told.problems:
                return []
        unused_dimensions(matrix, self._dimensions_used(layers), len(cells))
        return found

    def _dimensions(self) -> Dimensions:
        return Dimensions(inputs=self.inputs, folder=self.folder, today=self.language.today, told=self.told)

    def _layers(self) -> list[Layer]:
        """Those below the overrides, from weak to strong; the last is the document's own."""
        document = self.document
        own = Layer(document.tree, document.positions.root, "").without(*_OWN)
        fragments = self.language.fragments.used_by(document, self.told)
        return [*self.language.defaults(self.kind).documents, *fragments, own]

    def _same(self, layers: Sequence[Layer], shape: Shape) -> tuple[Layer | None, Sequence[Layer]]:
        """What is the same in every cell, filled in and merged; and from the first layer that is not, all further."""
        same: Layer | None = None
        for index, layer in enumerate(layers):
            if any(name.namespace == "matrix" for _, name in names_in(layer.tree)):
                return same, layers[index:]
            same = self._over(same, self._filled(layer, None), shape)
        return same, ()

    def _merged(
        self, same: Layer | None, rest: Sequence[Layer], name: str | None, cell: Cell | None, shape: Shape
    ) -> Document:
        """The document of one cell, or the only one."""
        whole = same
        for layer in rest:
            whole = self._over(whole, self._filled(layer, cell), shape)
        assert whole is not None  # the document is a layer
        for override, match in self.language.overrides():
            labels = whole.at(("metadata", "labels"))
            keys = cell.keys if cell is not None else {}
            if match.fits(self.kind, self.document.name or "", keys, labels and labels.tree):
                self.language.used.add(override.name)
                whole = self._over(whole, self._filled(override.without("match"), cell), shape)
        whole = self._with_step_defaults(whole, cell, shape)
        tree, place = finished((whole.tree, whole.place), shape, self.told)
        return self._document(tree, place, name, cell)

    def _document(self, tree: Any, place: Any, name: str | None, cell: Cell | None) -> Document:
        if name is not None:
            tree = {**tree, "metadata": {**tree["metadata"], "name": name}}
        return replace(
            self.document,
            tree=tree,
            positions=Positions(self.document.file.name, place),
            doubts=_standing(self.document.doubts, tree),
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
        return _with_steps(whole, changed)

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
            for _, name in names_in(layer.tree)
            if name.namespace == "matrix" and name.path
        }
        return named_there | {name for _, match in self.language.overrides() for name in match.matrix}


def _with_steps(whole: Layer, steps: Sequence[Layer]) -> Layer:
    tree, place = whole.tree, whole.place
    spec, config = tree["spec"], tree["spec"]["config"]
    (mark, inside) = place
    spec_key, (spec_mark, in_spec) = inside["spec"]
    config_key, (config_mark, in_config) = in_spec["config"]
    steps_key, (steps_mark, _) = in_config["steps"]
    in_config = {**in_config, "steps": (steps_key, (steps_mark, [step.place for step in steps]))}
    in_spec = {**in_spec, "config": (config_key, (config_mark, in_config))}
    new = {**tree, "spec": {**spec, "config": {**config, "steps": [step.tree for step in steps]}}}
    return Layer(new, (mark, {**inside, "spec": (spec_key, (spec_mark, in_spec))}), whole.name)


def _standing(doubts: Mapping[Pointer, Doubt], tree: Any) -> Mapping[Pointer, Doubt]:
    """The doubts about values that are still there."""
    return {pointer: doubt for pointer, doubt in doubts.items() if _at(tree, pointer) == doubt.text}


def _at(tree: Any, pointer: Pointer) -> Any:
    for step in pointer:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree
