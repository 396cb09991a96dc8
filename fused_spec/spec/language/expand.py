"""From a document as a person wrote it to the plain ones that it stands for, at one target.

A document that uses none of the language is itself. Of any other the layers are filled in, each by itself, and merged;
a matrix makes one document for each of its cells. What is wrong is told, and leaves the document out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fused_spec.configuration.declared_secrets import Secrets
from fused_spec.messages.diagnostics import Diagnostic, Location, guess, nearest
from fused_spec.spec.checking.schema import FRAGMENT, SPEC_KINDS, check
from fused_spec.spec.documents.document import Document
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.language.cells.spans import MOST_CELLS, Span
from fused_spec.spec.language.expansion import Expansion, Ready
from fused_spec.spec.language.layers import Defaults, Fragments, defaults_for
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK
from fused_spec.spec.language.outside import OUTSIDE
from fused_spec.spec.language.project.matching import Match, match_of
from fused_spec.spec.language.project.parts import fragment_problems
from fused_spec.spec.language.project.variable import Variable
from fused_spec.spec.language.saved_udfs import PREFIX, SavedUdfs
from fused_spec.spec.language.values.values import Values

MAX_CELLS = 1_000
"""Of one document, where `limits.matrix` says nothing else."""
_MARKS = (MARK.encode(), PREFIX.encode())
JOB = "Job"
_TARGETS = ("metadata", "targets")


@dataclass(slots=True, kw_only=True)
class Language:
    """What a document may be made of, at one target; `used` gathers what was, so that the rest can be told.

    `spans` are the cells of documents, also of those that were too many to be made; `absent` are the documents that do
    not exist at the target, by kind and name.

    `targets` are all that there are; none where the project file cannot tell.
    """

    values: Values
    fragments: Fragments
    udfs: SavedUdfs
    today: date
    targets: Collection[str] = ()
    max_cells: int = MAX_CELLS
    used: set[str] = field(default_factory=set)
    spans: dict[Location, Span] = field(default_factory=dict)
    absent: dict[tuple[str, str], Absent] = field(default_factory=dict)
    ready: dict[tuple[Any, ...], Ready] = field(default_factory=dict)
    _defaults: dict[str, Defaults] = field(default_factory=dict)
    _overrides: Sequence[tuple[Layer, Match]] | None = None
    _speaks: dict[str, bool] = field(default_factory=dict)
    _cells: int = 0

    @property
    def variables(self) -> Mapping[str, Variable]:
        return self.values.declared.variables

    @property
    def secrets(self) -> Secrets:
        return self.values.secrets

    def documents(self, document: Document, folder: Folder, inputs: Inputs) -> tuple[list[Document], list[Diagnostic]]:
        """The plain documents that one stands for, and what is wrong with it."""
        kind = document.kind
        if kind == FRAGMENT:
            return [], check(document) or fragment_problems(document)
        if kind not in SPEC_KINDS or not isinstance(document.tree, dict) or self._is_plain(document, kind):
            return [document], []
        told = Told(document.file.name)
        self._tell_unknown_targets(document, told)
        if told.problems:
            return [], told.problems
        if not self._is_here(document):
            if document.name is not None:
                self.absent[kind, document.name] = _absent(document)
            return [], []
        expansion = Expansion(language=self, document=document, kind=kind, told=told, folder=folder, inputs=inputs)
        found = expansion.documents()
        if kind == JOB and PREFIX.encode() in document.file.content:
            found = [self.udfs.filled_in(one, folder, told, self.absent) for one in found]
            found = [] if told.problems else found
        return found, list(dict.fromkeys(told.problems))

    def saying(self, document: Document, name: str, folder: Folder, inputs: Inputs) -> list[Layer]:
        """The layers that make up the document of this name, which is that of a cell or the document's own."""
        kind = document.kind
        if kind not in SPEC_KINDS or not isinstance(document.tree, dict):
            return []
        told = Told(document.file.name)
        expansion = Expansion(language=self, document=document, kind=kind, told=told, folder=folder, inputs=inputs)
        return expansion.saying(name)

    def names(self, document: Document, folder: Folder, inputs: Inputs) -> list[tuple[str, Mapping[str, str]]]:
        """What the plain documents are called, each with the keys of its cell, whatever is wrong with them.

        A matrix whose cells are not known goes by the document's own name.
        """
        kind = document.kind
        if kind not in SPEC_KINDS or document.name is None or not self._is_here(document):
            return []
        told = Told(document.file.name)
        expansion = Expansion(language=self, document=document, kind=kind, told=told, folder=folder, inputs=inputs)
        return [(name, cell.keys) for name, cell in expansion.cells()] or [(document.name, {})]

    def defaults(self, kind: str) -> Defaults:
        if kind not in self._defaults:
            self._defaults[kind] = defaults_for(kind, self.values.declared, self.values.target)
        return self._defaults[kind]

    def known_values(self) -> dict[str, tuple[Any, str]]:
        """The variables that have a value at the target, each with who gave it."""
        return self.values.known()

    def has_room(self, span: Span) -> bool:
        """Whether a project may have these cells beside those of the documents before."""
        if span.place not in self.spans:
            self.spans[span.place] = span
            self._cells += span.cells
        return self._cells <= MOST_CELLS

    def note_used(self) -> None:
        """Gather what was used of variables and fragments."""
        self.used |= {f"var.{name}" for name in self.values.all_used()}
        self.used |= {f"secret.{name}" for name in self.values.secrets_used}
        self.used |= {f"fragment.{name}" for name in self.fragments.used}
        self.used |= {f"{OUTSIDE}{name} ({source})" for name, source in self.values.from_outside_git()}

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
            self._speaks = {name: any(mark in document.file.content for mark in _MARKS)}
        return not self._speaks[name]

    def _tell_unknown_targets(self, document: Document, told: Told) -> None:
        """Of `metadata.targets`: a document for a target that there is not would be nowhere, without a word."""
        whole = Layer(document.tree, document.positions.root)
        for pointer in (_TARGETS, (*_TARGETS, "except")):
            said = whole.at(pointer)
            for index, name in enumerate(said.tree if said is not None and isinstance(said.tree, list) else ()):
                if isinstance(name, str) and self.targets and name not in self.targets:
                    at = whole.at((*pointer, index)) or whole
                    meant = nearest(name, self.targets)
                    hint = guess(name, meant) if meant else f"known are {', '.join(self.targets)}"
                    told.tell("unknown-target", f'no target is named "{name}"', at.place, hint, (*pointer, index))

    def _is_here(self, document: Document) -> bool:
        """Whether the document exists in the target, as `metadata.targets` says."""
        metadata = document.tree.get("metadata")
        said = metadata.get("targets") if isinstance(metadata, dict) else None
        name = self.values.target.name
        if isinstance(said, list):
            return name in said
        if isinstance(said, dict) and isinstance(said.get("except"), list):
            return name not in said["except"]
        return True


def _absent(document: Document) -> Absent:
    said = document.tree["metadata"]["targets"]
    listed = [*said.get("except", ())] if isinstance(said, dict) else said
    names = ", ".join(map(str, listed))
    return Absent(f"all but {names}" if isinstance(said, dict) else names, document.positions.value(_TARGETS))
