"""Words for changes that are told together: their names, the values in which they differ, and their exceptions."""

from collections.abc import Callable, Iterator, Sequence

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.phrases import counted, cut, listed
from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.ending import how_they_ended, why_held
from fused_spec.plan.groups import Group
from fused_spec.plan.model import ABSENT, FieldChange, Left, PastRun, Run
from fused_spec.spec.model import Key, Kind
from fused_spec.views.changes.code_diff import value_change
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.words.shown import visible

_LONGEST = 300  # characters of an error
_WIDTH = 60
_ADDRESSES = 4
_LEFT = 10  # so many that left have a line of their own
_ALONE = 3
_UNLUCKY = (RunStatus.FAILED, RunStatus.LOST, RunStatus.CANCELLED)
_PLURALS = {Kind.JOB: "jobs", Kind.UDF: "UDFs", Kind.TOKEN: "tokens"}


def title(group: Group) -> str:
    """`Job/areas`, or `300 jobs, tile-000 … tile-299`."""
    if len(group.changes) == 1:
        return visible(str(group.first.key))
    if (cells := _cells(group)) is not None:
        return visible(cells)
    names = [visible(change.key.name) for change in group.changes]
    return f"{len(names)} {_PLURALS[group.first.key.kind]}: {in_short(names)}"


def _cells(group: Group) -> str | None:
    """`Job/tiles: 24 cells, region us-west-2`, where all are cells of one matrix, with the elements that all have."""
    jobs = [change.after for change in group.changes]
    names = {job.group if job is not None else None for job in jobs}
    if len(names) != 1 or (name := names.pop()) is None:
        return None
    cells = [job.cell for job in jobs if job is not None]
    shared = [f"{key} {value}" for key, value in cells[0].items() if all(cell.get(key) == value for cell in cells)]
    return ", ".join([f"{group.first.key.kind}/{name}: {len(cells)} cells", *shared])


def in_short(words: Sequence[str], most: int = 3) -> str:
    """The words, or where they are many the first and the last of them."""
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[: most - 1])} … {words[-1]}"


def asides(group: Group) -> list[str]:
    """What a person should know of changes besides their fields: how their runs ended, and whom they concern."""
    runs = [change.before for change in group.changes if isinstance(change.before, Run | PastRun)]
    lines = []
    if former := [visible(change.renamed_from) for change in group.changes if change.renamed_from]:
        lines.append(f"renamed from {in_short(former)}")
    if group.first.reason is Reason.NEVER_RAN and (never := _former(group)):
        lines.append(f"nor did anything that was called {in_short(never)}")
    if why_held(group.first) is not None:
        lines.append(cut(visible(redact(how_they_ended(runs))), _LONGEST))
    if group.first.action in (Action.CANCEL, Action.REPLACE) and runs:
        lines.append(f"ends {'run' if len(runs) == 1 else 'runs'} {in_short([visible(run.job_id) for run in runs])}")
    if group.first.action in (Action.START, Action.QUEUE) and (unlucky := _not_succeeded(group)):
        lines.append(f"the last run of {in_short(unlucky)} did not succeed")
    return [*lines, *(visible(redact(note)) for note in group.first.notes)]


def _former(group: Group) -> list[str]:
    return [visible(key.name) for change in group.changes if change.after for key in change.after.former]


def _not_succeeded(group: Group) -> list[str]:
    runs = ((change.key.name, change.before) for change in group.changes)
    return [visible(name) for name, run in runs if isinstance(run, Run | PastRun) and run.status in _UNLUCKY]


def moved_lines(moved: Sequence[tuple[Key, Key]], quoted: Callable[[str], str]) -> Iterator[str]:
    """What has another name now, a line each or one for many of a kind: what ran under the old one is its own."""
    for kind in Kind:
        pairs = [f"{before.name} is {after.name} now" for before, after in moved if after.kind is kind]
        if len(pairs) > _ALONE:
            yield f"Renamed: {len(pairs)} {_PLURALS[kind]}: {quoted(in_short(pairs))}"
        else:
            yield from (f"Renamed: {quoted(f'{kind}/{pair}')}" for pair in pairs)


def outside_lines(outside: Sequence[str], quoted: Callable[[str], str]) -> Iterator[str]:
    """The values that the plan goes by and git does not have."""
    if outside:
        yield f"Values from outside git: {', '.join(map(quoted, outside))}"


def left_lines(left: Sequence[Left], quoted: Callable[[str], str]) -> Iterator[str]:
    """What left the specs: a line each, but one for many jobs that leave no table; `quoted` is for what is foreign."""
    bare = [one for one in left if one.key.kind is Kind.JOB and not one.stays and not one.taken]
    alone = left if len(bare) <= _ALONE else [one for one in left if one not in bare]
    yield from (f"Left the specs: {_left(one, quoted)}" for one in alone[:_LEFT])
    if len(alone) > _LEFT:
        yield f"Left the specs: {len(alone) - _LEFT} more; `--output json` has all"
    if len(bare) > _ALONE:
        names = in_short([one.key.name for one in bare])
        yield f"Left the specs: {len(bare)} jobs that leave no table: {quoted(names)}"


def _left(left: Left, quoted: Callable[[str], str]) -> str:
    words = f"{quoted(str(left.key))}, {left.said}"
    if left.stays:
        shown = [quoted(redact(one)) for one in left.stays]
        words += f"; {listed(shown, _ADDRESSES, ' and ')} {'stays' if len(left.stays) == 1 else 'stay'}"
    taken = (f"; {quoted(str(key))} writes {quoted(redact(address))} now" for address, key in left.taken[:_ADDRESSES])
    return words + "".join(taken)


def varying_lines(group: Group, most: int = 4) -> Iterator[str]:
    """Each field whose values differ within the group, with a few of them."""
    for path, values in group.varying.items():
        shown = [_value(one) for one in shown_fields(tuple(values))]
        yield f"{visible(path)} differs: {in_short(list(dict.fromkeys(shown)), most)}"


def exception_lines(group: Group, most: int = 10) -> Iterator[str]:
    """Each change that differs from the rest of the group, and how."""
    for change, fields in group.exceptions[:most]:
        shown = (f"{visible(one.path)} {_value(one)}" for one in shown_fields(fields))
        yield f"but {visible(str(change.key))}: {', '.join(shown)}"
    if len(group.exceptions) > most:
        yield f"and {counted(len(group.exceptions) - most, 'more exception')}"


def _value(one: FieldChange) -> str:
    """The values before and after, or of something new what it declares."""
    before, after = value_change(one.before, one.after, _WIDTH)
    return after if one.before is ABSENT else f"{before} → {after}"
