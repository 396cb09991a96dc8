"""Put together what a project says of its specs, for one target or for all."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fused_spec.configuration.declared_secrets import Origin, Secret, Secrets
from fused_spec.configuration.settings import HOSTED_TARGET, LOCAL_TARGET
from fused_spec.messages.diagnostics import Diagnostic, Location, Severity, nearest
from fused_spec.spec.checking.schema import FRAGMENT
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.files.roots import checkout_of
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.language.expand import MAX_CELLS, Language
from fused_spec.spec.language.layers import Fragments
from fused_spec.spec.language.merging.layer import Layer, Told
from fused_spec.spec.language.outside import NOBODY, Outside
from fused_spec.spec.language.plain import target_words
from fused_spec.spec.language.project.declared import NOTHING, Declared, declared_in
from fused_spec.spec.language.project.included import Includes
from fused_spec.spec.language.project.matching import Match, match_of
from fused_spec.spec.language.project.parts import parts_of_files
from fused_spec.spec.language.project.secrets import FOREIGN, secret_problems, secrets_of
from fused_spec.spec.language.project.sources import Reach
from fused_spec.spec.language.saved_udfs import PREFIX, SavedUdfs
from fused_spec.spec.language.values.given import given_from, undeclared_at_targets
from fused_spec.spec.language.values.values import Around, Values
from fused_spec.spec.model import Kind, Project
from fused_spec.spec.udfs.git_sources import GitSources

_BY_TARGET = (b"targets", b"${target")
_SPOKEN = (b"matrix", b"${", b"use", FRAGMENT.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What is said for all specs of a project: `declared` by the project file and those that it includes, and the
    fragments of all specs.

    `udfs` are the saved ones, where a job names one. `files` are the specs without those that are included. What is
    declared `is_lacking` where one of the latter could not be read.
    """

    project: Project
    declared: Declared
    fragments: tuple[Document, ...]
    udfs: tuple[Document, ...]
    files: tuple[SpecFile, ...]
    problems: tuple[Diagnostic, ...]
    cwd: Path
    is_lacking: bool = False

    @property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """What is declared of each."""
        return {name: variable.declared for name, variable in self.declared.variables.items()}

    def targets(self) -> tuple[str, ...]:
        """The targets that have to be looked at to know all that can be wrong: one, where all are alike."""
        names = tuple(dict.fromkeys((self.project.default_target, *self.declared.names)))
        targets = self.declared.targets.values()
        says = any(one.variables or one.defaults or one.overrides or one.secrets or one.is_sealed for one in targets)
        if says or any(word in file.content for file in self.files for word in _BY_TARGET):
            return names
        return names[:1]

    def secrets(self, target: str) -> Secrets:
        """Where the values of secrets come from at a target."""
        return secrets_of(self.declared.files, target)

    def at(self, name: str, outside: Outside, today: date, *, may_lack: bool) -> tuple[Language, list[Diagnostic]]:
        """The language at one target; where values `may_lack`, what nobody gave is left open."""
        target = self.declared.target(name)
        if may_lack and target.is_sealed:
            outside = NOBODY  # what is given is for the other targets
        given, problems = given_from(outside, self.declared, target)
        values = Values(
            declared=self.declared,
            target=target,
            around=self._around(name),
            outside=outside,
            given=given,
            may_lack=may_lack,
            secrets=self.secrets(name),
        )
        problems += values.problems()
        limits = self.project.document.tree.get("limits", {}) if self.project.document is not None else {}
        language = Language(
            values=values,
            fragments=Fragments(self.fragments),
            udfs=SavedUdfs(lambda: [one for document in self.udfs for one in self._plain(language, document)]),
            today=today,
            targets=self._known_targets,
            max_cells=limits.get("matrix", MAX_CELLS),
        )
        return language, problems

    def _plain(self, language: Language, document: Document) -> list[tuple[Document, Path]]:
        """The saved UDFs that a document declares, each with its folder."""
        path = document.file.path
        folder = Folder(path=self.cwd if path is None else path.parent, root=self.project.root)
        found, _ = language.documents(document, folder, Inputs())
        return [(one, folder.path) for one in found]

    @property
    def said_in(self) -> tuple[Document, ...]:
        """The files that say something for all specs, that of the project last."""
        return self.declared.files

    def checks(self) -> list[tuple[str, str, str, Location]]:
        """What has to hold of variables: of which, the expression, what is told where it does not, and its place."""
        found: list[tuple[str, str, str, Location]] = []
        for variable in self.declared.variables.values():
            for index, check in enumerate(variable.declared.get("check", ())):
                layer = Layer(variable.declared, variable.place).at(("check", index, "that"))
                where = Told(variable.origin).where(layer.place if layer is not None else variable.place)
                found.append((variable.name, check["that"], check["message"], where))
        return found

    def unused(self, used: Collection[str], known: Callable[[], list[str]]) -> list[Diagnostic]:
        """What is declared and nothing uses: a warning, since something was meant by it.

        `known` are the documents that there are, as overrides name them.
        """
        told = Told("")
        for variable in self.declared.variables.values():
            if f"var.{variable.name}" not in used and variable.origin == self._origin:
                message = f"nothing uses var.{variable.name}"
                pointer = ("variables", variable.name)
                told.tell("unused-variable", message, variable.place, "remove it, or use it", pointer, Severity.WARNING)
        for document in self.fragments:
            if document.name is not None and f"fragment.{document.name}" not in used:
                told.path = document.file.name
                message = f'nothing uses the fragment "{document.name}"'
                place = document.positions.root
                told.tell("unused-fragment", message, place, "remove it, or use it", (), Severity.WARNING)
        for secret in self.secrets(self.project.default_target).by_name.values():
            is_named = secret.source.origin is Origin.FUSED or f"secret.{secret.name}" in used
            if not is_named and secret.where.path == self._origin:
                told.problems.append(_unused_secret(secret))
        for target in self.declared.targets.values():
            for override in target.overrides:
                if override.name not in used and (match := match_of(override)) is not None:
                    told.problems.append(_matches_nothing(override, match, known))
        return told.problems

    @property
    def _known_targets(self) -> tuple[str, ...]:
        if self.project.file is None:
            return ()  # there is none, or it is broken
        return tuple(dict.fromkeys((LOCAL_TARGET, HOSTED_TARGET, *self.declared.names)))

    @property
    def _origin(self) -> str:
        """The project file: what another one declares may be for other projects."""
        return self.project.document.file.name if self.project.document is not None else ""

    def _around(self, name: str) -> Around:
        identity = self.project.scope if self.project.file is not None else None
        return Around(target_words(self.project, name), {"name": self.project.name, "id": identity})


