"""What most projects say of the language: nothing. Then nothing of it is imported, and a document is itself."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from fused_spec.configuration.declared_secrets import NO_SECRETS, Secrets
from fused_spec.configuration.settings import HOSTED_TARGET, HOSTED_URL
from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.documents.document import Document
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.language.absent import Absent
from fused_spec.spec.model import Project

_IN_PROJECTS = frozenset(
    {"include", "variables", "defaults", "limits", "secrets", "secrets_key", "policies", "waivers"}
)
_IN_TARGETS = frozenset({"variables", "defaults", "overrides", "sealed", "secrets"})
_FIELD = rb"""%b(?<!\w%b)["']?\s*:"""
_IN_SPECS = {
    b"${": rb"\$\{",
    b"Fragment": rb"Fragment(?<!\wFragment)\b",
    b"Udf/": rb"Udf/(?<!\wUdf/)",
    **{word: _FIELD % (word, word) for word in (b"matrix", b"use", b"targets")},
}
"""Words, and how each is said where it is meant; such a pattern begins with the word, since so it is found quickest."""


class Understands(Protocol):
    """What turns a document into the plain ones that it stands for, at one target."""

    @property
    def used(self) -> set[str]: ...

    @property
    def secrets(self) -> Secrets: ...

    @property
    def spans(self) -> Mapping[Location, Any]: ...

    @property
    def absent(self) -> Mapping[tuple[str, str], Absent]: ...

    @property
    def variables(self) -> Mapping[str, Any]: ...

    def documents(self, document: Document, folder: Any, inputs: Any) -> tuple[list[Document], list[Diagnostic]]: ...

    def names(self, document: Document, folder: Any, inputs: Any) -> list[tuple[str, Mapping[str, str]]]: ...

    def note_used(self) -> None: ...


class Plain(Struct, frozen=True):
    """Where nothing is said, a document stands for itself."""

    used: set[str] = field(default_factory=set)
    secrets: Secrets = NO_SECRETS
    spans: Mapping[Location, Any] = field(default_factory=dict)
    absent: Mapping[tuple[str, str], Absent] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)

    def documents(self, document: Document, _: Any, __: Any) -> tuple[list[Document], list[Diagnostic]]:
        return [document], []

    def names(self, document: Document, _: Any, __: Any) -> list[tuple[str, Mapping[str, str]]]:
        return [(document.name, {})] if document.kind is not None and document.name is not None else []

    def note_used(self) -> None:
        """Nothing was used."""

    def known_values(self) -> dict[str, tuple[Any, str]]:
        return {}


class Unspoken(Struct, frozen=True, kw_only=True):
    """The same where nothing is said for any spec: all targets are alike."""

    project: Project
    files: tuple[SpecFile, ...]
    problems: tuple[Diagnostic, ...] = ()
    fragments: tuple[Document, ...] = ()
    variables: Mapping[str, Mapping[str, Any]] = {}
    is_lacking: bool = False

    def targets(self) -> tuple[str, ...]:
        return (self.project.default_target,)

    @property
    def said_in(self) -> tuple[Document, ...]:
        return ()

    def checks(self) -> list[tuple[str, str, str, Location]]:
        return []

    def unused(self, _: Collection[str], __: Any) -> list[Diagnostic]:
        return []

    def secrets(self, _: str) -> Secrets:
        return NO_SECRETS

    def at(self, *_: Any, **__: Any) -> tuple[Plain, list[Diagnostic]]:
        return Plain(), []


def target_words(project: Project, name: str) -> dict[str, str | None]:
    """What specs and policies may know of a target."""
    target = project.targets.get(name)
    url = target.base_url if target is not None else HOSTED_URL if name == HOSTED_TARGET else None
    return {"name": name, "scope": target.scope if target is not None else None, "base_url": url}


def is_spoken(project: Project, files: Iterable[SpecFile], given: Sequence[Any]) -> bool:
    """Whether the language may be used in the project or in its specs, or values are `given` for it."""
    tree = project.document.tree if project.document is not None else {}
    if any(given) or not _IN_PROJECTS.isdisjoint(tree):
        return True
    if any(not _IN_TARGETS.isdisjoint(said) for said in tree.get("targets", {}).values()):
        return True
    # Hardly a file has one of the words, and only then its pattern is compiled.
    return any(
        word in file.content and re.search(said, file.content) is not None
        for file in files
        for word, said in _IN_SPECS.items()
    )
