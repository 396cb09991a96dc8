"""What declared things were called before: by their specs, and by what applies wrote down.

One place says which thing a key meant at a time, and whether a digest is that of a job under former names: of itself,
or of what it reads. Whoever reads what was run looks through it, and sees all of it under the names of now.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Final, NamedTuple, TypeVar

from msgspec.structs import replace

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.spec.model import Desired, DesiredJob, DesiredUdf, Key
from fused_spec.spec.relations.digest import digest
from fused_spec.spec.relations.graph import in_order

_MOST_WAYS = 1024  # in which the lines of several documents may have been there or not


class Move(NamedTuple):
    """That what was called `before` is called `after`, as an apply wrote down at that time of the service."""

    before: Key
    after: Key
    at: datetime


class Moves:
    """The moves of what is declared, and those that were `recorded`; without any everything is what it is called."""

    def __init__(self, desired: Iterable[Desired] = (), recorded: Iterable[Move] = ()) -> None:
        self._declared = {one.key: one for one in desired}
        self._recorded: dict[Key, list[Move]] = {}
        for move in sorted(recorded, key=lambda move: move.at):
            self._recorded.setdefault(move.before, []).append(move)
        self._claimed = {former: one.key for one in self._declared.values() for former in one.former}
        self._digests: dict[Key, frozenset[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._recorded or self._claimed)

    def key_of(self, key: Key, when: datetime | None = None) -> Key:
        """What is called by now what had this key at that time, or at any.

        What is declared keeps its own past where nothing declared took it over: so it is for whoever does not know of
        the move yet, and for whoever took it back.
        """
        if not self:
            return key
        heir = self._heir(key, when, set())
        return heir if heir is not None else self._last(key)

    def digest_of(self, key: Key, told: str) -> str:
        """The digest of the declared job, where the one that is told is of the same thing under former names."""
        job = self._declared.get(key)
        if not isinstance(job, DesiredJob) or not job.reads or told == job.digest or not self:
            return told
        if key not in self._digests:
            self._digests[key] = frozenset(self._former_digests(job))
        return job.digest if told in self._digests[key] else told

    def names_of(self, key: Key) -> tuple[Key, ...]:
        """Every key that what is called so now had, as far as it is known, itself first."""
        if key in self._declared:
            return (key, *self._declared[key].former)
        return (key, *(one for one in self._recorded if one != key and self.key_of(one) == key))

    def new(self) -> tuple[tuple[Key, Key], ...]:
        """The moves that nobody wrote down: from which key to which."""
        return tuple(
            (before, after)
            for before, after in self._claimed.items()
            if all(self._heir(move.after, move.at, {move}) != after for move in self._recorded.get(before, ()))
        )

    def _heir(self, key: Key, when: datetime | None, gone: set[Move]) -> Key | None:
        """What is declared now and has the key's past of that time; moves that are `gone` through lead nowhere."""
        moves = self._recorded.get(key, ())
        for move in moves:
            if move not in gone and (when is None or move.at >= when):
                gone.add(move)
                if (heir := self._heir(move.after, move.at, gone)) is not None:
                    return heir
        if key in self._declared:
            return key
        if key in self._claimed:
            return self._claimed[key]
        for move in reversed(moves):  # who does not know of a move yet goes on under the former name
            if move not in gone:
                gone.add(move)
                if (heir := self._heir(move.after, move.at, gone)) is not None:
                    return heir
        return None

    def _last(self, key: Key) -> Key:
        """What nothing declared took over is called by its newest name."""
        names = [key]
        while moves := self._recorded.get(names[-1]):
            if moves[-1].after in names:
                break
            names.append(moves[-1].after)
        return names[-1]

    def _former_digests(self, job: DesiredJob) -> Iterator[str]:
        """The digests of the job with the names that all it reads had, directly or not.

        A line is one for all cells of its document, so each document has its lines in force or not, newest first.
        """
        read = self._behind(job)
        lines: dict[Location, int] = {}
        for one in read:
            lines[one.origin] = max(lines.get(one.origin, 0), len(one.former))
        lines = {origin: count for origin, count in lines.items() if count}
        choices = [range(count + 1) for count in lines.values()]
        ways: Iterable[Sequence[int]] = product(*choices)
        if prod(map(len, choices)) > _MOST_WAYS:
            ways = ([level] * len(lines) for level in range(1, max(lines.values()) + 1))
        for way in ways:
            yield self._digest_at(job, read, dict(zip(lines, way, strict=True)))

    def _behind(self, job: DesiredJob) -> list[DesiredJob]:
        """All that it reads, directly or not, what is read first."""
        found: dict[Key, DesiredJob] = {}
        left = list(job.reads)
        while left:
            key = left.pop()
            one = self._declared.get(key)
            if isinstance(one, DesiredJob) and key not in found:
                found[key] = one
                left += one.reads
        return [one for one in in_order(list(found.values())) if isinstance(one, DesiredJob)]

    def _digest_at(self, job: DesiredJob, read: Sequence[DesiredJob], levels: Mapping[Location, int]) -> str:
        digests: dict[Key, str] = {}
        names = {one.key: _name_at(one, levels.get(one.origin, 0)) for one in read}
        for one in (*read, job):
            outputs_of = {names.get(key, key.name): digests.get(key, "") for key in one.reads}
            digests[one.key] = digest(one.payload, outputs_of=outputs_of) if outputs_of else one.digest
        return digests[job.key]


