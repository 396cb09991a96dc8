"""The graph of `needs`: an order in which everything can be carried out, and the loops that prevent one."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from fused_spec.spec.model import Desired, Key


def needs_of(desired: Desired) -> tuple[Key, ...]:
    """The keys that must succeed before this one starts."""
    return getattr(desired, "needs", ())


def in_order(desired: Sequence[Desired]) -> tuple[Desired, ...]:
    """The same things, each after everything it needs; otherwise in the order given.

    Needs that are not among them are ignored. Raises `graphlib.CycleError` for a loop.
    """
    by_key = {one.key: one for one in desired}
    graph = {key: [need for need in needs_of(one) if need in by_key] for key, one in by_key.items()}
    waiting = {key: len(needs) for key, needs in graph.items() if needs}
    needed_by: dict[Key, list[Key]] = {}
    for key in waiting:
        for need in graph[key]:
            needed_by.setdefault(need, []).append(key)
    ordered: list[Key] = []
    ready = [key for key in by_key if key not in waiting]
    position = {key: index for index, key in enumerate(by_key)} if waiting else {}
    while ready:
        ordered += ready
        freed: list[Key] = []
        for key in ready:
            for other in needed_by.get(key, ()):
                waiting[other] -= 1
                if not waiting[other]:
                    freed.append(other)
        ready = sorted(freed, key=position.__getitem__)
    if len(ordered) < len(by_key):
        TopologicalSorter(graph).prepare()  # which raises, and says where the loop is
    return tuple(map(by_key.__getitem__, ordered))


def find_cycle(graph: Mapping[Key, Sequence[Key]]) -> tuple[Key, ...] | None:
    """One loop as `a, b, a`, beginning with its first member in the graph's order; None when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        loop = list(reversed(error.args[1]))[:-1]  # graphlib tells it from the needed to the needing
        start = loop.index(next(key for key in graph if key in loop))
        turned = loop[start:] + loop[:start]
        return (*turned, turned[0])
    return None
