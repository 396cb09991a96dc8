"""From paths to desired state: find, read, check, resolve; everything wrong with all of it is told together.

Nothing here asks a service or runs code.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.files.discovery import SpecFile, find, printable
from fused_spec.spec.files.exclusion import Exclusion, exclusion
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.model import Desired, DesiredJob, Kind, Project, Resolution
from fused_spec.spec.project.git_lock import Locks, read_locks
from fused_spec.spec.project.project_file import find_project
from fused_spec.spec.relations.check import check_relations
from fused_spec.spec.relations.outputs import outputs, with_outputs_in_digests
from fused_spec.spec.relations.text_addresses import text_addresses
from fused_spec.spec.resolving.build import build
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.spec.udfs.loads import Loadable
from fused_spec.udfs.gitrefs import Repositories


def resolve(
    paths: Sequence[str],
    *,
    stdin: Callable[[], bytes] | None = None,
    cwd: Path,
    git: Callable[[Project, Locks], GitSources] | None = None,
) -> Resolution:
    """Everything that the specs at `paths` declare, in the order of their files, and every problem found.

    `-` among the paths is standard input, whose relative paths start at `cwd`. `git` makes what reads git references,
    in place of the lock file and what is on this machine alone. Never raises for what a person wrote.
    """
    files, problems = find(paths, cwd=cwd, stdin=stdin, excluded=partial(_excluded, cwd=cwd))
    project, more = _project(files, paths, cwd)
    problems += more
    read = [read_documents(file) for file in files]
    documents = [document for found, _ in read for document in found]
    problems += _without_specs(paths, documents, [*problems, *(problem for _, found in read for problem in found)])
    locks, unreadable = read_locks(project.root)
    problems += unreadable
    sources = (git or offline)(project, locks)
    shared = _Shared(
        project=project,
        inputs=Inputs(),
        outputs=outputs(documents),
        loadable=Loadable(git=sources, saved=_saved(documents)),
    )
    built = [_built(document, _folder(document.file, cwd), shared) for document in documents]
    problems += [problem for _, found in read for problem in found]
    problems += [problem for one in built for problem in one.problems]
    problems += check_relations(documents)
    pairs = zip(documents, built, strict=True)
    problems += text_addresses([(each, one.desired) for each, one in pairs if isinstance(one.desired, DesiredJob)])
    desired = tuple(one.desired for one in built if one.desired is not None)
    if not any(problem.is_error for problem in problems):
        desired = with_outputs_in_digests(desired)
    order = {file.name: index for index, file in enumerate(files)}
    return Resolution(
        project=project,
        desired=desired,
        diagnostics=tuple(sorted(problems, key=lambda one: (_place(one, order), one.location))),
        files=tuple(file.path for file in files if file.path is not None),
    )


def _excluded(folder: Path, *, cwd: Path) -> Exclusion:
    project, _ = find_project(folder, cwd=cwd)
    return exclusion(Path(os.path.realpath(project.root)), project.exclude)


def _without_specs(
    paths: Sequence[str], documents: Sequence[Document], told: Sequence[Diagnostic]
) -> Iterator[Diagnostic]:
    """Where everything there is of others, the path is likely wrong."""
    passed_over = any(problem.severity is Severity.NOTE for problem in told)
    if not documents and passed_over and not any(problem.is_error for problem in told):
        names = ", ".join(map(printable, paths))
        hint = "name a folder that holds specs"
        yield Diagnostic(code="empty-folder", message=f"no spec in {names}", location=Location(path=names), hint=hint)


def offline(project: Project, locks: Locks) -> GitSources:
    """Git references by the lock file, read from the project's clones and cache."""
    repositories = Repositories(cache=git_cache(project), clones=project.clones, may_fetch=False)
    return GitSources(repositories=repositories, locks=locks)


def git_cache(project: Project) -> Path:
    """Where the project's fetched repositories are."""
    return project.state / "git"


def _saved(documents: Sequence[Document]) -> set[str]:
    """The names of the UDFs that the specs declare."""
    declared = [document for document in documents if document.kind == Kind.UDF]
    specs = [document.tree.get("spec") for document in declared]
    slugs = {spec["slug"] for spec in specs if isinstance(spec, dict) and isinstance(spec.get("slug"), str)}
    return slugs | {document.name for document in declared if document.name is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What all documents have in common."""

    project: Project
    inputs: Inputs
    outputs: Mapping[str, str]
    loadable: Loadable


@dataclass(frozen=True, slots=True)
class _Built:
    desired: Desired | None
    problems: list[Diagnostic]


def _built(document: Document, folder: Path, shared: _Shared) -> _Built:
    findings = Findings(document, check(document))
    if not isinstance(document.tree, dict):
        return _Built(None, findings.problems)
    desired = build(
        document,
        findings,
        project=shared.project,
        folder=folder,
        inputs=shared.inputs,
        outputs=shared.outputs,
        loadable=shared.loadable,
    )
    return _Built(desired, findings.told)


def _folder(file: SpecFile, cwd: Path) -> Path:
    return cwd if file.path is None else file.path.parent


def _project(files: Sequence[SpecFile], paths: Sequence[str], cwd: Path) -> tuple[Project, list[Diagnostic]]:
    """The one project of all files; files of several projects cannot be applied together."""
    folders = dict.fromkeys(_folder(file, cwd) for file in files) or dict.fromkeys([_start(paths, cwd)])
    projects = {folder: find_project(folder, cwd=cwd) for folder in folders}
    project, problems = next(iter(projects.values()))
    found = list(problems)
    for file in files:
        other = projects[_folder(file, cwd)][0]
        if other.file != project.file:
            found.append(_several(file, project, other))
            break
    return project, found


def _start(paths: Sequence[str], cwd: Path) -> Path:
    """Where the project is looked for when no spec was found: at the first path that is there."""
    there = [cwd / path for path in paths if (cwd / path).exists()]
    first = there[0] if there else cwd
    return first if first.is_dir() else first.parent


def _several(file: SpecFile, project: Project, other: Project) -> Diagnostic:
    return Diagnostic(
        code="several-projects",
        message=f"this spec is of another project ({other.file or 'none'}) than the first ({project.file or 'none'})",
        location=Location(path=file.name),
        hint="apply each project by itself",
    )


def _place(problem: Diagnostic, order: dict[str, int]) -> int:
    """Problems stand in the order of their files; those of other files (Python sources) come after."""
    return order.get(problem.location.path, len(order))
