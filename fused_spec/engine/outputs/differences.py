"""What differs between what two runs left: which outputs there are, their rows, columns and boxes, and their values."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from fused_spec.engine.outputs.model import Facts, Told
from fused_spec.engine.outputs.summaries import Summary

_FACTS = ("kind", "rows", "crs", "bounds", "shape", "bytes")
_NUMBERS = ("nulls", "min", "max", "mean", "std", "median", "distinct", "top")


class Changed(Struct, frozen=True):
    """A fact that was one thing and is another."""

    what: str
    before: Any
    after: Any


class Difference(Struct, frozen=True, kw_only=True):
    """One output in two runs; `before` or `after` is False where a run has none of its place."""

    name: str
    task: int | None
    before: bool = True
    after: bool = True
    facts: tuple[Changed, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[Changed, ...] = ()
    values: tuple[Changed, ...] = ()

    @property
    def is_none(self) -> bool:
        told = (self.facts, self.added, self.removed, self.retyped, self.values)
        return self.before and self.after and not any(told)


Summarize = Callable[[Told], Summary | str | None]


def compared(before: Sequence[Told], after: Sequence[Told], summarize: Summarize) -> Iterator[Difference]:
    """Outputs of the same task, or at the same address, side by side; those that are the same as well.

    `summarize` says what an output holds: a table in numbers, anything else in a text; None for what is too large.
    """
    former = {_place(told): told for told in before}
    latter = {_place(told): told for told in after}
    for place in dict.fromkeys((*former, *latter)):
        one, other = former.get(place), latter.get(place)
        some = other or one
        assert some is not None
        if one is None or other is None:
            yield Difference(
                name=some.output.name, task=some.output.task, before=one is not None, after=other is not None
            )
        else:
            yield _between(one, other, summarize)


def _place(told: Told) -> object:
    return told.output.address if told.output.task is None else told.output.task


def _between(one: Told, other: Told, summarize: Summarize) -> Difference:
    types, others = _types(one.facts), _types(other.facts)
    return Difference(
        name=other.output.name,
        task=other.output.task,
        facts=tuple(_changed(one.facts, other.facts, _FACTS)),
        added=tuple(name for name in others if name not in types),
        removed=tuple(name for name in types if name not in others),
        retyped=tuple(
            Changed(name, types[name], others[name]) for name in types if others.get(name, types[name]) != types[name]
        ),
        values=tuple(_of_values(one, other, summarize)),
    )


def _types(facts: Facts) -> dict[str, str]:
    return {column.name: column.type for column in facts.columns or ()}


def _changed(one: object, other: object, names: Sequence[str], prefix: str = "") -> Iterator[Changed]:
    for name in names:
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield Changed(f"{prefix}{name}", before, after)


def _of_values(one: Told, other: Told, summarize: Summarize) -> Iterator[Changed]:
    if one.facts.kind is not other.facts.kind:
        return
    match summarize(one), summarize(other):
        case Summary() as before, Summary() as after:
            known = {column.name: column for column in before.columns}
            for column in after.columns:
                if column.name in known:
                    yield from _changed(known[column.name], column, _NUMBERS, f"{column.name}.")
        case str() as text, str() as new if text != new:
            yield Changed("content", text, new)
