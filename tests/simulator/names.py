"""Jobs whose names change twice, as specs of one time or another have them."""

from collections.abc import Sequence

from msgspec.structs import replace

from fused_spec.spec.model import Desired, DesiredJob, Key, Resolution
from fused_spec.spec.relations.moves import Move, Moves
from fused_spec.spec.relations.outputs import with_outputs_in_digests

_WORDS = ("job", "area", "field")
NEWEST = len(_WORDS) - 1


def first(name: str) -> str:
    """What it was called at first."""
    return f"{_WORDS[0]}-{name.rpartition('-')[2]}"


_AT: dict[tuple[int, int, bool], tuple[Resolution, Resolution]] = {}
"""What was made once, by the identity of what it was made of, kept beside it: all schedules declare the same."""


def at(resolution: Resolution, age: int, *, tells: bool) -> Resolution:
    """The specs of some time, which tell what things were called before, or leave that out."""
    made = _AT.get((id(resolution), age, tells))
    if made is None:
        named = [_named(one, age, tells=tells) for one in resolution.desired]
        made = resolution, replace(resolution, desired=with_outputs_in_digests(named))
        _AT[id(resolution), age, tells] = made
    return made[1]


def are_known(resolution: Resolution, age: int, recorded: Sequence[Move]) -> bool:
    """Whether what was written down tells all that these specs would."""
    moves = Moves(at(resolution, age, tells=False).desired, recorded)
    keys = [one.key for one in resolution.desired]
    return all(moves.key_of(_called(key, before)) == _called(key, age) for key in keys for before in range(age))


def _named(one: Desired, age: int, *, tells: bool) -> Desired:
    assert isinstance(one, DesiredJob)
    return replace(
        one,
        key=_called(one.key, age),
        needs=tuple(_called(key, age) for key in one.needs),
        reads=tuple(_called(key, age) for key in one.reads),
        former=tuple(_called(one.key, before) for before in reversed(range(age))) if tells else (),
    )


def _called(key: Key, age: int) -> Key:
    return replace(key, name=f"{_WORDS[age]}-{key.name.rpartition('-')[2]}")
