"""Take a run for done that nobody can tell the end of, because a person says so."""

from collections.abc import Mapping
from datetime import datetime

from fused_spec.errors import Misconfigured
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.lineage import newest_success
from fused_spec.plan.model import History, ReadRun
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.record import RunRecord
from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
from fused_spec.spec.model import DesiredJob, Resolution
from fused_spec.spec.relations.addresses import output_of


def adopt(names: frozenset[str], resolution: Resolution, history: History, archive: Archive, *, now: datetime) -> None:
    """Write a receipt for the forgotten run of each of these jobs, as of what their specs say now.

    When it ended nobody knows; what it read is taken to be what is there.
    Raises `Misconfigured`, before anything is written, for a job whose past is known or that never ran.
    """
    jobs = {one.key.name: one for one in resolution.desired if isinstance(one, DesiredJob)}
    for name in sorted(names):
        if name not in jobs or jobs[name].key not in history.traces:
            raise Misconfigured(
                f'no forgotten run of a job named "{name}" is known', hint="`fused-spec plan` names those that are"
            )
    for name in sorted(names):
        job = jobs[name]
        record = RunRecord(
            key=job.key,
            digest=job.digest,
            job_id=history.traces[job.key].job_id,
            attempt=history.traces[job.key].attempt,
            tries=1,
            status=RunStatus.SUCCEEDED,
            created=now,
            ended=None,
            base_url="",
            spec={"config": job.payload["config"]},
            statuses=[(now, RunStatus.SUCCEEDED)],
            reads=_reads(job, jobs, names, history),
        )
        line = LogRecord(timestamp=int(now.timestamp() * 1000), message="adopted by hand: its own log is gone")
        archive.write(record, WholeLog(lines=[line.to_json()]), now=now)


def _reads(
    job: DesiredJob, jobs: Mapping[str, DesiredJob], adopted: frozenset[str], history: History
) -> dict[str, ReadRun]:
    found = {}
    for key in job.reads:
        success = newest_success(history, key)
        run = history.traces[key].job_id if key.name in adopted else success.job_id if success else None
        if run is not None and key.name in jobs:
            producer = jobs[key.name]
            found[key.name] = ReadRun(job_id=run, digest=producer.digest, output=output_of(producer))
    return found