def spoken_in(project: Project, files: Sequence[SpecFile], cwd: Path, git: GitSources) -> Spoken:
    """What is said for the specs in these files; `git` reads what is included from other repositories."""
    declared, includes = NOTHING, Includes(Reach(checkout_of(project.root) or project.root, cwd, git))
    if project.document is not None:
        declared = declared_in(includes.files(project.document))
    problems = includes.problems
    left = tuple(file for file in files if file.path is None or file.path not in includes.paths)
    problems += parts_of_files(declared.files)
    problems += undeclared_at_targets(declared)
    problems += secret_problems(declared.files)
    fragments = _documents(left, FRAGMENT)
    problems += _named_twice(fragments)
    names_udfs = any(PREFIX.encode() in file.content for file in left)
    return Spoken(
        project=project,
        declared=declared,
        fragments=fragments,
        udfs=_documents(left, str(Kind.UDF)) if names_udfs else (),
        files=left,
        problems=tuple(problems),
        cwd=cwd,
        is_lacking=includes.is_lacking or any(one.code == FOREIGN for one in problems),
    )


def _documents(files: Sequence[SpecFile], kind: str) -> tuple[Document, ...]:
    """Those of a kind; few files name it."""
    word = kind.encode()
    return tuple(
        document
        for file in files
        if word in file.content
        for document in read_documents(file)[0]
        if document.kind == kind
    )


def _named_twice(fragments: Sequence[Document]) -> Iterator[Diagnostic]:
    first: dict[str | None, Document] = {}
    for one in fragments:
        before = first.setdefault(one.name, one)
        if one.name is not None and before is not one:
            yield Diagnostic(
                code="duplicate-name",
                message=f'another {FRAGMENT} is named "{one.name}"',
                location=one.positions.value(("metadata", "name")),
                pointer="metadata.name",
                hint=f"{before.positions.value(('metadata', 'name'))} has it first; rename one",
            )


def _unused_secret(secret: Secret) -> Diagnostic:
    return Diagnostic(
        code="unused-secret",
        message=f"nothing uses secret.{secret.name}",
        location=secret.where,
        pointer=f"secrets.{secret.name}",
        hint=f"remove it, or name it in the env of a job: ${{secret.{secret.name}}}",
        severity=Severity.WARNING,
    )


def _matches_nothing(override: Layer, match: Match, known: Callable[[], list[str]]) -> Diagnostic:
    told = Told("")
    at = override.at(("match",)) or override
    severity = Severity.WARNING if match.is_glob else Severity.ERROR
    meant = nearest(match.kind_and_name, known()) if match.kind_and_name is not None and not match.is_glob else None
    hint = f"did you mean {meant}?" if meant else "name a document, or remove it"
    told.tell("no-match", f"nothing is called {match}", at.place, hint, (), severity)
    return told.problems[0]
