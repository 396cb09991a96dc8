"""The results of a job that was finished by several runs, as one set: of each element the one that counts."""

from collections.abc import Iterator

from msgspec.structs import replace

from fused_spec.api.errors import ApiError
from fused_spec.cli.outputs.finding import results_of
from fused_spec.cli.runs.lookup import Surroundings
from fused_spec.cli.targets.memory import open_markers
from fused_spec.engine.outputs.model import Output
from fused_spec.reconcile.archive.made import MadeBy, made_by


def results_together(around: Surroundings, job_id: str) -> tuple[list[Output], tuple[str, ...]]:
    """The results in the order of the job's elements, and what of them is not there any more."""
    markers = open_markers(around.api, around.project, around.target, around.service)
    runs = list(made_by(job_id, archive=around.archive, api=around.api, side_by_side=markers.side_by_side))
    results: list[Output] = []
    lost: list[str] = []
    for run in runs:
        try:
            results += _of(run, results_of(around.api, run.job_id))
        except ApiError as error:
            if not error.is_gone:
                raise
            which = "some elements" if run.elements is None else f"the elements {run.elements}"
            lost.append(f"the service has forgotten the run {run.job_id}, and with it the results of {which}")
    return sorted(results, key=lambda one: one.task or 0), tuple(lost)


def _of(run: MadeBy, results: list[Output]) -> Iterator[Output]:
    """Those that count, by the numbers and under the names that they have in the whole job."""
    for output in results:
        if output.own_task is None or output.own_task >= len(run.started_for):
            continue
        element = run.started_for.number_of(output.own_task)
        if run.elements is not None and element in run.elements:
            name = f"{element}.{output.name.partition('.')[2]}"
            yield replace(output, name=name, task=element)
