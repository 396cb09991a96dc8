"""Why a job's digest is another one: the fields that differ, else exactly the read jobs whose declaration changed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.named_secrets import has_mac, text_of
from fused_spec.messages.phrases import listed
from fused_spec.messages.redaction import MASK, shown_env
from fused_spec.plan.model import Change, FieldChange, History, PastRun, Run
from fused_spec.spec.model import Desired, DesiredJob, Key, Kind
from fused_spec.spec.relations.addresses import output_of

_SHOWN = 3


def cause_of_fields(fields: Iterable[FieldChange], desired: Desired) -> str:
    """The files at fault where a changed field comes from one, else the fields."""
    return _first(_source(field.path, desired.sources) or field.path for field in fields)


def cause_of_change(
    fields: tuple[FieldChange, ...],
    job: DesiredJob,
    newest: Run | PastRun,
    planned: Mapping[Key, Change],
    history: History,
) -> str:
    """What is behind another digest; never a thing that did not change."""
    if fields:
        return cause_of_fields(fields, job)
    if newest.reads:
        causes = _first(_since(job, newest, planned))
    else:
        causes = _first(_shown_by_their_runs(job, newest, planned, history))
    if not causes and job.reads and not newest.reads:
        return "what it reads changed"
    unseen = "which elements it has" if newest.part is not None else "in a part that is not kept with a run"
    return causes or _first(_masked(job)) or unseen


def _masked(job: DesiredJob) -> Iterator[str]:
    """What may have changed without being shown, when nothing that is shown did."""
    for name, value in job.payload.get("additional_env", {}).items():
        if has_mac(value):
            yield f"the value of {text_of(value)}"
        elif shown_env({name: value})[name] == MASK:
            yield f"additional_env.{name}, whose value is not shown"


def _since(job: DesiredJob, newest: Run | PastRun, planned: Mapping[Key, Change]) -> Iterator[str]:
    """What differs from what the newest run noted of the jobs that it read."""
    names = [key.name for key in job.reads]
    gone = {read.output: name for name, read in newest.reads.items() if name not in names and read.output is not None}
    for name in names:
        change = planned.get(Key(kind=Kind.JOB, name=name))
        read = newest.reads.get(name)
        former = gone.pop(output_of(change.after) or "", None) if read is None and change else None
        if former is not None:  # the address is the same, and no field shows it
            yield f"the output of {name} in place of that of {former}"
        elif read is None:
            yield _place(job, output_of(change.after) if change else None) or f"the output of {name}"
        elif change is not None and change.after is not None and change.after.digest != read.digest:
            yield f"the output of {name}"
    for name, read in newest.reads.items():
        if name not in names and (read.output is None or read.output in gone):
            yield _place(job, read.output) or f"no longer the output of {name}"


def _shown_by_their_runs(
    job: DesiredJob, newest: Run | PastRun, planned: Mapping[Key, Change], history: History
) -> Iterator[str]:
    """The jobs whose own run, the last before this one, was of another declaration than theirs of now."""
    for key in job.reads:
        change = planned.get(key)
        then = _last_before(newest, key, history)
        if then is not None and change is not None and change.after is not None and then.digest != change.after.digest:
            yield f"the output of {key.name}"


def _last_before(reader: Run | PastRun, key: Key, history: History) -> Run | PastRun | None:
    remembered = [one for one in (history.successes.get(key), history.past.get(key)) if one is not None]
    began = reader.created
    candidates = [
        (run.created, run)
        for run in (*history.runs.get(key, ()), *remembered)
        if run.status is RunStatus.SUCCEEDED and run.created is not None and began is not None and run.created <= began
    ]
    return max(candidates, key=lambda one: one[0])[1] if candidates else None


def _place(job: DesiredJob, address: str | None) -> str | None:
    """The field of the payload where an address stands."""
    return next(_places(job.payload, address, ()), None) if address is not None else None


def _places(value: Any, address: str, path: tuple[str, ...]) -> Iterator[str]:
    if value == address:
        yield ".".join(path)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _places(item, address, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _places(item, address, (*path, str(index)))


def _first(causes: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(causes)), _SHOWN)


def _source(path: str, sources: Mapping[str, str]) -> str | None:
    return next((file for place, file in sources.items() if path == place or path.startswith(f"{place}.")), None)
