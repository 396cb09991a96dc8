"""The facts of outputs: those that tasks told as they ended, and else what a footer or a header says."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

from fused_spec.api.reading import FusedReader
from fused_spec.api.tasks import told_tasks
from fused_spec.cli.outputs.finding import Found
from fused_spec.engine.outputs.kinds import form_of, kind_of
from fused_spec.engine.outputs.model import Facts, Kind, Output, Told
from fused_spec.jobs.tasks import Task, TaskState, tasks_in


class Wanted(StrEnum):
    """How much of outputs is to be known."""

    KINDS = "what they are; where their names say it nothing is read"
    FACTS = "their facts; of tables whose tasks told them nothing is read"
    ALL = "their columns, too"


def told_outputs(
    api: FusedReader, found: Found, outputs: Sequence[Output], wanted: Wanted, *, most_read: int | None = None
) -> list[Told]:
    """Each output with its facts.

    Of those that have to be looked at at most so many are, at even distances; of the others only the kind is told.
    """
    quick = wanted is Wanted.FACTS and found.run is not None
    known = _of_tasks(api, found, outputs) if quick else {}
    facts = {output: told for output in outputs if (told := _from_task(output, known)) is not None}
    rest = [output for output in outputs if output not in facts or facts[output].kind is Kind.RASTER]
    facts |= read_facts(rest, most_read, wanted, facts)
    return [Told(output, facts[output]) for output in outputs]


_NOTHING: Mapping[Output, Facts] = MappingProxyType({})


def read_facts(
    outputs: Sequence[Output],
    most: int | None,
    wanted: Wanted = Wanted.FACTS,
    known: Mapping[Output, Facts] = _NOTHING,
) -> dict[Output, Facts]:
    """What is told of outputs that are looked at, at most so many; of the others what is known, or only the kind."""
    if not outputs:
        return {}
    from fused_spec.engine.outputs.facts import named_kind, told
    from fused_spec.engine.outputs.tables import evenly

    facts = {output: known.get(output) or Facts(kind=named_kind(output)) for output in outputs}
    unsure = [output for output in outputs if wanted is not Wanted.KINDS or facts[output].kind is Kind.BYTES]
    chosen = unsure if most is None else [unsure[place] for place in evenly(len(unsure), most)]
    return facts | {one.output: one.facts for one in told(chosen)}


Known = Mapping[tuple[str | None, int | None], Task]


def _of_tasks(api: FusedReader, found: Found, outputs: Sequence[Output]) -> Known:
    """The tasks of the last step that went well, by run and number; the lines pass one by one."""
    wanted = {(output.job_id, output.own_task) for output in outputs if output.own_task is not None}
    known: dict[tuple[str | None, int | None], Task] = {}
    for job_id in sorted({job_id for job_id, _ in wanted if job_id is not None}):
        with told_tasks(api, job_id) as lines:
            good = _good(tasks_in(lines or ()), found.last_step)
            known |= {(job_id, task.index): task for task in good if (job_id, task.index) in wanted}
    return known


def _good(tasks: Iterator[Task], step: int) -> Iterator[Task]:
    return (task for task in tasks if task.step == step and task.state is TaskState.SUCCEEDED)


def _from_task(output: Output, known: Known) -> Facts | None:
    task = known.get((output.job_id, output.own_task)) if output.own_task is not None else None
    kind = kind_of(form_of(output.name))
    if task is None or task.bytes is None or kind is Kind.BYTES:
        return None
    return Facts(kind=kind, rows=task.rows, width=task.columns, crs=task.crs, bounds=task.bounds, bytes=task.bytes)
