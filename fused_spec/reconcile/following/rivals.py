"""Find runs of the same attempt that somebody else started, while ours go on."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fused_spec.jobs.status import RunStatus, run_status
from fused_spec.plan.model import Run
from fused_spec.reconcile.following.flight import Flight
from fused_spec.reconcile.marking.copies import is_changed_copy
from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.renamed import renamed_run
from fused_spec.reconcile.marking.settle import StartKey, may_cancel, start_key, winner
from fused_spec.reconcile.site import Site

if TYPE_CHECKING:
    from fused_spec.api.values.objects import JobResponse


class Decision(Struct, frozen=True, kw_only=True):
    """Of a flight and its rivals: the run that counts, and the others; those of them in `cancel` are to be ended."""

    flight: Flight
    counts: Run
    others: tuple[Run, ...]
    cancel: tuple[Run, ...]


class Rivals(Struct):
    """Remembers what the listings showed; markers are read once for each job."""

    site: Site
    _known: dict[str, Marker] = field(default_factory=dict)
    _decided: set[str] = field(default_factory=set)

    def decide(self, flights: Collection[Flight], others: Iterable["JobResponse"]) -> list[Decision]:
        """The flights that have rivals which nothing was decided about yet."""
        decided, seen = self._decided, self.site.seen
        new = [job for job in others if job.id not in decided and job.id not in seen]
        if not new:
            return []
        created = [at for flight in flights if flight.counts and (at := flight.sight.created) is not None]
        if not created:
            return []
        # Of what is older than every flight, the plan saw all that matters.
        came_after = min(created) - timedelta(seconds=self.site.timing.dead)
        ours = self._ours([job for job in new if job.creation_date >= came_after])
        if not ours:
            return []
        by_key = {start_key(one): one for one in flights if one.counts and one.sight.created is not None}
        found: dict[StartKey, list[Run]] = {}
        for job, marker in ours:
            rival = renamed_run(_run(job, marker), self.site.moves)
            if (key := start_key(rival)) not in by_key:
                continue
            if is_changed_copy(self.site.api, rival, [by_key[key].run]):
                self._decided.add(rival.job_id)
            else:
                found.setdefault(key, []).append(rival)
        return [_decision(by_key[key], runs) for key, runs in found.items()]

    def carried_out(self, decision: Decision) -> None:
        """Take note that nothing more is to be done about these runs."""
        self._decided |= {run.job_id for run in (decision.counts, *decision.others)}

    def _ours(self, jobs: list["JobResponse"]) -> list[tuple["JobResponse", Marker]]:
        """Those with a marker of this project; nothing is ever to be decided about the others."""
        unknown = [job for job in jobs if job.id not in self._known]
        if unknown:
            for job, marker in zip(unknown, self.site.markers.read(unknown), strict=True):
                if marker is None or marker.scope != self.site.scope:
                    self._decided.add(job.id)
                else:
                    self._known[job.id] = marker
        return [(job, self._known[job.id]) for job in jobs if job.id in self._known]


def _decision(flight: Flight, rivals: list[Run]) -> Decision:
    ours = flight.run
    counts = winner([ours, *rivals])
    others = tuple(run for run in (ours, *rivals) if run is not counts and may_cancel(run, counts))
    cancel = tuple(run for run in others if run.status.in_flight)
    return Decision(flight=flight, counts=counts, others=others, cancel=cancel)


def _run(job: "JobResponse", marker: Marker) -> Run:
    status = RunStatus.RUNNING if job.job_status is None else run_status(job_status=job.job_status)
    return Run(
        job_id=job.id,
        key=marker.key,
        digest=marker.digest,
        status=status,
        created=job.creation_date,
        attempt=marker.attempt,
        tries=marker.tries,
        nonce=marker.nonce,
        reads=marker.reads,
        part=marker.part,
    )
