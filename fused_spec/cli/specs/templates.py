"""What `fused-spec init` writes: a small project that can be applied at once, with an identity of its own.

Templates are projects that hold as they are, in `templates/`; the name, the id and the target of each are put in place.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from fused_spec.configuration.settings import LOCAL_TARGET

SCHEMA_FILE = "fused-spec.schema.json"
PROJECT_FILE = "fused-spec.yaml"
IGNORED = (".fused-spec/", ".secrets/")

TEMPLATES: Mapping[str, str] = {
    "hello": "one job on four cities, to see how it all goes",
    "ingest": "a table into GeoParquet, and a job that reads it",
    "map": "a UDF for each tile of a map, also saved",
    "token": "a saved UDF, and a URL that runs it",
    "backfill": "a job for each month, with variables, and targets dev and prod",
}
"""What there is, and what it is for."""

NEXT: Mapping[str, str] = {
    "token": "fused-spec tokens fetch daylight --param latitude=69.65 --format json",
    "backfill": "fused-spec plan specs/ --var last_month=2024-04",
}
"""What may be tried behind an apply."""

_NAME, _ID = "name: my-project\n", "id: 00000000-0000-0000-0000-000000000000 "
_LOCAL = "target: local # runs on this machine, with no account\n"
_HOSTED = "target: {name} # needs an account; `--target local` runs on this machine\n"


def template_folder() -> Path:
    """The folder of the templates: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def template_files(template: str, *, name: str, project_id: str, target: str) -> dict[str, bytes]:
    """The content of each file of a new project by its path in it; `target` is `local` or `hosted`."""
    folder = template_folder()
    paths = [path for path in sorted((folder / template).rglob("*")) if path.is_file() and _is_ours(path)]
    own = {path.relative_to(folder / template).as_posix(): path.read_bytes() for path in paths}
    project = own.pop(PROJECT_FILE, None) or (folder / PROJECT_FILE).read_bytes()
    return {PROJECT_FILE: _identified(project.decode("utf-8"), name, project_id, target).encode("utf-8"), **own}


def with_ignored(gitignore: str) -> str:
    """The content of a `.gitignore`, with what must never be committed added where it is missing."""
    missing = [line for line in IGNORED if line not in gitignore.splitlines()]
    lead = gitignore if not gitignore or gitignore.endswith("\n") else gitignore + "\n"
    return lead + "".join(f"{line}\n" for line in missing)


def project_name(folder_name: str) -> str:
    """The folder's name as far as it makes a name: lower-case letters, digits and hyphens, a letter first."""
    words = re.sub(r"[^a-z0-9]+", "-", folder_name.lower())
    return re.sub(r"^[^a-z]+", "", words)[:63].strip("-") or "specs"


def _identified(project: str, name: str, project_id: str, target: str) -> str:
    """The project file with its own name and id, and the first target that it names where that is not this machine."""
    assert all(project.count(one) == 1 for one in (_NAME, _ID, _LOCAL)), "a template without its marks"
    found = project.replace(_NAME, f"name: {name}\n").replace(_ID, f"id: {project_id} ")
    if target == LOCAL_TARGET:
        return found
    first = re.search(r"^targets:\n  ([a-z-]+):", project, re.MULTILINE)
    assert first is not None, "a template without targets"
    return found.replace(_LOCAL, _HOSTED.format(name=first[1]))


def _is_ours(path: Path) -> bool:
    return "__pycache__" not in path.parts and not path.name.startswith(".")
