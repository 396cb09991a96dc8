"""What is told of a document that was put together: how a value came there, and nothing of what nobody gave yet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.documents.wording import either
from fused_spec.spec.model import HasCell

_OF_TYPE = "wrong-type"
_NAMED = 3
"""How many cells are named that have a problem."""


def known_faults(document: Document, problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The problems without those of values that nobody has given yet, but for their type, where it is known."""
    if not document.holes:
        return list(problems)
    from fused_spec.spec.language.merging.parts_of_trees import value_at  # with layers, which few documents have

    holes = [dotted(pointer) for pointer in document.holes]
    of_no_type = {dotted(pointer) for pointer in document.holes if value_at(document.tree, pointer) is None}
    return [
        one
        for one in problems
        if (one.code == _OF_TYPE and one.pointer not in of_no_type) or not _is_within(one.pointer, holes)
    ]


def with_ways(document: Document, problems: Iterable[Diagnostic], variables: Mapping[str, Any]) -> list[Diagnostic]:
    """The problems, each of which says through what name a value came where it stands; `variables` are declared."""
    return [_with_way(one, document, variables) for one in problems]


def by_target(told: Mapping[str, Sequence[Diagnostic]]) -> list[Diagnostic]:
    """The problems of several targets, each once; what is wrong at some of them alone says at which."""
    first: dict[tuple[str, Location, str], Diagnostic] = {}
    targets: dict[tuple[str, Location, str], dict[str, None]] = {}
    for name, problems in told.items():
        for one in problems:
            key = (one.code, one.location, one.message)  # it may be met in its file, and again in what is made of that
            first.setdefault(key, one)
            targets.setdefault(key, {})[name] = None
    return [
        one if len(names) == len(told) else replace(one, message=f"{one.message} (at {either(list(names), 'and')})")
        for one, names in zip(first.values(), targets.values(), strict=True)
    ]


def in_cells(told: Iterable[tuple[HasCell, Sequence[Diagnostic]]]) -> Iterator[Diagnostic]:
    """The problems of documents in their order; what is wrong with cells of one matrix is told once for all of them."""
    of_group: dict[tuple[str, str], list[tuple[str, Sequence[Diagnostic]]]] = {}
    in_order: list[tuple[Sequence[Diagnostic], list[tuple[str, Sequence[Diagnostic]]]]] = []
    for one, problems in told:
        if one.group is None:
            in_order.append((problems, []))
            continue
        key = (str(one.kind), one.group)
        if key not in of_group:
            of_group[key] = []
            in_order.append(((), of_group[key]))
        of_group[key].append((str(one.name), problems))
    for problems, cells in in_order:
        yield from problems
        yield from _of_cells(cells)


def _of_cells(cells: Sequence[tuple[str, Sequence[Diagnostic]]]) -> Iterator[Diagnostic]:
    """Each problem once, whatever the value of the cell that it tells.

    Cells are the same document but for their values: what is told of one field in the same way, as often as in a cell
    before, differs by these alone.
    """
    named: dict[tuple[Any, ...], list[str]] = {}
    first: dict[tuple[Any, ...], Diagnostic] = {}
    differing: set[tuple[Any, ...]] = set()
    for name, problems in cells:
        seen: Counter[tuple[Any, ...]] = Counter()
        for one in problems:
            sort = (one.code, one.location, one.pointer, one.severity)
            seen[sort] += 1
            key = (*sort, seen[sort])
            if first.setdefault(key, one) != one:
                differing.add(key)
            named.setdefault(key, []).append(name)
    for key, one in first.items():
        names = named[key]
        if len(names) == len(cells) and key not in differing:
            yield one
        else:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield replace(one, message=f"{one.message} (in {', '.join(names[:_NAMED])}{more})")


def _is_within(pointer: str, holes: Sequence[str]) -> bool:
    return any(pointer == hole or pointer.startswith(f"{hole}.") for hole in holes)


def _with_way(problem: Diagnostic, document: Document, variables: Mapping[str, Any]) -> Diagnostic:
    pointer = _pointer(problem.pointer) if problem.pointer else ()
    via = document.positions.via(pointer) if pointer else None
    if via is None:
        return problem
    problem = replace(problem, message=f"{problem.message}; it is {via}")
    if problem.code != _OF_TYPE:
        return problem
    from fused_spec.spec.language.misfits import of_another_type  # as only names in ${…} can be

    return of_another_type(problem, document.kind, pointer, via, variables)


def _pointer(said: str) -> Pointer:
    return tuple(int(step) if step.isdecimal() else step for step in said.split("."))
