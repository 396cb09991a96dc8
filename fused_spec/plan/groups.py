"""Changes that are told together: those with the same action, reason and shape of difference, with their exceptions.

The shape is which fields differ, and every text of several lines in them. Short values may differ within a group, in a
few fields: then the group says which, and what they are. For a new thing the fields are those that it declares.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from fused_spec.plan.actions import Action
from fused_spec.plan.model import ABSENT, Change, FieldChange, PastRun, Run
from fused_spec.spec.model import DesiredJob

_FEWEST = 3  # members of a group whose values differ
_MOST_VARYING = 4
_EXCEPTIONAL = 0.2  # so few of a group are exceptions from what the others have in common
_SHORT = 200

Facts = Mapping[str, FieldChange]


class Group(Struct, frozen=True, kw_only=True):
    """One change, or several of one shape.

    `fields` are what all have in common, `varying` those whose values differ, one for each change. `exceptions` say
    where one of the changes differs from the rest. Of new things the fields are in `varying` and `exceptions` alone.
    """

    changes: tuple[Change, ...]
    fields: tuple[FieldChange, ...] = ()
    varying: Mapping[str, tuple[FieldChange, ...]] = field(default_factory=dict)
    exceptions: tuple[tuple[Change, tuple[FieldChange, ...]], ...] = ()

    @property
    def first(self) -> Change:
        return self.changes[0]

    @property
    def why(self) -> str:
        """The reason, with its detail where all have the same."""
        reasons = {change.why for change in self.changes}
        return reasons.pop() if len(reasons) == 1 else str(self.first.reason)


_DESTRUCTIVE = (Action.DELETE, Action.DISABLE, Action.CANCEL, Action.REPLACE)


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """All changes, each in one group: first what takes something away, then the others in their order."""
    order: dict[int, int] = {}
    alike: dict[Hashable, list[Change]] = {}
    for place, change in enumerate(changes):
        order[id(change)] = place
        alike.setdefault(_shape(change), []).append(change)
    made = _with_lone_ones([group for members in alike.values() for group in _split(members)], order)
    return tuple(sorted(made, key=lambda group: (rank(group.first), order[id(group.first)])))


def rank(change: Change) -> int:
    """Where it stands: what takes something away, what overwrites for others, what does something, and the rest."""
    if change.action in _DESTRUCTIVE:
        return 0
    if change.action.changes_something and change.notes:
        return 1
    return 2 if change.action.changes_something or change.action is Action.HOLD else 3


def is_destructive(change: Change) -> bool:
    """Whether it takes something away, or writes over what others are served."""
    return rank(change) < 2


def facts_of(change: Change) -> Facts:
    """The fields that differ; of something new, those that it declares."""
    if change.fields:
        return {one.path: one for one in change.fields}
    if change.before is None and change.after is not None and change.action.changes_something:
        declared = dict(_leaves(change.after.payload, ""))
        if isinstance(change.after, DesiredJob) and change.after.only_needed:
            declared["needs"] = [str(key) for key in change.after.only_needed]
        return {path: FieldChange(path=path, before=ABSENT, after=value) for path, value in declared.items()}
    return {}


def _shape(change: Change) -> Hashable:
    facts = facts_of(change)
    texts = tuple((path, repr(one.before), repr(one.after)) for path, one in sorted(facts.items()) if _is_long(one))
    return (*_told(change), tuple(sorted(facts)), texts)


def _told(change: Change) -> tuple[Hashable, ...]:
    """What changes of one group say with the same words."""
    detail = "" if change.fields or change.part is not None else change.detail
    before = change.before if isinstance(change.before, Run | PastRun) and change.action is Action.HOLD else None
    ended = (before.status, before.error, before.ended_by) if before else None
    return (change.key.kind, change.action, change.reason, detail, ended, change.notes, change.before is None)


def _split(members: Sequence[Change]) -> Iterator[Group]:
    """One group where few fields vary, else each for itself."""
    if len(members) == 1:
        yield _alone(members[0])
        return
    table = [facts_of(change) for change in members]
    common, varying = _compared(table)
    if not common and not varying:
        yield Group(changes=tuple(members))
    elif not varying or (len(members) >= _FEWEST and len(varying) <= _MOST_VARYING):
        yield _group(members, table, common, varying)
    else:
        yield from _by_equal_facts(members, table)


def _compared(table: Sequence[Facts]) -> tuple[dict[str, FieldChange], list[str]]:
    """What nearly all have in common, and the fields in which they differ."""
    common: dict[str, FieldChange] = {}
    varying: list[str] = []
    for path in table[0]:
        seen = Counter(_same(facts[path]) for facts in table)
        [(most, count)] = seen.most_common(1)
        if count == len(table) or (len(table) > _FEWEST and len(table) - count <= _EXCEPTIONAL * len(table)):
            common[path] = next(facts[path] for facts in table if _same(facts[path]) == most)
        else:
            varying.append(path)
    return common, varying


def _group(members: Sequence[Change], table: Sequence[Facts], common: Facts, varying: Sequence[str]) -> Group:
    is_new = not members[0].fields
    exceptions = []
    for change, facts in zip(members, table, strict=True):
        other = tuple(facts[path] for path, one in common.items() if _same(facts[path]) != _same(one))
        if other:
            exceptions.append((change, other))
    return Group(
        changes=tuple(members),
        fields=() if is_new else tuple(common.values()),
        varying={path: tuple(facts[path] for facts in table) for path in varying},
        exceptions=tuple(exceptions),
    )


def _by_equal_facts(members: Sequence[Change], table: Sequence[Facts]) -> Iterator[Group]:
    equal: dict[Hashable, list[Change]] = {}
    for change, facts in zip(members, table, strict=True):
        equal.setdefault(tuple(sorted((path, _same(one)) for path, one in facts.items())), []).append(change)
    for changes in equal.values():
        yield Group(changes=tuple(changes), fields=changes[0].fields)


def _alone(change: Change) -> Group:
    return Group(changes=(change,), fields=change.fields)


def _with_lone_ones(made: Sequence[Group], order: Mapping[int, int]) -> list[Group]:
    """The groups, where a change that differs from a group in more fields alone has become its exception."""
    large = [group for group in made if len(group.changes) >= _FEWEST and (group.fields or group.varying)]
    taken: dict[int, list[Change]] = {}
    for one in made:
        if len(one.changes) == 1 and facts_of(one.first):
            fitting = [group for group in large if _fits(one.first, group)]
            if fitting:
                best = max(fitting, key=lambda group: len(group.changes))
                taken.setdefault(id(best), []).append(one.first)
    gone = {id(change) for changes in taken.values() for change in changes}
    return [
        _joined(group, taken[id(group)], order) if id(group) in taken else group
        for group in made
        if not (len(group.changes) == 1 and id(group.first) in gone)
    ]


def _fits(change: Change, group: Group) -> bool:
    facts, those = facts_of(change), facts_of(group.first)
    if _told(change) != _told(group.first) or not set(those) < set(facts):
        return False
    more = [one for path, one in facts.items() if path not in those]
    same = all(_same(facts[path]) == _same(one) for path, one in those.items() if path not in group.varying)
    return same and not any(map(_is_long, more))


def _joined(group: Group, lone: Sequence[Change], order: Mapping[int, int]) -> Group:
    paths = set(facts_of(group.first))
    more = [(change, tuple(one for path, one in facts_of(change).items() if path not in paths)) for change in lone]
    members = sorted((*group.changes, *lone), key=lambda change: order[id(change)])
    return Group(
        changes=tuple(members),
        fields=group.fields,
        varying={path: tuple(facts_of(change)[path] for change in members) for path in group.varying},
        exceptions=(*group.exceptions, *more),
    )


def _same(one: FieldChange) -> tuple[str, str]:
    return repr(one.before), repr(one.after)


def _is_long(one: FieldChange) -> bool:
    return any(isinstance(value, str) and ("\n" in value or len(value) > _SHORT) for value in (one.before, one.after))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values of a payload by their dotted paths; a list is a value, but for the steps."""
    items: Iterable[tuple[Any, Any]]
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple) and path.endswith(("steps", "headers")):
        items = enumerate(value)
    else:
        yield path, value
        return
    for name, item in items:
        yield from _leaves(item, f"{path}.{name}" if path else str(name))
