"""Which elements of a job's input are meant: as stretches of their numbers, and as the part that one run is given.

There may be a million of them, mostly in few stretches, and they stand in markers and receipts.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from fused_spec.jobs.carried import carried_in

_STRETCHES = re.compile(r"(\d{1,9}(-\d{1,9})?)(,\d{1,9}(-\d{1,9})?)*")


Pairs = tuple[tuple[int, int], ...]

MOST_STRETCHES = 10_000
"""More are not kept: they would stand in every receipt that a plan reads."""


class Stretches(Struct, frozen=True, dict=True):
    """Numbers from 0, as stretches with both ends, in order; two never touch."""

    pairs: Pairs = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Stretches":
        """These numbers, which are in order."""
        pairs: list[tuple[int, int]] = []
        for number in numbers:
            if pairs and number == pairs[-1][1] + 1:
                pairs[-1] = (pairs[-1][0], number)
            else:
                pairs.append((number, number))
        return cls(tuple(pairs))

    @classmethod
    def all(cls, count: int) -> "Stretches":
        """The numbers below this one."""
        return cls(((0, count - 1),) if count else ())

    @classmethod
    def parse(cls, text: str) -> "Stretches":
        """Read `6,9-11` back; ValueError for anything else."""
        if not text:
            return cls()
        if not _STRETCHES.fullmatch(text):
            raise ValueError(f"no stretches: {text[:40]!r}")
        ends = (stretch.partition("-") for stretch in text.split(","))
        pairs = tuple((int(first), int(last or first)) for first, _, last in ends)
        before = -2
        for first, last in pairs:
            if first <= before + 1 or last < first:
                raise ValueError(f"stretches out of order: {text[:40]!r}")
            before = last
        return cls(pairs)

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.pairs)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.pairs)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.pairs:
            yield from range(first, last + 1)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self.pairs[place][1]

    def __or__(self, other: "Stretches") -> "Stretches":
        return Stretches.of(sorted({*self, *other}))

    def __sub__(self, other: "Stretches") -> "Stretches":
        return Stretches(tuple(_taken_away(self.pairs, other.pairs)))

    def number_of(self, place: int) -> int:
        """The number at a place, counted from 0; IndexError where there is none."""
        if place >= 0:
            for first, last in self.pairs:
                if place <= last - first:
                    return first + place
                place -= last - first + 1
        raise IndexError(place)

    def place_of(self, number: int) -> int:
        """The place of a number that is there, counted from 0; ValueError for any other."""
        before = 0
        for first, last in self.pairs:
            if first <= number <= last:
                return before + number - first
            before += last - first + 1
        raise ValueError(f"{number} is not among {self}")

    def where(self, flags: bytes | bytearray) -> "Stretches":
        """Those of the numbers whose place has a flag."""
        return Stretches.of(number for number, flag in zip(self, flags, strict=False) if flag)

    @cached_property
    def _firsts(self) -> tuple[int, ...]:
        return tuple(first for first, _ in self.pairs)


def _taken_away(pairs: Pairs, others: Pairs) -> Iterator[tuple[int, int]]:
    place = 0
    for first, last in pairs:
        while place < len(others) and others[place][1] < first:
            place += 1
        after = place
        while after < len(others) and others[after][0] <= last:
            if first < others[after][0]:
                yield first, others[after][0] - 1
            first = others[after][1] + 1
            after += 1
        if first <= last:
            yield first, last


class Part(Struct, frozen=True, kw_only=True):
    """The elements that a run was started for where it is not all: those that had no result after the run `after`.

    `of` is how many the job has. The k-th task of the run is for the k-th of `elements`.
    """

    of: int
    elements: Stretches
    after: str

    def number_of(self, task: int) -> int:
        """The number that a task of the run has among the elements of the job; what is no task of it keeps its own."""
        return self.elements.number_of(task) if 0 <= task < len(self.elements) else task

    def to_json(self) -> dict[str, Any]:
        return {"of": self.of, "elements": str(self.elements), "after": self.after}

    @classmethod
    def from_json(cls, content: Any) -> "Part":
        """Read one back; ValueError for anything that is not exactly right: tasks must never be taken for others."""
        match content:
            case {"of": int(of), "elements": str(text), "after": str(after)}:
                part = cls(of=of, elements=Stretches.parse(text), after=after)
                if part.elements.pairs and part.elements.pairs[-1][1] < of:
                    return part
        raise ValueError("not a part of a job's elements")


def part_to_json(part: Part | None) -> dict[str, Any]:
    """As one field of an object, which is left out where all elements are meant."""
    return {"part": part.to_json()} if part is not None else {}


def part_in(content: Mapping[Any, Any]) -> Part | None:
    """The part that an object tells of; None where it means all elements. Raises ValueError."""
    told = content.get("part")
    return None if told is None else Part.from_json(told)


def number_in(metadata: Mapping[str, Any] | None) -> Callable[[int], int]:
    """What gives the number that a task has among the elements of its job, by what the config of its run says."""
    try:
        part = part_in(carried_in(metadata))
    except ValueError:
        part = None
    return (lambda index: index) if part is None else part.elements.number_of


def elements_of(config: Any) -> list[Any] | None:
    """The elements of a job that makes a result of each and nothing else: its only step is called for each of a list.

    None of any other config, and of one that is none.
    """
    inputs = inputs_of(config)
    return inputs if inputs is not None and len(inputs) > 1 else None


def inputs_of(config: Any) -> list[Any] | None:
    """The same, also of a run of a part, which may be a single element."""
    match config:
        case {"steps": [{"type": "udf", "input": list(inputs)}]}:  # there may be a million, so no copy
            return inputs
    return None


def may_lose_tasks(config: Any) -> bool:
    """Whether a job may succeed although some of its tasks failed."""
    steps = config.get("steps") if isinstance(config, Mapping) else None
    return any(isinstance(step, Mapping) and bool(step.get("ignore_chunk_error")) for step in steps or ())
