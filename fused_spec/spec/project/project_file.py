"""The project around a spec: its identity, what its paths may reach, and where its state is kept."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fused_spec.configuration.service_identity import normal_url
from fused_spec.configuration.settings import HOSTED_TARGET, HOSTED_URL, LOCAL_TARGET, Target
from fused_spec.messages.diagnostics import Diagnostic, Location, nearest
from fused_spec.spec.checking.schema import check
from fused_spec.spec.documents.document import Document, read_documents
from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.files.discovery import find_project_file, printable
from fused_spec.spec.files.roots import PROJECT_FILE, checkout_of, leads_out, project_root
from fused_spec.spec.model import DEFAULT_SCOPE, Project
from fused_spec.udfs.gitrefs import normal

STATE_FOLDER = ".fused-spec"


def find_project(start: Path, *, cwd: Path) -> tuple[Project, tuple[Diagnostic, ...]]:
    """The project of the folder `start`: the nearest `fused-spec.yaml` from there upwards.

    Without one, the scope is `default`, paths may reach what lies in the same git checkout, else below `cwd`, else in
    `start` itself, and state is kept in `cwd`. With a broken one, the same beside what is wrong with it.
    """
    start = start.resolve()
    root = project_root(start)
    if root is None:
        return _without_file(_fallback_root(start, cwd.resolve()), cwd), ()
    document, problems = _read(root / PROJECT_FILE, cwd)
    if document is None or any(problem.is_error for problem in problems):
        return _without_file(root, root), tuple(problems)
    project = _from_tree(document, root)
    found = (*_unknown_target(project, document), *_other_hosted(document), *_one_environment_twice(document))
    return project, (*problems, *found)


def _without_file(root: Path, home: Path) -> Project:
    return Project(name=root.name or "default", scope=DEFAULT_SCOPE, root=root, state=home / STATE_FOLDER)


def _fallback_root(start: Path, cwd: Path) -> Path:
    if (checkout := checkout_of(start)) is not None:
        return checkout
    return cwd if start.is_relative_to(cwd) else start


def _read(path: Path, cwd: Path) -> tuple[Document | None, list[Diagnostic]]:
    shown = path.relative_to(cwd) if path.is_relative_to(cwd) else path
    if (other := leads_out(path)) is not None:
        return None, [_linked(shown, other)]
    file, problems = find_project_file(path, shown)
    if file is None:
        return None, problems
    documents, problems = read_documents(file)
    if not documents and not problems:
        problems.append(_empty(file.name))
    problems += [problem for document in documents for problem in check(document)]
    if len(documents) > 1:
        problems.append(
            Diagnostic(
                code="several-documents",
                message="a project file holds one document",
                location=documents[1].positions.value(()),
                hint="write specs into files of their own",
            )
        )
    return (documents[0] if documents else None), problems


def _empty(name: str) -> Diagnostic:
    return Diagnostic(
        code="empty-document",
        message="the project file is empty",
        location=Location(path=name),
        hint="write the project's name and id into it, as `fused-spec init` does in a new folder",
    )


def _linked(shown: Path, other: Path) -> Diagnostic:
    return Diagnostic(
        code="outside-project",
        message=f"{printable(shown)} is a link to the project file {printable(other)}",
        location=Location(path=printable(shown)),
        hint="give this folder a project file of its own: its id marks every run",
    )


def _from_tree(document: Document, root: Path) -> Project:
    tree = document.tree
    targets = {
        name: _target(name, described)
        for name, described in tree.get("targets", {}).items()
        if not _is_other_hosted(name, described)
    }
    return Project(
        name=tree["project"]["name"],
        scope=tree["project"]["id"],
        root=root,
        state=root / STATE_FOLDER,
        default_target=tree.get("target", LOCAL_TARGET),
        targets=targets,
        archive=tree.get("archive"),
        prices=tree.get("prices", {}),
        images=tree.get("images", {}),
        clones={normal(url): _clone(root, path) for url, path in tree.get("clones", {}).items()},
        engine=tree.get("engine"),
        storage=tree.get("storage"),
        exclude=tuple(tree.get("exclude", ())),
        file=root / PROJECT_FILE,
        document=document,
    )


def _clone(root: Path, path: str) -> Path:
    return root / os.path.expanduser(path)  # noqa: PTH111  # pathlib's raises for a user that there is not


def _target(name: str, described: Mapping[str, Any]) -> Target:
    return Target(
        name=name,
        base_url=described["base_url"].rstrip("/"),
        scope=described.get("scope"),
        accepts_within=_seconds(described.get("accepts_within")),
        lists_within=_seconds(described.get("lists_within")),
    )


def _seconds(written: str | None) -> float | None:
    return None if written is None else float(seconds(written))


def _is_other_hosted(name: str, described: Mapping[str, Any]) -> bool:
    """Whether it calls another server `hosted`: such a file would send the token of hosted Fused there."""
    return name == HOSTED_TARGET and described["base_url"].rstrip("/") != HOSTED_URL


def _other_hosted(document: Document) -> list[Diagnostic]:
    pointer = ("targets", HOSTED_TARGET, "base_url")
    return [
        Diagnostic(
            code="reserved-name",
            message=f'the target "{name}" is {HOSTED_URL} and no other server',
            location=document.positions.value(pointer),
            pointer=dotted(pointer),
            hint="choose another name for this target",
        )
        for name, described in document.tree.get("targets", {}).items()
        if _is_other_hosted(name, described)
    ]


def _one_environment_twice(document: Document) -> Iterator[Diagnostic]:
    """Targets that reach one service under one scope: what ran at the one would be taken for a run of the other."""
    tree, positions = document.tree, document.positions
    places: dict[tuple[str, str | None], tuple[str, Pointer]] = {}
    if tree.get("target") == HOSTED_TARGET and HOSTED_TARGET not in tree.get("targets", {}):
        places[normal_url(HOSTED_URL), None] = (HOSTED_TARGET, ("target",))
    for name, described in tree.get("targets", {}).items():
        pointer: Pointer = ("targets", name, "base_url")
        first, place = places.setdefault((normal_url(described["base_url"]), described.get("scope")), (name, pointer))
        if place is pointer:
            continue
        scope = f'the scope "{described["scope"]}"' if "scope" in described else "no scope"
        yield Diagnostic(
            code="one-environment-twice",
            message=f'the targets "{first}" ({positions.value(place)}) and "{name}" are one environment: '
            f"both reach {described['base_url']} with {scope}",
            location=positions.value(pointer),
            pointer=dotted(pointer),
            hint=f'give one of them a scope of its own, such as "scope: {name}"; '
            "the one that keeps what it has keeps its history",
        )


def _unknown_target(project: Project, document: Document) -> list[Diagnostic]:
    known = (LOCAL_TARGET, HOSTED_TARGET, *project.targets)
    if project.default_target in known:
        return []
    meant = nearest(project.default_target, known)
    return [
        Diagnostic(
            code="unknown-target",
            message=f'no target is named "{project.default_target}"',
            location=document.positions.value(("target",)),
            pointer="target",
            hint=f'did you mean "{meant}"?' if meant else f"declare it under targets; known are {', '.join(known)}",
        )
    ]
