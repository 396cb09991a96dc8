"""Names of jobs as they are typed: one job, a group, and some of its cells (`tiles[month=2024-05]`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from fused_spec.cli.completion.shells import OPEN
from fused_spec.messages.phrases import counted

if TYPE_CHECKING:
    from fused_spec.spec.outline import Named

_NOT_TYPED = frozenset(",|[]")
"""Characters that an element cannot have where it is named on a command line."""


def jobs_typed(jobs: "Sequence[Named]", typed: str) -> Iterator[CompletionItem]:
    """What `typed` may become: a job, a group, cells in brackets, or a cell by its own name.

    As long as the name of a group itself may be meant, those of its cells are not told: there may be a thousand.
    """
    if "[" in typed:
        yield from _cells_typed(jobs, typed)
        return
    for name, cells in _by_name(jobs).items():
        if not name.startswith(typed):
            yield from (CompletionItem(cell.name) for cell in cells if cell.name.startswith(typed))
        elif cells[0].group is None:
            yield CompletionItem(name)
        else:
            dimensions = ", ".join(cells[0].cell)
            yield CompletionItem(name, help=f"{counted(len(cells), 'cell')} by {dimensions}")
            yield CompletionItem(f"{name}[", type=OPEN)


def runs_typed(jobs: "Sequence[Named]", typed: str) -> Iterator[CompletionItem]:
    """The names of single jobs, those of cells among them: only these have runs."""
    return (CompletionItem(job.name, help=_cell(job.cell)) for job in jobs if job.name.startswith(typed))


def _by_name(jobs: "Iterable[Named]") -> "dict[str, list[Named]]":
    found: dict[str, list[Named]] = {}
    for job in jobs:
        found.setdefault(job.group or job.name, []).append(job)
    return found


def _cells_typed(jobs: "Sequence[Named]", typed: str) -> Iterator[CompletionItem]:
    """`tiles[`, `tiles[month=`, `tiles[month=2024-05,reg`, `tiles[month=2024-05|2024-0`."""
    name, _, inside = typed.partition("[")
    *before, last = inside.split(",")
    where = {dimension: keys.split("|") for dimension, _, keys in (one.partition("=") for one in before)}
    cells = [job.cell for job in jobs if job.group == name and _fits(job.cell, where)]
    left = [dimension for dimension in (cells[0] if cells else ()) if dimension not in where]
    head = typed.removesuffix(last)
    dimension, sign, keys = last.partition("=")
    if not sign:
        for one in left:
            if one.startswith(last):
                yield CompletionItem(f"{head}{one}=", type=OPEN)
        return
    *others, key = keys.split("|")
    head = f"{head}{dimension}={''.join(f'{one}|' for one in others)}"
    for element in dict.fromkeys(cell[dimension] for cell in cells if dimension in cell):
        if element.startswith(key) and element not in others and _NOT_TYPED.isdisjoint(element):
            yield CompletionItem(f"{head}{element}]")
            if set(left) - {dimension}:
                yield CompletionItem(f"{head}{element},", type=OPEN)


def _fits(cell: Mapping[str, str], where: Mapping[str, Sequence[str]]) -> bool:
    return all(cell.get(dimension) in keys for dimension, keys in where.items())


def _cell(cell: Mapping[str, str]) -> str | None:
    return ", ".join(f"{dimension} {key}" for dimension, key in cell.items()) or None
