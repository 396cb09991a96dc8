"""Documents written as specs, each with the runs that it adopts, after what they say was compared with what ran."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fused_spec.cli.adopting.new_files import NewFiles
from fused_spec.cli.specs.reading import read_specs
from fused_spec.cli.terminal.context import Context
from fused_spec.plan.model import FieldChange
from fused_spec.reconcile.adopting.drafts import Draft
from fused_spec.reconcile.adopting.folding import Document, single
from fused_spec.reconcile.adopting.lineage import linked
from fused_spec.reconcile.adopting.sameness import differences
from fused_spec.reconcile.adopting.settings import secret_notes
from fused_spec.spec.model import DesiredJob, Key, Kind, Resolution
from fused_spec.views.documents.spec_yaml import spec_text

_VERSION = "fused-spec/v1"
_SCHEMA_LINE = "yaml-language-server: $schema={}"
_SHOWN = 3


@dataclass(slots=True)
class Written:
    """The specs that were written, and what a person should know of them.

    `refused` are those that were not, `unwritten` the same in words with whatever never became one; each with why.
    """

    files: list[str] = field(default_factory=list)
    jobs: int = 0
    saved: int = 0
    refused: list[tuple[Draft, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unwritten: list[tuple[str, str]] = field(default_factory=list)


def write_specs(
    context: Context, files: NewFiles, documents: Sequence[Document], taken: set[str], root: Path
) -> Written:
    """Write each document to a file of its own below `specs/`, under a name that is not `taken`.

    They are read first where nobody takes them for specs; one that does not say what ran is split into its members, and
    of these what still does not is left out. Only what says the same gets its place.
    """
    written = Written()
    trial = f".fused-spec-import-{secrets.token_hex(4)}"
    waiting = _with_names(documents, taken)
    while waiting:
        tried = linked(waiting)
        names = {f"{trial}/{one.name}.yaml": one for one in tried}
        files.write({name: _text(one, ()).encode() for name, one in names.items()})
        resolution = read_specs(context, tuple(str(root / name) for name in names))
        wrong = {one.name: why for one in tried if (why := _wrong(one, resolution, trial)) is not None}
        for name, one in names.items():
            if one.name not in wrong and not wrong:
                text = _text(one, _adopted(one, resolution))
                files.replace(name, text.encode())
                files.move(name, f"specs/{one.name}.yaml")
                written.files.append(f"specs/{one.name}.yaml")
                written.jobs += len(one.members)
                written.notes += _notes(one)
            else:
                files.remove(name)
        waiting = _without(waiting, wrong, written, taken)
    return written


def _with_names(documents: Sequence[Document], taken: set[str]) -> list[Document]:
    """The documents under names of their own."""
    named = []
    for one in documents:
        name, number = one.name, 2
        while name in taken:
            suffix = f"-{number}"
            name, number = one.name[: 63 - len(suffix)].rstrip("-") + suffix, number + 1
        taken.add(name)
        named.append(replace(one, name=name))
    return named


def _without(
    documents: Sequence[Document], wrong: Mapping[str, str], written: Written, taken: set[str]
) -> list[Document]:
    """What is to be tried next: nothing where all were right, else all but those that are wrong by themselves."""
    if not wrong:
        return []
    left = []
    for one in documents:
        if one.name not in wrong:
            left.append(one)
        elif one.matrix is not None:
            left += _with_names([single(draft) for draft in one.members], taken)
        else:
            written.refused.append((one.members[0], wrong[one.name]))
    return left


def _document(one: Document, adopted: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": one.name, **({"adopts": adopted} if adopted else {})}
    matrix = {"matrix": one.matrix} if one.matrix else {}
    config = {name: value for name, value in one.spec["config"].items() if (name, value) != ("name", one.name)}
    spec = {**one.spec, "config": config}
    return {"apiVersion": _VERSION, "kind": "Job", "metadata": metadata, **matrix, "spec": spec}


def _text(one: Document, adopted: Any) -> str:
    unread = sorted({name for draft in one.members for name in draft.origin.unread})
    notes = [f"{', '.join(unread)}: not told by the service, and left to it here"] if unread else []
    notes += secret_notes(dict.fromkeys(name for draft in one.members for name in draft.hidden))
    return spec_text(_document(one, adopted), notes)


def _cells(one: Document, resolution: Resolution) -> list[tuple[Draft, DesiredJob | None]]:
    """Each start with the job that the document declares for it."""
    jobs = [job for job in resolution.desired if isinstance(job, DesiredJob)]
    if one.matrix is None:
        key = Key(kind=Kind.JOB, name=one.name)
        return [(one.members[0], next((job for job in jobs if job.key == key), None))]
    cells = {tuple(sorted(job.cell.items())): job for job in jobs if job.group == one.name}
    pairs = zip(one.members, one.keys, strict=True)
    return [(draft, cells.get(tuple(sorted(keys.items())))) for draft, keys in pairs]


def _adopted(one: Document, resolution: Resolution) -> Any:
    found = [
        {"run": draft.origin.run, "digest": job.digest}
        for draft, job in _cells(one, resolution)
        if job is not None and draft.origin.run is not None
    ]
    return found[0] if len(found) == 1 and one.matrix is None else found


def _wrong(one: Document, resolution: Resolution, trial: str) -> str | None:
    """Why a document cannot stand for what ran; None where it does."""
    at = f"{trial}/{one.name}.yaml"
    problems = [problem for problem in resolution.diagnostics if problem.is_error]
    own = [problem for problem in problems if problem.location.path.endswith(at)]
    if own:
        return f"{own[0].message} ({own[0].pointer})" if own[0].pointer else own[0].message
    pairs = _cells(one, resolution)
    declared = [job for _, job in pairs if job is not None]
    if len(declared) < len(pairs):
        other = problems[0].message if problems else "nothing is declared by it"
        return f"it cannot be read: {other}"
    for draft, job in pairs:
        if job is not None and (found := differences(job, draft.origin)):
            return "a spec says it otherwise: " + _shown(found)
    return None


def _shown(found: Sequence[FieldChange]) -> str:
    paths = [change.path for change in found]
    return ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")


def _notes(one: Document) -> list[str]:
    told = []
    if unread := sorted({name for draft in one.members for name in draft.origin.unread}):
        told.append(f"{one.name}: the service does not tell {', '.join(unread)}; a spec leaves them to it")
    told += [f"{one.name}: {note}" for note in secret_notes(dict.fromkeys(x for d in one.members for x in d.hidden))]
    told += [f"{one.name}: no spec says {lost}" for lost in dict.fromkeys(x for d in one.members for x in d.lost)]
    return told
