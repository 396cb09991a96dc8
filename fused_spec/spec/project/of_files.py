"""The one project that some files of specs belong to."""

import os
from collections.abc import Sequence
from pathlib import Path

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.files.discovery import SpecFile
from fused_spec.spec.files.exclusion import Exclusion, exclusion
from fused_spec.spec.model import Project
from fused_spec.spec.project.project_file import find_project


def excluded_around(folder: Path, *, cwd: Path) -> Exclusion:
    """What the project around a folder leaves out of a walk."""
    project, _ = find_project(folder, cwd=cwd)
    return exclusion(Path(os.path.realpath(project.root)), project.exclude)


def _folder(file: SpecFile, cwd: Path) -> Path:
    return cwd if file.path is None else file.path.parent


def project_of(files: Sequence[SpecFile], paths: Sequence[str], cwd: Path) -> tuple[Project, list[Diagnostic]]:
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