UNMOVED: Final = Moves()
"""Everything is called what it always was."""

AnyDesired = TypeVar("AnyDesired", bound=Desired)


def with_recorded(desired: Sequence[AnyDesired], recorded: Sequence[Move]) -> tuple[AnyDesired, ...]:
    """The same things, where each also has the former keys that its spec does not tell any more.

    A key that is declared again is no former one: what is saved under it is its own.
    """
    if not recorded:
        return tuple(desired)
    declared = {one.key for one in desired}
    before: dict[Key, list[Key]] = {}
    for move in sorted(recorded, key=lambda move: move.at, reverse=True):
        before.setdefault(move.after, []).append(move.before)
    claimed = {former for one in desired for former in one.former}

    def known(one: AnyDesired) -> AnyDesired:
        former = list(one.former)
        for key in (one.key, *former):  # which grows
            former += [key for key in before.get(key, ()) if key not in {*declared, *claimed, *former}]
        return one if len(former) == len(one.former) else _having(one, tuple(dict.fromkeys(former)))

    return tuple(map(known, desired))


def contradictions(desired: Sequence[Desired], recorded: Sequence[Move], *, place: str) -> Iterator[Diagnostic]:
    """Names that one spec claims, and that what another one declares had, as an apply wrote down at `place`."""
    declared = {one.key for one in desired}
    taken = {move.before: move for move in recorded if move.after in declared}
    for one in desired:
        for former in one.former:
            move = taken.get(former)
            if move is not None and move.after != one.key:
                yield Diagnostic(
                    code="moved-name",
                    message=f'two were called "{former.name}": {one.key}, and {move.after}, as {place} has it of '
                    f"{move.at:%Y-%m-%d}",
                    location=one.origin,
                    pointer="metadata.moved_from",
                    hint=f"remove {former.name} from moved_from: what ran under it is that of {move.after}",
                )


def _having(one: AnyDesired, former: tuple[Key, ...]) -> AnyDesired:
    if isinstance(one, DesiredUdf) and not one.says_slug:
        payload = {**one.payload, "slug": former[-1].name}
        return replace(one, former=former, payload=payload, digest=digest(payload))
    return replace(one, former=former)


def _name_at(job: DesiredJob, level: int) -> str:
    """What it was called before its newest so many moves."""
    return job.former[min(level, len(job.former)) - 1].name if level and job.former else job.key.name
