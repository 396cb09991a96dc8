"""`include`: files that say for the specs of several projects what the project file says for those of one."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import INCLUDED, check_as
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.positions import Pointer, spotted
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.named_files import Trouble
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK
from fused_spec.spec.language.project.sources import Nearby, Reach, Source

_MOST = 100
_DECLARED = ("variables", "secrets")


@dataclass(slots=True)
class Includes:
    """Follows `include` from a project file on; what is named twice counts once.

    Where a file `is_lacking`, nobody knows all that is declared.
    """

    reach: Reach
    problems: list[Diagnostic] = field(default_factory=list)
    paths: set[Path] = field(default_factory=set)
    """The files of this checkout that are included: no specs, wherever they lie."""
    is_lacking: bool = False
    _known: dict[Hashable, Document | None] = field(default_factory=dict)
    _within: dict[str, set[str]] = field(default_factory=dict)

    def files(self, project: Document) -> list[Document]:
        """The files that are included, each before whoever includes it, and the project file last."""
        path = project.file.path or self.reach.boundary / project.file.name
        included = list(self._included(project, Nearby(path, self.reach), ()))
        self.problems += self._said_twice(included, project)
        return [*included, project]

    def _said_twice(self, included: Sequence[Document], project: Document) -> Iterator[Diagnostic]:
        """What two files declare of which neither includes the other, so that nobody can tell which counts."""
        for what in _DECLARED:
            first: dict[str, Document] = {}
            for document in included:
                for name in document.tree.get(what, {}):
                    other = first.setdefault(name, document)
                    if other is document or name in project.tree.get(what, {}) or self._includes(document, other):
                        continue
                    places = [one.positions.key((what, name)) for one in (other, document)]
                    yield Diagnostic(
                        code="declared-twice",
                        message=f'{what[:-1]} "{name}" is declared at {places[0]} and {places[1]}',
                        location=places[1],
                        pointer=f"{what}.{name}",
                        hint=f"keep one, or declare it in {project.file.name}",
                    )

    def _note_within(self, document: Document, included: Document | None) -> None:
        if included is not None:
            inner = {included.file.name, *self._within.get(included.file.name, ())}
            self._within.setdefault(document.file.name, set()).update(inner)

    def _includes(self, document: Document, other: Document) -> bool:
        return other.file.name in self._within.get(document.file.name, ())

    def _included(self, document: Document, source: Source, way: tuple[str, ...]) -> Iterator[Document]:
        said = Layer(document.tree, spotted(document.positions.root, document.file.name)).at(("include",))
        if said is None or not isinstance(said.tree, list):
            return
        told = Told(document.file.name)
        for index, name in enumerate(said.tree):
            at = said.at((index,))
            if at is None or not isinstance(name, str):
                continue
            if MARK in name:
                told.tell(
                    "literal-field",
                    "include is read before any variable has a value",
                    at.place,
                    "write the path itself; metadata.targets leaves documents out of a target",
                    ("include", index),
                )
                continue
            other = source.included(name)
            if isinstance(other, Trouble):
                self._tell_lacking(other, told, at, ("include", index))
                continue
            here = f"{document.file.name}:{told.where(at.place).line}"
            if other.key in self._known:
                self._note_within(document, self._known[other.key])
                if any(step.rsplit(":", 1)[0] == other.shown for step in (*way, here)):
                    loop = " → ".join([*way, here, other.shown])
                    told.tell(
                        "include-loop",
                        f"these files include each other: {loop}",
                        at.place,
                        "remove one",
                        ("include", index),
                    )
                continue
            if len(self._known) >= _MOST:
                told.tell("too-many-files", f"more than {_MOST} files are included", at.place, "put them together")
                break
            if other.path is not None:
                self.paths.add(other.path)
            content = other.content()
            if isinstance(content, Trouble):
                self._known[other.key] = None
                self._tell_lacking(content, told, at, ("include", index))
                continue
            included = self._known[other.key] = self._read(other, content)
            if included is not None:
                yield from self._included(included, other, (*way, here))
                self._note_within(document, included)
                yield included
        self.problems += told.problems

    def _tell_lacking(self, trouble: Trouble, told: Told, at: Layer, pointer: Pointer) -> None:
        self.is_lacking = True
        told.tell(trouble.code, trouble.message, at.place, trouble.hint, pointer)

    def _read(self, source: Source, content: bytes) -> Document | None:
        file = SpecFile(name=source.shown, path=source.path, content=content, named=True)
        documents, problems = read_documents(file)
        if not problems and len(documents) != 1:
            told = Told(file.name)
            problems = [told.problem("several-documents", "an included file holds one document", "write one document")]
        if not problems:
            problems = check_as(documents[0], INCLUDED)
        self.problems += problems
        if any(one.is_error for one in problems):
            self.is_lacking = True
            return None
        return documents[0]
