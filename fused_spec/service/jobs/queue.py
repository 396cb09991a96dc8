"""Who runs next: runs wait for room, and room goes to whoever has least of the machine.

The next run is the oldest one of the project that uses least, and it starts when it fits; nothing smaller overtakes it
meanwhile. So a burst of one project delays no other's job by more than a job, and a large job never waits for ever.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fused_spec.service.jobs.runs import Run
from fused_spec.service.workers.machine import Machine, Share, share_of, share_of_call

_GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A run, what it gets, the Python that runs it (None: the service's), and, once it starts, its processors."""

    run: Run
    share: Share
    python: Path | None = None
    processors: tuple[int, ...] = ()


class WaitingRoom:
    """Runs that wait, and what the running ones use."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._waiting: dict[str, dict[str, Allocation]] = {}
        self._inside: dict[str, Allocation] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, allocation: Allocation) -> None:
        self._waiting.setdefault(owner(allocation.run), {})[allocation.run.job_id] = allocation

    def remove(self, run: Run) -> None:
        """Forget a run that waits, or what it uses."""
        self._inside.pop(run.job_id, None)
        queue = self._waiting.get(owner(run), {})
        queue.pop(run.job_id, None)
        if not queue:
            self._waiting.pop(owner(run), None)

    def occupy(self, allocation: Allocation) -> Allocation:
        """Count a run as running, whether or not there is room."""
        self.remove(allocation.run)
        allocation = replace(allocation, processors=allocation.processors or self._freest(allocation.share.cpus))
        self._inside[allocation.run.job_id] = allocation
        return allocation

    def next(self) -> Allocation | None:
        """The run that starts now, counted as running; None when the next one has to wait."""
        heads = [(self._used_by(name), next(iter(queue.values()))) for name, queue in self._waiting.items()]
        if not heads:
            return None
        _, first = min(heads, key=lambda head: (head[0], head[1].run.created))
        return self.occupy(first) if self._fits(first.share) else None

    def why_waiting(self, run: Run) -> str | None:
        """What a run waits for, in words; None when it does not wait."""
        allocation = self._waiting.get(owner(run), {}).get(run.job_id)
        if allocation is None:
            return None
        cpus, memory = self._used()
        share, machine, running, others = allocation.share, self._machine, len(self._inside), len(self) - 1
        return (
            f"waiting for room: {running} running {_jobs(running)} {'uses' if running == 1 else 'use'} {cpus} of "
            f"{machine.cpus} processors and {memory / _GIB:.1f} of {machine.memory / _GIB:.1f} GiB; this one needs "
            f"{share.busy_cpus} and {share.set_aside / _GIB:.1f} GiB, and {others} other {_jobs(others)} "
            f"{'waits' if others == 1 else 'wait'}"
        )

    def _fits(self, share: Share) -> bool:
        cpus, memory = self._used()
        return cpus + share.busy_cpus <= self._machine.cpus and memory + share.set_aside <= self._machine.memory

    def _used(self) -> tuple[int, int]:
        shares = [allocation.share for allocation in self._inside.values()]
        return sum(share.busy_cpus for share in shares), sum(share.set_aside for share in shares)

    def _used_by(self, name: str) -> float:
        """The larger one of its parts of the processors and of the memory."""
        shares = [allocation.share for allocation in self._inside.values() if owner(allocation.run) == name]
        return max(
            sum(share.busy_cpus for share in shares) / self._machine.cpus,
            sum(share.set_aside for share in shares) / self._machine.memory,
        )

    def _freest(self, count: int) -> tuple[int, ...]:
        load = Counter(number for allocation in self._inside.values() for number in allocation.processors)
        return tuple(sorted(self._machine.processors, key=lambda number: load[number])[:count])


class Rooms:
    """The room for jobs, and one for calls, whose callers wait and which start beside the jobs."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._jobs = WaitingRoom(machine)
        self._calls = WaitingRoom(Machine(processors=machine.processors * 2, memory=machine.memory * 2))

    @property
    def any_waits(self) -> bool:
        return bool(self._jobs) or bool(self._calls)

    def add(self, run: Run, python: Path | None) -> None:
        self._of(run).add(Allocation(run=run, share=self._share(run), python=python))

    def occupy(self, run: Run, processors: tuple[int, ...]) -> None:
        self._of(run).occupy(Allocation(run=run, share=self._share(run), processors=processors))

    def remove(self, run: Run) -> None:
        self._of(run).remove(run)

    def ready(self) -> Iterator[Allocation]:
        """Every run that may start now, each counted as running from when it is given."""
        for room in (self._calls, self._jobs):
            while (allocation := room.next()) is not None:
                yield allocation

    def why_waiting(self, run: Run) -> str | None:
        return self._of(run).why_waiting(run)

    def _of(self, run: Run) -> WaitingRoom:
        return self._jobs if run.listed else self._calls

    def _share(self, run: Run) -> Share:
        if not run.listed:
            return share_of_call(self._machine)
        return share_of(self._machine, run.instance_type, tasks_at_once=_tasks_at_once(run.config))


def owner(run: Run) -> str:
    """The project that a run belongs to; the runs of other clients are one project together."""
    return run.nonce.partition("/")[0] if run.nonce else ""


def _tasks_at_once(config: str) -> int:
    """As many tasks as the job can have running; an ingestion uses every processor that it gets."""
    counts = [1]
    for step in json.loads(config)["steps"]:
        tasks = len(step["input"] or [0]) if step["type"] == "udf" else step.get("n_processes")
        counts.append(min(tasks or 2**16, step.get("n_processes") or 2**16))
    return max(counts)


def _jobs(count: int) -> str:
    return "job" if count == 1 else "jobs"
