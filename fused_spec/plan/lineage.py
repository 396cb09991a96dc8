"""What a job reads of others, and whether that was written again since its newest run read it.

A run notes whose runs it read, and that decides. A run of an earlier version does not: it has read what had ended when
it began. Times are those of the service; whatever is not known is no reason to run again.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, History, PastRun, Run
from fused_spec.spec.model import DesiredJob, Key, OnUpstream

_ABOUT_TO_RUN = (Action.START, Action.REPLACE, Action.QUEUE)
_STAMPS_DIFFER = timedelta(seconds=5)


def newest_run(history: History, key: Key) -> Run | PastRun | None:
    """The newest run of the key; a remembered one counts when history has nothing as new."""
    run, past = history.newest(key), history.past.get(key)
    if run is None or past is None or past.job_id in history.seen:
        return run or past
    return past if past.over is not None and past.over > run.created else run


def newest_success(history: History, key: Key) -> Run | PastRun | None:
    """The newest run of the key that succeeded, as far as one is known."""
    newest = newest_run(history, key)
    return newest if newest is not None and newest.status is RunStatus.SUCCEEDED else history.successes.get(key)


def written_again(job: DesiredJob, newest: Run | PastRun, planned: Mapping[Key, Change], history: History) -> str:
    """`counties was written again`, for each of the jobs whose output this one reads; empty when all is as it was.

    `planned` are the changes of the jobs that it reads, made before its own.
    """
    if job.run.upstream is OnUpstream.IGNORE:
        return ""
    return "; ".join(_sentences(job, newest, planned, history))


def reads_now(job: DesiredJob, planned: Mapping[Key, Change], history: History) -> dict[str, str]:
    """The ids of the runs whose output it would read now, by the names of their jobs; empty texts for runs to come."""
    found: dict[str, str] = {}
    for key in job.reads:
        change = planned.get(key)
        if change is not None and change.action in (*_ABOUT_TO_RUN, Action.ATTACH):
            found[key.name] = ""
        elif change is not None and (success := newest_success(history, key)) is not None:
            found[key.name] = success.job_id
    return found


def _sentences(
    job: DesiredJob, newest: Run | PastRun, planned: Mapping[Key, Change], history: History
) -> Iterator[str]:
    for key in job.reads:
        change = planned.get(key)
        if change is None:
            continue
        read = newest.reads.get(key.name)
        if change.action in _ABOUT_TO_RUN:
            yield f"{key.name} will be written again"
        elif change.action is Action.ATTACH:
            if read is None or read.job_id != change.job_id:
                yield f"{key.name} will be written again"
        elif (success := newest_success(history, key)) is not None and not _has_read(newest, key.name, success):
            yield f"{key.name} was written again"


def _has_read(reader: Run | PastRun, name: str, success: Run | PastRun) -> bool:
    """Whether the reader read this success, or began after it had ended.

    A service may cut its stamps to seconds. A run that was read, and is not the newest success here, may be one that
    only another machine remembers; then the clock has to tell clearly which is newer.
    """
    read = reader.reads.get(name)
    if read is not None and read.job_id == success.job_id:
        return True
    began, ended = reader.created, success.ended or success.created
    if began is None or ended is None:
        return read is None
    if read is not None:
        return began > ended + _STAMPS_DIFFER
    return began >= (ended if began.microsecond else ended.replace(microsecond=0))
