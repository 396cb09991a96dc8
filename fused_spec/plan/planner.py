"""Decide what to do about each declared thing: the rule is the table in `_decide`.

Desired: for each job the newest run with its key carries its digest, is in flight or succeeded, and has read the newest
success of every job whose output it reads. So where one of those was or will be written again, the readers follow, each
decided after those that it reads. What apply would skip, because a need is held, is told as waiting and not as a start.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from fused_spec.errors import Misconfigured
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.again import Again, again, lacks_results
from fused_spec.plan.causes import cause_of_change, cause_of_fields
from fused_spec.plan.lineage import newest_run, reads_now, written_again
from fused_spec.plan.model import Change, History, PastRun, Plan, RemoteObject, Requests, Run
from fused_spec.plan.named import by_name
from fused_spec.plan.objects import age_warnings, object_change
from fused_spec.plan.waiting import waiting
from fused_spec.spec.model import (
    DEFAULT_SCOPE,
    Desired,
    DesiredJob,
    Key,
    Kind,
    OnChangeWhileRunning,
    OnFailure,
    Resolution,
    RunPolicy,
    When,
)
from fused_spec.spec.relations.graph import in_order, needs_of
from fused_spec.system.collections import without_collections

_NAMED = 3
_PRUNED_FREELY = 5  # so few may be pruned whatever their share
_NAMED = 3  # files in a message

Decision = tuple[Action, Reason, str]

_LOSSES: Decision = Action.START, Reason.RETRIED, ""
_RETRIES = (Reason.RETRIED, Reason.RETRY, Reason.REPLACED)


@without_collections()
def make_plan(
    resolution: Resolution, history: History, *, target: str, requests: Requests = Requests(), now: datetime
) -> Plan:
    """Compare desired state with history; changes come in the order in which they can be carried out.

    Raises `Misconfigured` for a --select, --rerun or --retry of a name that no job has, for a prune that nothing
    confines (without a project file, with no spec at all, or beside a file that cannot be read), and for one that would
    end too much at once.
    """
    requests = by_name(requests, resolution.desired)
    _check(resolution, requests)
    declared = in_order(resolution.desired)
    wanted = selected(declared, requests.select)
    planned: dict[Key, Change] = {}
    for desired in wanted:  # what it needs comes before it
        planned[desired.key] = waiting(_change(desired, history, requests, now, planned), planned)
    changes = list(planned.values())
    undeclared = list(_orphans(frozenset(desired.key for desired in declared), history))
    orphans = [orphan for orphan in undeclared if not _is_elsewhere(orphan, history)]
    pruned = [orphan for orphan in orphans if not _is_protected(orphan)] if requests.prune else []
    spared = [orphan for orphan in orphans if _is_protected(orphan)] if requests.prune else orphans
    _check_prune(pruned, history, requests)
    return Plan(
        target=target,
        scope=resolution.project.scope,
        changes=(*changes, *_extra(history), *pruned),
        warnings=(
            *(f"{change.key}: {change.reason}" for change in changes if change.reason is Reason.RAN_ONCE),
            *age_warnings(wanted, history.objects, now),
            *(_left_alone(orphan, resolution.project.scope) for orphan in spared),
            *(_spared(undeclared, history) if requests.prune else ()),
        ),
        outside=resolution.outside,
        seen=history.seen,
    )


def _check(resolution: Resolution, requests: Requests) -> None:
    if requests.prune and resolution.project.scope == DEFAULT_SCOPE:
        raise Misconfigured(
            "prune is refused without a project file: nothing would tell these jobs from other people's",
            hint="run `fused-spec init` to get a fused-spec.yaml with an id of its own",
        )
    if requests.prune and not resolution.desired:
        raise Misconfigured("prune is refused: the given paths declare nothing", hint="name the folder of the specs")
    if requests.prune and resolution.unread:
        files = ", ".join(resolution.unread[:_NAMED]) + (" …" if len(resolution.unread) > _NAMED else "")
        raise Misconfigured(
            f"prune is refused: what stands in {files} cannot be read, and may be a spec of what it would end",
            hint="mend the file, or exclude it in fused-spec.yaml",
        )


def _check_prune(pruned: list[Change], history: History, requests: Requests) -> None:
    """Refuse to take away much of what there is at once: a lost folder must not end a fleet."""
    existing = sum(run.status.in_flight for runs in history.runs.values() for run in runs)
    existing += sum(one.enabled for one in history.objects.values())
    limit = requests.prune_limit if requests.prune_limit is not None else max(_PRUNED_FREELY, existing // 2)
    if len(pruned) > limit:
        raise Misconfigured(
            f"prune would end {len(pruned)} of {existing} runs and tokens, and {limit} at once is the limit",
            hint=f"check that no spec is missing; --prune-limit {len(pruned)} allows it",
        )


def _is_protected(orphan: Change) -> bool:
    return isinstance(orphan.before, Run | RemoteObject) and orphan.before.protect


def _extra(history: History) -> Iterator[Change]:
    """Runs of an attempt that was started twice, but the one that counts."""
    for run in history.extra:
        yield Change(key=run.key, action=Action.CANCEL, reason=Reason.STARTED_TWICE, before=run)


def selected(declared: Sequence[Desired], names: frozenset[str]) -> tuple[Desired, ...]:
    """The jobs with these names and everything they need; all of them without names."""
    if not names:
        return tuple(declared)
    by_key = {desired.key: desired for desired in declared}
    wanted = [key for key in by_key if key.name in names and key.kind is Kind.JOB]
    taken: set[Key] = set()
    while wanted:
        key = wanted.pop()
        if key not in taken:
            taken.add(key)
            wanted += [need for need in needs_of(by_key[key]) if need in by_key]
    return tuple(desired for desired in declared if desired.key in taken)


def _change(
    desired: Desired, history: History, requests: Requests, now: datetime, planned: Mapping[Key, Change]
) -> Change:
    if not isinstance(desired, DesiredJob):
        return object_change(desired, history.objects.get(desired.key), cause_of_fields)
    newest = newest_run(history, desired.key)
    trace = history.traces.get(desired.key)
    if trace is not None and desired.key.name not in requests.rerun:
        return Change(key=desired.key, action=Action.HOLD, reason=Reason.FORGOTTEN, detail=trace.job_id, after=desired)
    stale = written_again(desired, newest, planned, history) if newest is not None else ""
    action, reason, detail = _decide(desired, newest, stale, requests, now)
    fields = newest.differences if newest is not None and action.changes_something else ()
    if reason is Reason.SPEC_CHANGED and newest is not None:
        detail = cause_of_change(fields, desired, newest, planned, history)
    retried = Again()
    if newest is not None and (
        reason in _RETRIES or (reason is Reason.SPEC_CHANGED and _is_retried(desired, requests))
    ):
        retried = again(desired, newest, reads_now(desired, planned, history), whole=requests.whole)
    return Change(
        key=desired.key,
        action=action,
        reason=reason,
        detail="; ".join(filter(None, (detail, retried.said))),
        before=newest,
        trace=trace,
        after=desired,
        fields=fields,
        part=retried.part,
    )


def _decide(job: DesiredJob, newest: Run | PastRun | None, stale: str, requests: Requests, now: datetime) -> Decision:
    """The table; `stale` says which of the outputs that the newest run read were written again, if any."""
    policy, name = job.run, job.key.name
    if name in requests.rerun:
        return _asked_for(job, newest), Reason.REQUESTED, ""
    if policy.when is When.MANUAL:
        return Action.NONE, Reason.MANUAL, ""
    if newest is None:
        return Action.START, Reason.NEVER_RAN, ""
    same = newest.digest == job.digest
    if newest.status.in_flight:
        return _while_running(same, stale, policy, protected=_protects(job, newest))
    if newest.status is RunStatus.SUCCEEDED:
        decision = _after_success(same, stale, policy, newest, now)
        is_over = decision[0] is Action.NONE and same
        return _LOSSES if is_over and name in requests.retry and lacks_results(newest) else decision
    return _after_failure(same, policy, newest, retry=_is_retried(job, requests))


def _is_retried(job: DesiredJob, requests: Requests) -> bool:
    return requests.retry_all or job.key.name in requests.retry


def _asked_for(job: DesiredJob, newest: Run | PastRun | None) -> Action:
    if newest is None or not newest.status.in_flight:
        return Action.START
    return Action.QUEUE if _protects(job, newest) else Action.REPLACE


def _protects(job: DesiredJob, newest: Run | PastRun) -> bool:
    return job.protect or (isinstance(newest, Run) and newest.protect)


def _while_running(same: bool, stale: str, policy: RunPolicy, *, protected: bool) -> Decision:
    if same and stale and policy.when is not When.ONCE:
        # It is never cancelled for that: a job that takes longer than its inputs stay the same would never end.
        return Action.QUEUE, Reason.WRITTEN_AGAIN, stale
    if same:
        return Action.ATTACH, Reason.IN_FLIGHT, ""
    if protected or policy.on_change_while_running is OnChangeWhileRunning.WAIT:
        return Action.QUEUE, Reason.SPEC_CHANGED, ""
    return Action.REPLACE, Reason.SPEC_CHANGED, ""


def _after_success(same: bool, stale: str, policy: RunPolicy, newest: Run | PastRun, now: datetime) -> Decision:
    match policy.when, same:
        case When.ALWAYS, True:
            return Action.START, Reason.ALWAYS, ""
        case When.ONCE, False:
            return Action.NONE, Reason.RAN_ONCE, ""
        case _, False:
            return Action.START, Reason.SPEC_CHANGED, ""
        case When.ONCE, True if stale:
            return Action.NONE, Reason.READ_ONCE, ""
    if stale:
        return Action.START, Reason.WRITTEN_AGAIN, stale
    if policy.max_age is not None and _older_than(policy.max_age, newest, now):
        return Action.START, Reason.TOO_OLD, ""
    return Action.NONE, Reason.UP_TO_DATE if isinstance(newest, Run) else Reason.ARCHIVED, ""


def _after_failure(same: bool, policy: RunPolicy, newest: Run | PastRun, *, retry: bool) -> Decision:
    if not same:
        return Action.START, Reason.SPEC_CHANGED, ""
    if retry:
        return Action.START, Reason.RETRIED, ""
    if isinstance(newest, Run) and newest.was_replaced:
        return Action.START, Reason.REPLACED, ""
    if policy.on_failure is OnFailure.RETRY and newest.tries <= policy.retries:
        return Action.START, Reason.RETRY, f"{newest.tries} of {policy.retries}"
    return Action.HOLD, Reason.HELD, ""


def _older_than(seconds: float, run: Run | PastRun, now: datetime) -> bool:
    ended = run.over if isinstance(run, PastRun) else run.ended or run.created
    return ended is not None and now - ended > timedelta(seconds=seconds)


def _orphans(declared: frozenset[Key], history: History) -> Iterator[Change]:
    """What this project started or created and no spec declares any more."""
    for key, runs in history.runs.items():
        for run in runs:
            if key not in declared and run.status.in_flight:
                yield Change(key=key, action=Action.CANCEL, reason=Reason.NOT_IN_SPECS, before=run)
    for key, existing in history.objects.items():
        if key not in declared and key.kind is Kind.TOKEN and existing.enabled:
            yield Change(key=key, action=Action.DISABLE, reason=Reason.NOT_IN_SPECS, before=existing)


def _is_elsewhere(orphan: Change, history: History) -> bool:
    """Whether specs that were not given declare it, under any name that it has or had."""
    keys = {orphan.key, *([orphan.before.own.key] if isinstance(orphan.before, Run | PastRun) else [])}
    return any(map(history.elsewhere.declares, keys))


def _left_alone(orphan: Change, scope: str) -> str:
    goes_on = f"its run {orphan.job_id} goes on" if orphan.action is Action.CANCEL else "it stays enabled"
    if scope == DEFAULT_SCOPE:
        return f"{orphan.key} is in none of these specs, and {goes_on}; --prune needs a project file"
    if _is_protected(orphan):
        return f"{orphan.key} is in no spec, and {goes_on}: it is protected"
    if orphan.action is Action.CANCEL:
        return f"{orphan.key} is in no spec, and {goes_on}; --prune cancels it"
    return f"{orphan.key} is in no spec and stays enabled; --prune disables it"


def _spared(undeclared: Sequence[Change], history: History) -> Iterator[str]:
    """What a prune leaves alone, since specs declare it that were not given."""
    spared = list(dict.fromkeys(str(one.key) for one in undeclared if _is_elsewhere(one, history)))
    if spared:
        names = ", ".join(spared[:_NAMED]) + (f" and {len(spared) - _NAMED} more" if len(spared) > _NAMED else "")
        where = "may be declared in specs of the project, which are too many to look at"
        if not history.elsewhere.unknown:
            where = f"{'is' if len(spared) == 1 else 'are'} declared in specs that were not given"
        yield f"{names} {where}: --prune ends nothing of that"
