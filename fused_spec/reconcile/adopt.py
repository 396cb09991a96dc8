"""Take a run for done that nobody can tell the end of, because a person says so."""

from datetime import datetime

from fused_spec.errors import Misconfigured
from fused_spec.plan.model import History
from fused_spec.reconcile.archive import Archive, RunRecord
from fused_spec.reconcile.spool import LogRecord, WholeLog
from fused_spec.spec.model import DesiredJob, Resolution
from fused_spec.status import RunStatus


def adopt(names: frozenset[str], resolution: Resolution, history: History, archive: Archive, *, now: datetime) -> None:
    """Write a receipt for the forgotten run of each of these jobs, as of what their specs say now.

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
            ended=now,
            base_url="",
            spec={"config": job.payload["config"]},
            statuses=[(now, RunStatus.SUCCEEDED)],
        )
        line = LogRecord(timestamp=int(now.timestamp() * 1000), message="adopted by hand: its own log is gone")
        archive.write(record, WholeLog(lines=[line]), now=now)
