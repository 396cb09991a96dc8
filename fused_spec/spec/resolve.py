"""From paths to desired state: find, read, check, resolve; everything wrong with all of it is told together.

Nothing here asks a service or runs code.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from msgspec import Struct

from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.spec.files.discovery import SpecFile, find, printable
from fused_spec.spec.files.exclusion import Exclusion, exclusion
from fused_spec.spec.model import Project, Resolution, Survey
from fused_spec.spec.project.git_lock import Locks, read_locks
from fused_spec.spec.project.project_file import find_project
from fused_spec.spec.relations.check import check_relations
from fused_spec.spec.relations.declaration import Places
from fused_spec.spec.relations.outputs import with_outputs_in_digests
from fused_spec.spec.relations.text_addresses import text_addresses
from fused_spec.spec.resolving.look import look_at
from fused_spec.spec.resolving.share import Around, Looked
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.system.timings import UNTIMED, Phase, Timings
from fused_spec.udfs.gitrefs import Repositories

Cache = Callable[[Project], Path | None]
Git = Callable[[Project, Locks], GitSources]


def resolve(
    paths: Sequence[str],
    *,
    stdin: Callable[[], bytes] | None = None,
    cwd: Path,
    git: Git | None = None,
    cache: Cache = lambda _: None,
    processes: int = 1,
    timings: Timings = UNTIMED,
) -> Resolution:
    """Everything that the specs at `paths` declare, in the order of their files, and every problem found.

    `-` among the paths is standard input, whose relative paths start at `cwd`. `git` makes what reads git references,
    in place of the lock file and what is on this machine alone; `cache` names the folder where what may be forgotten is
    kept, if any. Many files are shared among so many `processes`. Never
    raises for what a person wrote.
    """
    seen = _see(paths, stdin, cwd, git or offline, cache, processes, timings, keeps=True)
    desired = tuple(one.desired for one in seen.looked if one.desired is not None)
    if not any(problem.is_error for problem in seen.diagnostics):
        desired = with_outputs_in_digests(desired)
    return Resolution(
        project=seen.project,
        desired=desired,
        diagnostics=seen.diagnostics,
        files=tuple(file.path for file in seen.files if file.path is not None),
    )


def survey(
    paths: Sequence[str],
    *,
    stdin: Callable[[], bytes] | None = None,
    cwd: Path,
    git: Git | None = None,
    cache: Cache = lambda _: None,
    processes: int = 1,
    timings: Timings = UNTIMED,
) -> Survey:
    """The same problems, without what the specs declare: of any number of specs little has to be kept."""
    seen = _see(paths, stdin, cwd, git or offline, cache, processes, timings, keeps=False)
    built = [one.declaration.file for one in seen.looked if one.is_built]
    return Survey(project=seen.project, diagnostics=seen.diagnostics, specs=len(built), files=len(set(built)))


class _Seen(Struct, frozen=True, kw_only=True):
    project: Project
    files: Sequence[SpecFile]
    looked: Sequence[Looked]
    diagnostics: tuple[Diagnostic, ...]


def _see(
    paths: Sequence[str],
    stdin: Callable[[], bytes] | None,
    cwd: Path,
    git: Git,
    cache: Cache,
    processes: int,
    timings: Timings,
    *,
    keeps: bool,
) -> _Seen:
    with timings.phase(Phase.FIND):
        files, problems = find(paths, cwd=cwd, stdin=stdin, excluded=partial(_excluded, cwd=cwd))
        project, more = _project(files, paths, cwd)
        problems += more
    locks, unreadable = read_locks(project.root)
    around = Around(project=project, cwd=cwd, git=git(project, locks), keeps=keeps, cache=cache(project))
    with timings.phase(Phase.READ):
        unread, looked = look_at(files, around, processes, timings)
    problems += _without_specs(paths, looked, [*problems, *unread])
    problems += unreadable
    problems += unread
    problems += chain.from_iterable(one.problems for one in looked)
    with timings.phase(Phase.CHECK):
        places = Places(files)
        problems += check_relations([one.declaration for one in looked], places)
        problems += text_addresses([(one.declaration, one.texts) for one in looked if one.texts is not None], places)
    order = {file.name: index for index, file in enumerate(files)}
    diagnostics = tuple(sorted(problems, key=lambda one: (_place(one, order), one.location)))
    return _Seen(project=project, files=files, looked=looked, diagnostics=diagnostics)


def _excluded(folder: Path, *, cwd: Path) -> Exclusion:
    project, _ = find_project(folder, cwd=cwd)
    return exclusion(Path(os.path.realpath(project.root)), project.exclude)


def _without_specs(paths: Sequence[str], looked: Sequence[Looked], told: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Where everything there is of others, the path is likely wrong."""
    passed_over = any(problem.severity is Severity.NOTE for problem in told)
    if not looked and passed_over and not any(problem.is_error for problem in told):
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
