"""A share of the files: each document read, checked, built, and let go; what stays is what others may need of it.

What a document makes of itself is known at once. What names others (an output that it reads, a saved UDF) waits until
all declarations are known. A process may have all files or a part of them; the outcome is the same.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.language.findings import known_faults, with_ways
from fused_spec.spec.language.plain import Understands
from fused_spec.spec.model import Desired, DesiredJob, Kind, Project
from fused_spec.spec.relations.check import outputs
from fused_spec.spec.relations.declaration import Declaration, declaration_of
from fused_spec.spec.relations.selection import Groups
from fused_spec.spec.relations.text_addresses import NamedTexts, named_texts
from fused_spec.spec.resolving.build import build
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.spec.udfs.loads import Loadable
from fused_spec.spec.udfs.python_source import syntax_of
from fused_spec.spec.udfs.text import UdfFiles
from fused_spec.system.timings import Lookups

if TYPE_CHECKING:
    from fused_spec.spec.policies.judge import Judge
    from fused_spec.spec.udfs.packages.environment import Environment, Environments
    from fused_spec.spec.udfs.syntax_cache import SyntaxCache

_WORTH_A_CACHE = 50
"""Files of a share."""


class Others(NamedTuple):
    """What documents may ask of each other: the addresses that each job writes to, which of them are cells of a matrix,
    and the names of saved UDFs."""

    outputs: Mapping[str, tuple[str, ...]]
    groups: Groups
    saved: Collection[str]


def others_of(declarations: Sequence[Declaration]) -> Others:
    udfs = [one for one in declarations if one.kind == Kind.UDF]
    names = {name for one in udfs for name in (one.slug, one.name, *(old for old, _ in one.former)) if name is not None}
    return Others(outputs=outputs(declarations), groups=Groups(declarations), saved=names)


class Looked(NamedTuple):
    """What came of one document. `desired` is left out where nobody wants it, `texts` are those of a job."""

    declaration: Declaration
    problems: tuple[Diagnostic, ...] = ()
    is_built: bool = False
    desired: Desired | None = None
    texts: NamedTexts | None = None


class Lost(NamedTuple):
    """What may be declared where something cannot be read: these names, or, of a file, anything."""

    names: frozenset[str] = frozenset()
    anything: bool = False

    def __or__(self, other: "Lost") -> "Lost":
        return Lost(self.names | other.names, self.anything or other.anything)


class ReadFile(NamedTuple):
    """The plain documents of a file, what is wrong with it, and what may be declared there beside them."""

    documents: list[Document]
    problems: list[Diagnostic]
    lost: Lost


class Found(NamedTuple):
    """A first look: the problems of reading, the documents in their order, and how large files of elements are.

    Of a document that waits for others only the declaration is known. `used` is what of the language was, `spans` are
    the cells of each matrix, `absent` the documents of other targets. `lookups` are those of UDFs whose syntax may be
    kept.
    """

    unread: list[Diagnostic]
    looked: list[Looked]
    waiting: list[int]
    element_sizes: Mapping[Path, int]
    used: set[str]
    spans: tuple[Any, ...] = ()
    absent: Mapping[tuple[str, str], Absent] = {}
    lookups: Lookups = Lookups()
    lost: Lost = Lost()


class Finished(NamedTuple):
    """What came of the documents that waited, in their order, and what was looked up for it."""

    looked: list[Looked]
    lookups: Lookups = Lookups()


class Around(Struct, frozen=True, kw_only=True):
    """What all documents have in common.

    Without a matrix anywhere no document `may_have_groups` to wait for. `keeps` says whether what they declare is
    wanted, or only what is wrong. `cache` is the folder where what is told of the syntax of UDFs is kept, if it is.
    What runs at a target that `is_local` runs in the environment that this is.
    `judge` is there where the project has policies.
    """

    project: Project
    cwd: Path
    git: GitSources
    keeps: bool
    language: Understands
    may_have_groups: bool = True
    cache: Path | None = None
    is_local: bool = False
    judge: "Judge | None" = None

    def folder_of(self, file: SpecFile) -> Folder:
        """Where the relative paths of a file of specs start."""
        return Folder(path=self.cwd if file.path is None else file.path.parent, root=self.project.root)

    def read(self, file: SpecFile, inputs: Inputs) -> ReadFile:
        """What a file holds."""
        documents, problems = read_documents(file)
        lost = Lost(anything=any(one.is_error for one in problems))
        plain: list[Document] = []
        for document in documents:
            found, more = self.language.documents(document, self.folder_of(file), inputs)
            plain += found
            problems += more
            if not found and any(one.is_error for one in more):
                lost |= self._lost_with(document, inputs)
        return ReadFile(plain, problems, lost)

    def _lost_with(self, document: Document, inputs: Inputs) -> Lost:
        """What a document that cannot be put together may declare; without a name it may have any."""
        if document.name is None:
            return Lost(anything=True)
        cells = self.language.names(document, self.folder_of(document.file), inputs)
        return Lost(frozenset({document.name, *(name for name, _ in cells)}))


class Share(Struct):
    """Looks at files, each with its number among all."""

    files: Sequence[tuple[int, SpecFile]]
    around: Around
    _inputs: Inputs = field(default_factory=Inputs)
    _udf_files: UdfFiles = field(default_factory=UdfFiles)
    _syntax: "SyntaxCache | None" = None
    _environments: "Environments | None" = None
    _waiting: list[tuple[Document, Declaration]] = field(default_factory=list)

    def look(self, others: Others | None = None) -> Found:
        """Look at every document; without `others` those that need them wait."""
        found = Found([], [], [], self._inputs.element_sizes, self.around.language.used)
        self._syntax = self._opened_cache()
        for number, file in self.files:
            documents, problems, lost = self.around.read(file, self._inputs)
            found = found._replace(lost=found.lost | lost)
            found.unread.extend(problems)
            for document in documents:
                declaration = declaration_of(document, number)
                looked = self._look(document, declaration, others)
                if looked is None:
                    found.waiting.append(len(found.looked))
                    self._waiting.append((document, declaration))
                found.looked.append(looked or Looked(declaration))
        self.around.language.note_used()
        language = self.around.language
        return found._replace(spans=tuple(language.spans.values()), absent=dict(language.absent), lookups=self._kept())

    def finish(self, others: Others) -> Finished:
        """What came of the documents that waited."""
        looked = [
            looked
            for document, declaration in self._waiting
            if (looked := self._look(document, declaration, others)) is not None
        ]
        return Finished(looked, self._kept())

    def _kept(self) -> Lookups:
        """Have what is new in the cache; what was looked up there since the last time."""
        if self._syntax is None:
            return Lookups()
        self._syntax.keep()
        return self._syntax.lookups()

    def _opened_cache(self) -> "SyntaxCache | None":
        if self.around.cache is None or len(self.files) < _WORTH_A_CACHE:
            return None
        from fused_spec.spec.udfs.syntax_cache import SyntaxCache  # with sqlite3, which few files are not worth

        return SyntaxCache(self.around.cache)

    def _look(self, document: Document, declaration: Declaration, others: Others | None) -> Looked | None:
        """None for what cannot be told without others."""
        if others is None and (declaration.reads or (declaration.needs and self.around.may_have_groups)):
            return None
        findings = Findings(document, known_faults(document, check(document)))
        if not isinstance(document.tree, dict):
            return Looked(declaration, tuple(findings.problems))
        if self.around.judge is not None and not findings.has_error:
            findings.problems += self.around.judge.document(document)
        if document.holes:
            return Looked(declaration, self._told(document, findings), is_built=not findings.has_error)
        try:
            desired = self._build(document, findings, others)
        except _AskedTooEarlyError:
            return None
        return Looked(
            declaration,
            self._told(document, findings),
            is_built=desired is not None,
            desired=desired if self.around.keeps else None,
            texts=named_texts(desired) if isinstance(desired, DesiredJob) else None,
        )

    def _told(self, document: Document, findings: Findings) -> tuple[Diagnostic, ...]:
        return tuple(with_ways(document, findings.told, self.around.language.variables))

    def _build(self, document: Document, findings: Findings, others: Others | None) -> Desired | None:
        around = self.around
        return build(
            document,
            findings,
            project=around.project,
            folder=around.folder_of(document.file),
            inputs=self._inputs,
            outputs=_Unknown() if others is None else others.outputs,
            groups=Groups() if others is None else others.groups,
            loadable=Loadable(
                git=around.git,
                files=self._udf_files,
                saved=_Unknown() if others is None else others.saved,
                secrets=around.language.secrets if around.project.file is not None else None,
                syntax=syntax_of if self._syntax is None else self._syntax.syntax_of,
                environment=partial(self._environment, _image(document)),
            ),
        )

    def _environment(self, image: str | None) -> "Environment | None":
        if self._environments is None:
            from fused_spec.spec.udfs.packages.environment import Environments  # as few UDFs need

            self._environments = Environments(self.around.project.images, self.around.is_local)
        return self._environments.of(image)


def _image(document: Document) -> str | None:
    """The image that a job names; None for anything else, whose UDFs run in the service's own environment."""
    spec = document.tree.get("spec")
    image = spec.get("image_name") if isinstance(spec, dict) and document.kind == Kind.JOB else None
    return image if isinstance(image, str) else None


class _AskedTooEarlyError(Exception):  # a signal within this module
    """Something was asked of other documents before all of them were read."""


class _Unknown(Mapping[str, Any]):
    """Names that nobody knows yet."""

    def __getitem__(self, name: str) -> Any:
        raise _AskedTooEarlyError

    def __contains__(self, name: object) -> bool:
        raise _AskedTooEarlyError

    def __iter__(self) -> Iterator[str]:
        raise _AskedTooEarlyError

    def __len__(self) -> int:
        raise _AskedTooEarlyError
