"""What this machine has for jobs, and what of it a job gets by its instance type.

A job gets what its type has, and at most what the machine has: m5.large on 16 processors is 2 processors and 8 GiB,
r5.16xlarge there is the whole machine. Without a type it is the whole machine, too. While it runs, memory is set aside
for it: all that its type has, or without a type the part that belongs to the processors it can use at once; so much is
sure, and beyond it memory is there as long as no other job needs it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fused_spec.configuration.instances import INSTANCES, REALTIME, Size

_FOR_JOBS = 0.9  # of the memory; the rest is for the system and the service
_GIB = 2**30
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The numbers of its processors, and the bytes of memory that jobs may use together."""

    processors: tuple[int, ...]
    memory: int

    @property
    def cpus(self) -> int:
        return len(self.processors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a job gets: at most `cpus` and `memory`, of which `busy_cpus` and `set_aside` are counted as used.

    Memory is in bytes; `origin` says in words where the limits come from. `type_memory` is what its instance type has
    elsewhere, where the machine may be larger; None without a type.
    """

    cpus: int
    memory: int
    busy_cpus: int
    set_aside: int
    origin: str
    type_memory: int | None = None


def this_machine() -> Machine:
    """The processors that this process may use; the memory of the machine, or of the container around it."""
    count = os.cpu_count() or 1
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(count)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in _CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # not in a container, or no limit
            memory = min(memory, int(Path(limit).read_text(encoding="ascii")))
    return Machine(processors=tuple(sorted(usable)), memory=int(memory * _FOR_JOBS))


def share_of(machine: Machine, instance_type: str | None, *, tasks_at_once: int) -> Share:
    """What a job gets that has so many tasks to do at the same time."""
    size = INSTANCES.get(instance_type or "")
    if size is None:
        busy = min(machine.cpus, max(1, tasks_at_once))
        return Share(
            cpus=machine.cpus,
            memory=machine.memory,
            busy_cpus=busy,
            set_aside=machine.memory * busy // machine.cpus,
            origin="what this machine has for jobs",
        )
    return _of_size(machine, size, str(instance_type), tasks_at_once)


def share_of_call(machine: Machine) -> Share:
    """What a realtime call gets."""
    return _of_size(machine, REALTIME, "a realtime call", 1)


def _of_size(machine: Machine, size: Size, name: str, tasks_at_once: int) -> Share:
    cpus = min(size.cpus, machine.cpus)
    memory = min(size.gib * _GIB, machine.memory)
    return Share(
        cpus=cpus,
        memory=memory,
        busy_cpus=min(cpus, max(1, tasks_at_once)),
        set_aside=memory,
        origin=name if memory == size.gib * _GIB else f"{name}, cut to what this machine has for jobs",
        type_memory=size.gib * _GIB,
    )
