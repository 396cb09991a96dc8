"""Which jobs a spec means: one by its name, or the cells of a matrix, all of them or some."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from fused_spec.spec.model import HasCell, Kind

Where = Mapping[str, tuple[str, ...]]
"""The elements that a cell may have, by dimension."""


class Selection(NamedTuple):
    """A job or a group of cells by name; of a group the cells that `where` fits.

    `lacking` is a dimension of `same` that the document itself does not have.
    """

    name: str
    where: Mapping[str, tuple[str, ...]] = {}
    lacking: str | None = None

    def __str__(self) -> str:
        said = ",".join(f"{name}={'|'.join(keys)}" for name, keys in self.where.items())
        return f"{self.name}[{said}]" if said else self.name


class MayBeCell(HasCell, Protocol):
    """What has a name, and may be a cell of a group."""

    @property
    def cell(self) -> Mapping[str, str]: ...


def selection_of(value: Any, cell: Mapping[str, str]) -> Selection | None:
    """The jobs that a value means: `tiles`, or `{job: tiles, same: [month], where: {region: us-west-2}}`.

    `cell` are the keys of the document that says it. None for what means no job.
    """
    if isinstance(value, str):
        return Selection(value)
    if not isinstance(value, dict) or not isinstance(value.get("job"), str):
        return None
    same, where = value.get("same", []), value.get("where", {})
    if not isinstance(same, list) or not isinstance(where, dict):
        return None
    wanted = {str(name): _keys(said) for name, said in where.items()}
    wanted |= {name: (cell[name],) for name in same if name in cell}
    lacking = next((str(name) for name in same if name not in cell), None)
    return Selection(value["job"], wanted, lacking)


def parsed(text: str) -> Selection | None:
    """The same as it is typed: `tiles`, `tiles[month=2024-05,region=eu-west-1]`; None when it cannot be understood."""
    name, opened, inside = text.partition("[")
    if not opened:
        return Selection(name)
    if not inside.endswith("]"):
        return None
    pairs = [pair.partition("=") for pair in inside[:-1].split(",")]
    if not all(dimension.strip() and sign and keys.strip() for dimension, sign, keys in pairs):
        return None
    where = {dimension.strip(): tuple(key.strip() for key in keys.split("|")) for dimension, _, keys in pairs}
    return Selection(name, where)


class Groups:
    """The cells of every matrix of jobs, by the name that they share."""

    def __init__(self, declared: Iterable[MayBeCell] = ()) -> None:
        self._cells: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
        for one in declared:
            if one.group is not None and one.kind == Kind.JOB and one.name is not None:
                self._cells.setdefault(one.group, []).append((one.name, one.cell))

    def __bool__(self) -> bool:
        return bool(self._cells)

    def __contains__(self, name: object) -> bool:
        return name in self._cells

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._cells)

    def dimensions(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(dimension for _, cell in self._cells.get(name, ()) for dimension in cell))

    def jobs(self, selection: Selection) -> Sequence[str]:
        """The names of the jobs that are meant, in the order of the alphabet; one that is no group is itself."""
        cells = self._cells.get(selection.name)
        if cells is None:
            return [selection.name]
        return sorted(name for name, cell in cells if _fits(cell, selection.where))


def _fits(cell: Mapping[str, str], where: Where) -> bool:
    return all(cell.get(name) in keys for name, keys in where.items())


def _keys(said: Any) -> tuple[str, ...]:
    return tuple(map(_key, said)) if isinstance(said, list) else (_key(said),)


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
