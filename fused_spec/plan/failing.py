"""What failed in a run, in the words of every command: how many tasks, with which error, where, at which inputs."""

from fused_spec.jobs.failures import Alike
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts

_MOST_INPUTS = 3


def has_lost(tasks: TaskCounts | None) -> bool:
    """Whether tasks failed, as far as anybody told."""
    return tasks is not None and tasks.failed > 0


def status_words(status: str, tasks: TaskCounts | None) -> str:
    """`succeeded, 1 of 20 failed`: a run may succeed without some of its tasks, as `ignore_chunk_error` has it."""
    return f"{status}, {lost_words(tasks)}" if status == RunStatus.SUCCEEDED and tasks and tasks.failed else str(status)


def lost_words(tasks: TaskCounts) -> str:
    """`1 of 20 failed`."""
    return f"{tasks.failed} of {tasks.total} failed"


def counts_words(tasks: TaskCounts) -> str:
    """`20 tasks: 12 succeeded, 1 failed, 7 not started`."""
    parts = {
        "succeeded": tasks.succeeded,
        "failed": tasks.failed,
        "cancelled": tasks.cancelled,
        "not started": tasks.not_started,
    }
    told = ", ".join(f"{number} {state}" for state, number in parts.items() if number)
    return f"{tasks.total} task{'' if tasks.total == 1 else 's'}: {told or 'none is known'}"


def alike_words(alike: Alike, tasks: TaskCounts | None) -> str:
    """`inputs 3, 7, 12 and 5 more: ValueError: no such tile, at udfs/area.py:10`; of a run's only task no input."""
    error = placed(alike.error, alike.where)
    return error if tasks is not None and tasks.total == 1 else f"{_inputs(alike)}: {error}"


def placed(error: str, where: str | None) -> str:
    """The error, and where it is in the user's own code, unless it says so."""
    return error if where is None or where in error else f"{error}, at {where}"


def _inputs(alike: Alike) -> str:
    shown = [str(index) for index in alike.inputs[:_MOST_INPUTS]]
    if alike.count == 1:
        return f"input {shown[0]}"
    rest = alike.count - len(shown)
    *most, last = [*shown, f"{rest} more"] if rest else shown
    return f"inputs {', '.join(most)} and {last}"
