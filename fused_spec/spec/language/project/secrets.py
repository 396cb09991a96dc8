"""Secrets as a project file, those that it includes, and its targets declare them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fused_spec.configuration.declared_secrets import NO_SECRETS, Origin, Secret, Secrets, Source
from fused_spec.messages.diagnostics import Diagnostic, guess, nearest
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted

FOREIGN = "foreign-source"


def secrets_of(files: Sequence[Document], target: str) -> Secrets:
    """The secrets at a target, from the weakest file to the project file, which is the last."""
    if not any("secrets" in file.tree or "secrets_key" in file.tree for file in files):
        return NO_SECRETS
    found: dict[str, Secret] = {}
    key: Source | None = None
    for file in files:
        for name, said in _mapping(file.tree.get("secrets")).items():
            source = _source(said, file)
            if source is not None:
                where = file.positions.key(("secrets", name))
                found[name] = Secret(name, source, where, said.get("rerun_on_change") is True)
        key = _source(file.tree.get("secrets_key"), file) or key
    for name, said in _at_target(files[-1], target).items():
        source = _source(said, files[-1])
        if source is not None and name in found:
            found[name] = replace(found[name], source=source)
    return Secrets(found, key)


def secret_problems(files: Sequence[Document]) -> Iterator[Diagnostic]:
    """What is wrong with the declarations of all files, whatever the target."""
    names = {name for file in files for name in _mapping(file.tree.get("secrets"))}
    has_key = any("secrets_key" in file.tree for file in files)
    for file in files:
        yield from _foreign(file)
        for name, said in _mapping(file.tree.get("secrets")).items():
            if not isinstance(said, dict) or said.get("rerun_on_change") is not True:
                continue
            at: Pointer = ("secrets", name, "rerun_on_change")
            origins = [_mapping(said.get("from")), *_sources_at_targets(files[-1], name)]
            if any(Origin.FUSED in one for one in origins):
                message = f"nobody here knows when {name} changes: Fused keeps it"
                yield _problem("secret-at-fused", message, "leave rerun_on_change out", file, at)
            elif any(Origin.COMMAND in one for one in origins):
                message = f"a plan tells whether {name} changed, and a plan runs no command"
                hint = "let it come from a variable or a file, or leave rerun_on_change out"
                yield _problem("secret-by-command", message, hint, file, at)
            elif not has_key:
                message = "rerun_on_change needs secrets_key: without it, what tells a change could be guessed from"
                hint = (
                    "write secrets_key: {from: {env: SECRETS_KEY}}, at least 32 bytes such as of `openssl rand -hex 32`"
                )
                yield _problem("secrets-key-missing", message, hint, file, at)
        for target in _mapping(file.tree.get("targets")):
            for name in _at_target(file, target):
                if name not in names:
                    meant = nearest(name, names)
                    hint = guess(name, meant) if meant else f"declare it under secrets, and here where {target} differs"
                    at = ("targets", target, "secrets", name)
                    yield _problem("unknown-secret", f'no secret is declared as "{name}"', hint, file, at, is_key=True)


def _problem(code: str, message: str, hint: str, file: Document, at: Pointer, *, is_key: bool = False) -> Diagnostic:
    place = file.positions.key(at) if is_key else file.positions.value(at)
    return Diagnostic(code=code, message=message, location=place, pointer=dotted(at), hint=hint)


def _source(said: Any, file: Document) -> Source | None:
    words = _mapping(_mapping(said).get("from"))
    path = file.file.path
    for origin in Origin:
        if origin in words and not _is_foreign(origin, file):
            given = words[origin]
            listed = tuple(map(str, given)) if isinstance(given, list) else (str(given),)
            return Source(origin, listed, path.parent if path is not None else Path())
    return None


def _is_foreign(origin: Origin, file: Document) -> bool:
    """Whether a file of another repository, which has no path here, names something of this machine."""
    return file.file.path is None and origin in (Origin.FILE, Origin.COMMAND)


def _foreign(file: Document) -> Iterator[Diagnostic]:
    """Files and commands of this machine in a file of another repository, whoever may change it there."""
    said: dict[Pointer, Any] = {("secrets", name): one for name, one in _mapping(file.tree.get("secrets")).items()}
    said["secrets_key",] = file.tree.get("secrets_key")
    for at, one in said.items():
        for origin in _mapping(_mapping(one).get("from")):
            if origin in tuple(Origin) and _is_foreign(Origin(origin), file):
                message = f"a file of another repository names no {origin} of this machine"
                hint = "write this secret in fused-spec.yaml, or let it come from a variable: {env: NAME}"
                yield _problem(FOREIGN, message, hint, file, (*at, "from", origin))


def _sources_at_targets(file: Document, name: str) -> list[dict[str, Any]]:
    targets = _mapping(file.tree.get("targets"))
    return [_mapping(_mapping(_at_target(file, target).get(name)).get("from")) for target in targets]


def _at_target(file: Document, target: str) -> dict[str, Any]:
    return _mapping(_mapping(_mapping(file.tree.get("targets")).get(target)).get("secrets"))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
