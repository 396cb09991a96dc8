"""Several starts that differ in a few values as one document with a matrix."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fused_spec.reconcile.adopting.columns import Column, Path, columns
from fused_spec.reconcile.adopting.dimensions import Dimension, dimensions_of, excluded
from fused_spec.reconcile.adopting.drafts import Draft, as_name
from fused_spec.reconcile.adopting.sayings import said_by, template
from fused_spec.spec.language.cells.elements import slug

_LONGEST = 63
_MOST_ATTRIBUTES = 8

Way = tuple[list[Dimension], Mapping[Path, Any], tuple[str, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is to be written: one draft, or several as the cells of a matrix; `keys` are those of each by dimension."""

    name: str
    spec: Mapping[str, Any]
    members: tuple[Draft, ...]
    matrix: Mapping[str, Any] | None = None
    keys: tuple[Mapping[str, str], ...] = field(default=())


def single(draft: Draft) -> Document:
    """The draft as a document of its own."""
    return Document(name=draft.name, spec=draft.spec, members=(draft,))


def fold(drafts: Sequence[Draft]) -> list[Document]:
    """The drafts, those together that differ in a few values; in the order of the first of each."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(_shape(draft.spec), []).append(draft)
    found = [document for group in groups.values() for document in _folded(group)]
    place = {id(draft): index for index, draft in enumerate(drafts)}
    return sorted(found, key=lambda document: place[id(document.members[0])])


def _folded(group: Sequence[Draft]) -> list[Document]:
    """All as one; else in the largest parts that agree in one place and are one each; else each by itself."""
    if len(group) < 2:
        return [single(draft) for draft in group]
    if (whole := _matrix(group)) is not None:
        return [whole]
    best: list[Document] = []
    for column in columns([_whole(draft.spec) for draft in group]):
        parts: dict[int, list[Draft]] = {}
        for draft, number in zip(group, column.groups, strict=True):
            parts.setdefault(number, []).append(draft)
        if len(parts) > len(group) // 2:
            continue
        made = [part for members in parts.values() for part in ([_matrix(members)] if len(members) > 1 else [])]
        found = [one for one in made if one is not None]
        if sum(len(one.members) for one in found) > sum(len(one.members) for one in best):
            best = found
    folded = {id(draft) for one in best for draft in one.members}
    return [*best, *(single(draft) for draft in group if id(draft) not in folded)]


def _matrix(group: Sequence[Draft]) -> Document | None:
    specs = [_whole(draft.spec) for draft in group]
    found = list(columns(specs))
    ways = [way for dimensions in dimensions_of(found) if (way := _way(group, found, dimensions)) is not None]
    if not ways:
        return None
    dimensions, told, (name, pattern) = min(ways, key=lambda way: sum(len(one.attributes) for one in way[0]))
    matrix: dict[str, Any] = {one.name: one.written() for one in dimensions}
    matrix |= {"exclude": missing} if (missing := excluded(dimensions)) else {}
    matrix |= {"name": pattern} if pattern else {}
    spec = {field: value for field, value in _with(specs[0], told, ()).items() if value is not None}
    return Document(name=name, spec=spec, members=tuple(group), matrix=matrix, keys=tuple(_keys(dimensions)))


def _way(group: Sequence[Draft], found: Sequence[Column], dimensions: list[Dimension]) -> Way | None:
    """What stands where the drafts differ, and their name; None where these dimensions do not say all of it."""
    told = {column.path: said_by(column, dimensions) for column in found}
    if any(one.attributes for one in dimensions):  # which are no labels of the calendar then
        told = {column.path: said_by(column, dimensions) for column in found}
    if None in told.values() or sum(len(one.attributes) for one in dimensions) > _MOST_ATTRIBUTES:
        return None
    named = _named(group, dimensions)
    return None if named is None else (dimensions, told, named)


def _whole(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with null where it leaves its machine to the service, so that all of a group have the same fields."""
    return {**dict.fromkeys(("instance_type", "region", "disk_size_gb", "image_name")), **spec}


def _with(value: Any, told: Mapping[Path, Any], path: Path) -> Any:
    if path in told:
        return told[path]
    if isinstance(value, Mapping):
        return {name: _with(item, told, (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_with(item, told, (*path, index)) for index, item in enumerate(value)]
    return value


def _shape(spec: Mapping[str, Any]) -> str:
    """What documents have in common that may become one: which steps, and which code."""
    steps = [
        (step["type"], step.get("name"), step.get("udf", {}).get("file"), step.get("udf", {}).get("entrypoint"),
         step.get("udf", {}).get("headers"))
        for step in spec["config"]["steps"]
    ]  # fmt: skip
    return json.dumps([steps, sorted(spec.get("env", {}))])


def _keys(dimensions: Sequence[Dimension]) -> Iterator[Mapping[str, str]]:
    for cell in zip(*(one.values for one in dimensions), strict=True):
        yield {one.name: str(value) for one, value in zip(dimensions, cell, strict=True)}


def _named(group: Sequence[Draft], dimensions: Sequence[Dimension]) -> tuple[str, str | None] | None:
    """The name of the document, and the pattern of its cells' names where it is not the usual one.

    None where the names that people gave have no form, or nothing in common: then these are different jobs.
    """
    usual = sorted(dimensions, key=lambda one: one.name)
    if not any(draft.is_named for draft in group):
        base = group[0].name
        return (base, None) if _fits(base, usual) else None
    names = Column((), tuple(draft.name for draft in group))
    slugs = [Dimension(one.name, tuple(slug(str(value)) for value in one.values)) for one in dimensions]
    pattern = template(names, slugs)
    if pattern is None:
        return None
    common = as_name(re.sub(r"-+", "-", re.sub(r"\$\{[^}]*\}", "", pattern)).strip("-"))
    if common is None or not _fits(common, usual):
        return None
    if all(draft.name == _cell_name(common, usual, at) for at, draft in enumerate(group)):
        return common, None
    is_ours = all(draft.origin.marker is not None for draft in group)
    is_whole = all(f"${{matrix.{one.name}}}" in pattern for one in dimensions)
    return common, pattern if is_ours and is_whole else None


def _fits(base: str, usual: Sequence[Dimension]) -> bool:
    return all(len(_cell_name(base, usual, at)) <= _LONGEST for at in range(len(usual[0].values)))


def _cell_name(base: str, usual: Sequence[Dimension], at: int) -> str:
    return "-".join((base, *(slug(str(one.values[at])) for one in usual)))
