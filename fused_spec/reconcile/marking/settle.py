"""Which of several runs of one attempt counts: the same for every observer, whatever the runs' statuses.

Two applies that race may both start attempt n of the same digest. The run with the smallest (creation date, id) wins.
The rule must not look at the status: with "the first that lives" two observers can end each other's choice.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

from fused_spec.plan.model import Run
from fused_spec.spec.model import Key

StartKey = tuple[Key, str, int]
"""What makes two runs the same effort: the job, its digest, and the number of the attempt."""

_CLONE_SECONDS = 900.0


class Attempted(Protocol):
    """What belongs to one attempt: a run, or what tells of it."""

    @property
    def key(self) -> Key: ...

    @property
    def digest(self) -> str: ...

    @property
    def attempt(self) -> int: ...


class Effort(Attempted, Protocol):
    """A run, whoever tells of it."""

    @property
    def created(self) -> datetime: ...

    @property
    def job_id(self) -> str: ...


def start_key(one: Attempted) -> StartKey:
    return one.key, one.digest, one.attempt


def age(one: Effort) -> tuple[datetime, str]:
    """What decides: of one attempt the run with the smallest counts."""
    return one.created, one.job_id


def winner(runs: Sequence[Run]) -> Run:
    """The run of one attempt that every observer follows."""
    return min(runs, key=age)


def settled(runs: Iterable[Run]) -> tuple[list[Run], list[Run]]:
    """The winner of each attempt, newest first, and the losers that are ours to end."""
    winners: list[Run] = []
    losers: list[Run] = []
    for _, same in groupby(sorted(runs, key=_by_start_key), key=start_key):
        efforts = list(same)
        first = winner(efforts)
        winners.append(first)
        losers += [run for run in efforts if run is not first and may_cancel(run, first)]
    winners.sort(key=age, reverse=True)
    return winners, losers


def may_cancel(loser: Run, first: Run) -> bool:
    """Whether a loser is ours to end: a run that shares the winner's nonce long after it is somebody's copy."""
    apart = abs((loser.created - first.created).total_seconds())
    return loser.nonce != first.nonce or apart < _CLONE_SECONDS


def _by_start_key(run: Run) -> tuple[str, str, int]:
    return str(run.key), run.digest, run.attempt
