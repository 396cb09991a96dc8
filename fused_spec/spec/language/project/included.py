"""`include`: files that say for the specs of several projects what the project file says for those of one."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import INCLUDED, check_as
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.positions import spotted
from fused_spec.spec.files.discovery import SpecFile, printable
from fused_spec.spec.files.limits import MAX_FILE_BYTES
from fused_spec.spec.files.named_files import Folder, Trouble, read_bytes
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.names.templates import MARK

_MOST = 100
_DECLARED = ("variables", "secrets")


@dataclass(slots=True)
class Includes:
    """Follows `include` from a project file on; what is named twice counts once."""

    boundary: Path
    cwd: Path
    problems: list[Diagnostic] = field(default_factory=list)
    _known: dict[Path, Document | None] = field(default_factory=dict)
    _within: dict[str, set[str]] = field(default_factory=dict)

    def files(self, project: Document) -> list[Document]:
        """The files that are included, each before whoever includes it, and the project file last."""
        path = project.file.path
        included = list(self._included(project, path.parent if path is not None else self.boundary, ()))
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

    def _included(self, document: Document, folder: Path, way: tuple[str, ...]) -> Iterator[Document]:
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
            path = Folder(path=folder, root=self.boundary).locate(name)
            if isinstance(path, Trouble):
                told.tell(path.code, path.message, at.place, path.hint, ("include", index))
                continue
            here = f"{document.file.name}:{told.where(at.place).line}"
            if path in self._known:
                self._note_within(document, self._known[path])
                shown = self._shown(path)
                if any(step.rsplit(":", 1)[0] == shown for step in (*way, here)):
                    loop = " → ".join([*way, here, shown])
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
                return
            included = self._known[path] = self._read(path)
            if included is not None:
                yield from self._included(included, path.parent, (*way, here))
                self._note_within(document, included)
                yield included
        self.problems += told.problems

    def _read(self, path: Path) -> Document | None:
        name = self._shown(path)
        content = read_bytes(path, name, limit=MAX_FILE_BYTES)
        if isinstance(content, Trouble):
            self.problems.append(Told(name).problem(content.code, content.message, content.hint))
            return None
        documents, problems = read_documents(SpecFile(name=name, path=path, content=content, named=True))
        self.problems += problems
        if problems:
            return None
        if len(documents) != 1:
            self.problems.append(
                Told(name).problem("several-documents", "an included file holds one document", "write one document")
            )
            return None
        wrong = check_as(documents[0], INCLUDED)
        self.problems += wrong
        return None if any(one.is_error for one in wrong) else documents[0]

    def _shown(self, path: Path) -> str:
        return printable(Path(os.path.relpath(path, self.cwd)) if path.is_relative_to(self.cwd) else path)

    @property
    def paths(self) -> frozenset[Path]:
        """The files that are included: no specs, wherever they lie."""
        return frozenset(self._known)
