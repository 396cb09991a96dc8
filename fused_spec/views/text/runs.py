"""Show runs to a person: the history, the newest run of each declared job, and one run in detail."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from fused_spec.jobs.failures import Alike
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.messages.phrases import counted, cut
from fused_spec.messages.redaction import redact
from fused_spec.plan.ending import why_held
from fused_spec.plan.failing import alike_words, counts_words, status_words
from fused_spec.plan.model import Change, PastRun, Plan, Run
from fused_spec.spec.model import Key, Kind
from fused_spec.views.words.english import moment
from fused_spec.views.words.shown import one_line, visible

_COUNTED = ("total", "succeeded", "failed", "cancelled")
_MOST_KINDS = 10
_LONGEST = 400  # characters of why a job is held
STATUS_HEAD = ("JOB", "NEWEST RUN", "SPEC", "CREATED", "RUN")
_SHOWN = ("job_id", "key", "status", "created", "ended", "attempt", "digest", "instance_type", "service", "archive")


class ListedRun(Struct, frozen=True, kw_only=True):
    """One line of the history; without a key nobody here started it, and `copy_of` tells whose mark it carries."""

    job_id: str
    status: RunStatus
    created: datetime
    key: Key | None = None
    scope: str | None = None
    attempt: int | None = None
    copy_of: Key | None = None


def is_current(change: Change) -> bool:
    """Whether the newest run is of what the spec declares now."""
    run = change.before
    return isinstance(run, Run | PastRun) and change.after is not None and run.digest == change.after.digest


def declared_jobs(plan: Plan) -> list[Change]:
    return [change for change in plan.changes if change.key.kind is Kind.JOB and change.after is not None]


def status_text(plan: Plan) -> str:
    """One line per declared job."""
    return "\n".join([table([STATUS_HEAD, *status_rows(plan)]), *_held(plan)])


def status_rows(plan: Plan) -> list[tuple[str, ...]]:
    """What `STATUS_HEAD` is the head of."""
    rows: list[tuple[str, ...]] = []
    for change in declared_jobs(plan):
        name, run = change.key.name, change.before
        if not isinstance(run, Run | PastRun):
            rows.append((name, "never ran", "-", "-", "-"))
            continue
        spec = "same" if is_current(change) else "changed"
        created = moment(run.created) if isinstance(run, Run) else "-"
        rows.append((name, status_words(run.status, run.tasks), spec, created, visible(run.job_id)))
    return rows


def _held(plan: Plan) -> Iterator[str]:
    """Why each job that is held is."""
    for change in declared_jobs(plan):
        if (why := why_held(change)) is not None:
            yield cut(f"{change.key.name} is held: it {visible(redact(why))}", _LONGEST)


def jobs_text(runs: Sequence[ListedRun]) -> str:
    """One line per run, newest first."""
    rows = [("CREATED", "STATUS", "JOB", "ATTEMPT", "RUN")]
    for run in runs:
        rows.append(
            (
                moment(run.created),
                str(run.status),
                visible(run.key.name) if run.key else _foreign(run),
                str(run.attempt) if run.attempt else "-",
                visible(run.job_id),
            )
        )
    return table(rows)


def _foreign(run: ListedRun) -> str:
    return f"(copy of {visible(run.copy_of.name)})" if run.copy_of else "(not of fused-spec)"


def show_text(details: Mapping[str, Any], outputs: Sequence[tuple[str, str]] = ()) -> str:
    """The document of `show` as lines, its steps and outputs in a few words."""
    rows = [(name.replace("_", " "), visible(str(details[name]))) for name in _SHOWN if details.get(name) is not None]
    rows += [("note", visible(note)) for note in details.get("notes", ())]
    rows += _tasks_rows(details)
    rows += list(_parts(details))
    rows += [(name, one_line(value)) for name, value in details["settings"].items()]
    steps = (details["config"] or {}).get("steps", [])
    rows += [(f"step {number}", _step(step)) for number, step in enumerate(steps, start=1)]
    rows += [("came of it", line) for line in _facts_lines(details.get("facts") or {})]
    return table([*rows, *outputs])


def _parts(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which elements a run was for, and which run made which of the results, where one alone did not make all."""
    if (part := details.get("part")) is not None:
        yield "elements", f"{_numbers(part['elements'])}, of {part['of']:,}: what had no result after {part['after']}"
    for one in details.get("made_by", ()) if details.get("part") else ():
        what = "made what nobody knows any more" if one["elements"] is None else f"made {_numbers(one['elements'])}"
        yield "made by", visible(f"{one['job_id']} {what}")


def _numbers(stretches: str) -> str:
    return cut(stretches.replace(",", ", "), 100) or "none"


def _tasks_rows(details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """How many tasks ended how, where that is told, and a row for those that failed alike."""
    told = details.get("tasks")
    tasks = None if told is None else TaskCounts(**{name: told[name] for name in _COUNTED})
    if tasks is not None and tasks.total > 1:
        yield "tasks", counts_words(tasks)
    elif tasks is None and (details.get("total_tasks") or 0) > 1:
        yield "tasks", f"{details['finished_tasks']} of {details['total_tasks']}"
    for state, what in (("failed", "error"), ("ended", "place")):
        kinds = details.get(f"{state}_alike", ())
        for kind in kinds[:_MOST_KINDS]:
            yield state, visible(redact(alike_words(Alike(**{**kind, "inputs": tuple(kind["inputs"])}), tasks)))
        if len(kinds) > _MOST_KINDS:
            yield state, f"and {counted(len(kinds) - _MOST_KINDS, f'other {what}')}"


def _facts_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """A line for each ingestion, and one for each thing that was lost."""
    for step in facts.get("steps", ()):
        if "rows_read" in step:
            read, written = step["rows_read"], step["rows_written"]
            yield f"step {step['step']}: {read:,} rows read, {written:,} written to {visible(step['output'])}"
        for lost in step.get("lossy", ()):
            yield f"lossy: {visible(lost['what'])}"
        for one in step.get("inputs", ()):
            for lost in one["lossy"]:
                yield f"lossy: {visible(one['path'])}: {visible(lost['what'])}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two blanks apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _step(step: Mapping[str, Any]) -> str:
    return " ".join(_step_words(step))


def _step_words(step: Mapping[str, Any]) -> Iterator[str]:
    yield visible(str(step["type"]))
    if "udf" in step:
        yield visible(str(step["udf"].get("name") or step["udf"]["entrypoint"]))
        if step.get("input") is not None:
            yield f"over {len(step['input'])} inputs"
        return
    yield one_line(step.get("input"), 80)
    if step.get("output"):
        yield f"→ {visible(str(step['output']))}"
