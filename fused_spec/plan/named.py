"""The jobs that a request names: one by its name, a whole matrix, or some of its cells (`tiles[month=2024-05]`)."""

from collections.abc import Iterable

from msgspec.structs import replace

from fused_spec.errors import Misconfigured
from fused_spec.messages.diagnostics import guess, nearest
from fused_spec.plan.model import Requests
from fused_spec.spec.model import Desired, DesiredJob
from fused_spec.spec.relations.selection import Groups, parsed


def by_name(requests: Requests, desired: Iterable[Desired]) -> Requests:
    """The same requests with the names of single jobs alone; raises `Misconfigured` for what names none."""
    if not (requests.rerun or requests.retry or requests.select):
        return requests
    names = _Names(desired)
    return replace(
        requests,
        rerun=names.of(requests.rerun),
        retry=names.of(requests.retry),
        select=names.of(requests.select),
    )


class _Names:
    def __init__(self, desired: Iterable[Desired]) -> None:
        jobs = [one for one in desired if isinstance(one, DesiredJob)]
        self._jobs = dict.fromkeys(job.key.name for job in jobs)
        self._groups = Groups(_Cell(job) for job in jobs)
        self._former = {former.name: job.key.name for job in jobs for former in job.former}

    def of(self, asked: frozenset[str]) -> frozenset[str]:
        return frozenset(name for one in sorted(asked) for name in self._meant(one))

    def _meant(self, asked: str) -> Iterable[str]:
        meant = parsed(asked)
        if meant is None:
            raise Misconfigured(f'"{asked}" names no job', hint="write NAME, or NAME[dimension=element] for cells")
        if meant.name not in self._groups:
            if meant.where and meant.name in self._jobs:
                raise Misconfigured(f'the job "{meant.name}" has no matrix', hint=f"write {meant.name} alone")
            if meant.name not in self._jobs:
                raise self._unknown(meant.name)
            return [meant.name]
        known = self._groups.dimensions(meant.name)
        for dimension in meant.where:
            if dimension not in known:
                near = nearest(dimension, known)
                hint = guess(dimension, near) if near else f"its dimensions are {', '.join(known)}"
                raise Misconfigured(f'{meant.name} has no dimension "{dimension}"', hint=hint)
        found = self._groups.jobs(meant)
        if not found:
            raise Misconfigured(f"{meant.name} has no such cell: {meant}", hint="name elements that its matrix has")
        return found

    def _unknown(self, name: str) -> Misconfigured:
        if name in self._former:
            hint = f'it is called "{self._former[name]}" now'
            return Misconfigured(f'no spec declares a job named "{name}"', hint=hint)
        meant = nearest(name, (*self._jobs, *self._groups.names))
        hint = f'did you mean "{meant}"?' if meant else "name a job of the given specs"
        return Misconfigured(f'no spec declares a job named "{name}"', hint=hint)


class _Cell:
    """A job as one that may be a cell."""

    def __init__(self, job: DesiredJob) -> None:
        self.kind: str | None = job.key.kind
        self.name: str | None = job.key.name
        self.group = job.group
        self.cell = job.cell
