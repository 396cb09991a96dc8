"""From paths to desired state: find, read, check, resolve; everything wrong with all of it is told together.

Nothing here asks a service or runs code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fused_spec.diagnostics import Diagnostic, Location
from fused_spec.spec.build import build
from fused_spec.spec.discovery import SpecFile, find
from fused_spec.spec.document import Document, read_documents
from fused_spec.spec.findings import Findings
from fused_spec.spec.inputs import Inputs
from fused_spec.spec.model import Desired, Project, Resolution
from fused_spec.spec.outputs import outputs, with_outputs_in_digests
from fused_spec.spec.project import find_project
from fused_spec.spec.relations import check_relations
from fused_spec.spec.schema import check


def resolve(paths: Sequence[str], *, stdin: Callable[[], bytes] | None = None, cwd: Path) -> Resolution:
    """Everything that the specs at `paths` declare, in the order of their files, and every problem found.

    `-` among the paths is standard input, whose relative paths start at `cwd`. Never raises for what a person wrote.
    """
    files, problems = find(paths, cwd=cwd, stdin=stdin)
    project, more = _project(files, paths, cwd)
    problems += more
    read = [read_documents(file) for file in files]
    documents = [document for found, _ in read for document in found]
    inputs = Inputs()
    written = outputs(documents)
    built = [_built(document, project, _folder(document.file, cwd), inputs, written) for document in documents]
    problems += [problem for _, found in read for problem in found]
    problems += [problem for one in built for problem in one.problems]
    problems += check_relations(documents)
    desired = tuple(one.desired for one in built if one.desired is not None)
    if not any(problem.is_error for problem in problems):
        desired = with_outputs_in_digests(desired)
    order = {file.name: index for index, file in enumerate(files)}
    return Resolution(
        project=project,
        desired=desired,
        diagnostics=tuple(sorted(problems, key=lambda one: (_place(one, order), one.location))),
    )


@dataclass(frozen=True, slots=True)
class _Built:
    desired: Desired | None
    problems: list[Diagnostic]


def _built(document: Document, project: Project, folder: Path, inputs: Inputs, written: Mapping[str, str]) -> _Built:
    findings = Findings(document, check(document))
    if not isinstance(document.tree, dict):
        return _Built(None, findings.problems)
    desired = build(document, findings, project=project, folder=folder, inputs=inputs, outputs=written)
    return _Built(desired, findings.problems)


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
