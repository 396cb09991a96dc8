"""The schemas of a project for editors: written when asked for, and from then on kept as its names are."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fused_spec import __version__
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import FileTrouble, FusedSpecError, SpecError

if TYPE_CHECKING:
    from fused_spec.spec.model import Project
    from fused_spec.spec.sight import Sight

_FOLDER = "schema"
_NEXT = """\
The first line of a spec that editors check and complete with them:
  # yaml-language-server: $schema={specs}
and of fused-spec.yaml:
  # yaml-language-server: $schema={project}
They follow the project: every command that reads its specs writes them again when names or types change."""


def keep_schemas(context: Context, sight: "Sight") -> None:
    """Write the schemas again where a project has them and they are not of its names any more."""
    folder = schemas_folder(sight.project)
    if sight.project.file is None or not folder.is_dir():
        return
    try:
        _refresh(folder, sight)
    except OSError as error:
        # What is asked for can be done all the same.
        context.console.detail(f"the schemas in {folder} cannot be written: {error.strerror or error}")


def write_schemas(context: Context, path: str) -> str:
    """Write the schemas of the project around a path, and say how specs name them."""
    from fused_spec.cli.specs.reading import means_of
    from fused_spec.spec.project.project_file import find_project
    from fused_spec.spec.sight import Sight

    start = context.cwd / path
    if not start.exists():
        raise FusedSpecError(f"{path} does not exist", hint="name the folder of the project")
    project, wrong = find_project(start if start.is_dir() else start.parent, cwd=context.cwd)
    if any(one.is_error for one in wrong):
        raise SpecError(wrong)
    if project.file is None:
        hint = "begin a project with `fused-spec init`"
        raise FusedSpecError(f"there is no fused-spec.yaml in {start.resolve()} or above", hint=hint)
    means = means_of(context)
    means.pop("notice", None)
    sight = Sight([str(project.root)], means)
    folder = schemas_folder(project)
    try:
        _refresh(folder, sight)
    except OSError as error:
        raise FileTrouble(
            f"the schemas cannot be written: {error.strerror or error}", hint=f"look at {folder}"
        ) from error
    return _said(folder, project.root, context.cwd)


def schemas_folder(project: "Project") -> Path:
    """In the project itself, wherever its state is kept: specs name it by its path."""
    from fused_spec.spec.project.project_file import STATE_FOLDER

    return project.root / STATE_FOLDER / _FOLDER


def _refresh(folder: Path, sight: "Sight") -> None:
    from fused_spec.spec.language.editors.folder import names_of, refresh

    names = names_of(sight.project, sight.spoken.variables, sight.spoken.fragments)
    refresh(folder, names, is_all=sight.is_whole, version=__version__)


def _said(folder: Path, root: Path, cwd: Path) -> str:
    shown = folder.relative_to(cwd) if folder.is_relative_to(cwd) else folder
    specs = os.path.relpath(folder / "specs.schema.json", root / "specs")
    project = os.path.relpath(folder / "project.schema.json", root)
    return f"wrote {shown}/\n" + _NEXT.format(specs=specs, project=project)
