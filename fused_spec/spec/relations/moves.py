"""What declared things were called before: by their specs, and by what applies wrote down.

One place says which thing a key meant at a time, and whether a digest is that of a job under former names: of itself,
or of what it reads. Whoever reads what was run looks through it, and sees all of it under the names of now.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Final, NamedTuple

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
        self._onwards: dict[Key, list[Move]] = {}
        self._back: dict[Key, list[Move]] = {}
        for move in sorted(recorded, key=lambda move: move.at):
            self._onwards.setdefault(move.before, []).append(move)
            self._back.setdefault(move.after, []).append(move)
        self._claimed = {former: one.key for one in self._declared.values() for former in one.former}
        self._digests: dict[Key, frozenset[str]] = {}
        self._aliases: dict[Key, Key] | None = None

    def __bool__(self) -> bool:
        return bool(self._onwards or self._claimed)

    @property
    def desired(self) -> tuple[Desired, ...]:
        """What is declared, where the slug of a saved UDF that no spec says is the first name that it had."""
        return tuple(map(self._with_slug, self._declared.values())) if self else tuple(self._declared.values())

    def key_of(self, key: Key, when: datetime | None = None) -> Key:
        """What is called by now what had this key at that time, or at any.

        What is declared under a former name is the same thing where nothing declared took it over: so it is for whoever
        does not know of the move yet, and for whoever took it back.
        """
        if not self:
            return key
        heir = self._heir(key, when, set())
        return heir if heir is not None else self.aliases.get(key) or self._last(key)

    def digest_of(self, key: Key, told: str) -> str:
        """The digest of the declared job, where the one that is told is of the same thing under other names."""
        job = self._declared.get(key)
        if not isinstance(job, DesiredJob) or not job.reads or told == job.digest or not self:
            return told
        if key not in self._digests:
            self._digests[key] = frozenset(self._former_digests(job))
        return job.digest if told in self._digests[key] else told

    def names_of(self, key: Key) -> tuple[Key, ...]:
        """Every key that what is called so has or had, as far as it is known: itself, what it was, what it became."""
        if not self:
            return (key,)
        if key not in self._declared:
            return (key, *(one for one in self._onwards if one != key and self.key_of(one) == key))
        before = self._before(key)
        after = [key]
        for one in after:  # which grows
            after += [move.after for move in self._onwards.get(one, ()) if self._is_free(move.after, (*before, *after))]
        return (*before, *after[1:])

    @property
    def aliases(self) -> Mapping[Key, Key]:
        """The other names of what is declared, each with the key of now."""
        if self._aliases is None:
            self._aliases = {name: key for key in self._declared for name in self.names_of(key)[1:]}
        return self._aliases

    def new(self) -> tuple[tuple[Key, Key], ...]:
        """The moves that specs tell and nobody wrote down: from which key to which."""
        return tuple(
            (before, after)
            for before, after in self._claimed.items()
            if all(self._heir(move.after, move.at, {move}) != after for move in self._onwards.get(before, ()))
        )

    def _heir(self, key: Key, when: datetime | None, gone: set[Move]) -> Key | None:
        """What is declared now and has the key's past of that time; moves that are `gone` through lead nowhere."""
        moves = self._onwards.get(key, ())
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
        while moves := self._onwards.get(names[-1]):
            if moves[-1].after in names:
                break
            names.append(moves[-1].after)
        return names[-1]

    def _before(self, key: Key) -> list[Key]:
        """The key and what it was before, the newest first; what is declared again, or claimed by others, is theirs."""
        names = [key, *self._declared[key].former]
        for one in names:  # which grows
            names += [move.before for move in reversed(self._back.get(one, ())) if self._is_free(move.before, names)]
        return names

    def _is_free(self, key: Key, known: Collection[Key]) -> bool:
        return key not in known and key not in self._declared and key not in self._claimed

    def _with_slug(self, one: Desired) -> Desired:
        if not isinstance(one, DesiredUdf) or one.says_slug:
            return one
        first = self._before(one.key)[-1].name
        if one.payload["slug"] == first:
            return one
        payload = {**one.payload, "slug": first}
        return replace(one, payload=payload, digest=digest(payload))

    def _former_digests(self, job: DesiredJob) -> Iterator[str]:
        """The digests of the job with the other names of all that it reads, directly or not.

        A line is one for all cells of its document, so each document has so many of its lines undone.
        """
        read = self._behind(job)
        lines: dict[Location, int] = {}
        for one in read:
            lines[one.origin] = max(lines.get(one.origin, 0), len(self.names_of(one.key)) - 1)
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
        names = {one.key: _name_at(self.names_of(one.key), levels.get(one.origin, 0)) for one in read}
        for one in (*read, job):
            outputs_of = {names.get(key, key.name): digests.get(key, "") for key in one.reads}
            digests[one.key] = digest(one.payload, outputs_of=outputs_of) if outputs_of else one.digest
        return digests[job.key]


UNMOVED: Final = Moves()
"""Everything is called what it always was."""


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


def _name_at(names: Sequence[Key], level: int) -> str:
    """What it is called with so many of its other names passed over."""
    return names[min(level, len(names) - 1)].name
