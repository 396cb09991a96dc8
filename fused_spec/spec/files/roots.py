"""Where a project begins, and whether a path that was typed leads out of it.

A link between the two would let a command act on a project that nobody named. A checkout may lie behind a link, as
`/tmp` does on macOS: what counts is a link that lies *in* a project and leads out of that one.
"""

import os
from pathlib import Path

from msgspec import Struct

PROJECT_FILE = "fused-spec.yaml"


def project_root(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that holds a project file."""
    return next((folder for folder in (start, *start.parents) if (folder / PROJECT_FILE).is_file()), None)


def checkout_of(folder: Path) -> Path | None:
    """The git checkout that a folder is in, if it is in one."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


class Crossing(Struct, frozen=True, kw_only=True):
    """A link on a typed path that lies in the project `home` and leads to `target`, which is not in that project.

    `link` is the path up to it as typed; `project` is the one that it leads into, None when it is none.
    """

    link: Path
    home: Path
    target: Path
    project: Path | None


def crossing_link(cwd: Path, typed: str) -> Crossing | None:
    """The first link on the way from `cwd` that leads out of the project in which it lies."""
    path = cwd / typed
    target = Path(os.path.realpath(path))
    project = project_root(target)
    shown, at = Path(), Path(os.path.realpath(cwd))
    for part in Path(typed).parts:
        shown = shown / part
        at = Path(part) if Path(part).is_absolute() else at / part
        if at.is_symlink():
            home = project_root(at.parent)
            if home is not None and home != project:
                return Crossing(link=shown, home=home, target=target, project=project)
        at = Path(os.path.realpath(at))
    return None


def leads_out(project_file: Path) -> Path | None:
    """Where a project file leads that is a link out of its own folder: the identity of another project."""
    real = Path(os.path.realpath(project_file))
    return None if real.is_relative_to(os.path.realpath(project_file.parent)) else real
