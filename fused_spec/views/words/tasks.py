"""How the tasks of a run stand, in words: which one keeps the others waiting, and when the run may be over."""

from datetime import datetime

from fused_spec.jobs.tasks import RunningTask, Standing
from fused_spec.messages.phrases import counted
from fused_spec.views.words.english import duration

_LONG = 2.0  # seconds, before which no task is told to take long
_TIMES = 5.0  # the median, from which on it is
_FEW = 3  # tasks that have to have ended before anything is said of the rest


def straggler(standing: Standing, now: datetime) -> str | None:
    """`input 3 has run for 14s, the median is 0.1s`; None where no task takes much longer than the others."""
    ended = standing.succeeded + standing.failed
    if ended < _FEW or standing.median_seconds is None:
        return None
    slow = [one for one in standing.longest_running if _is_slow(_seconds(one, now), standing.median_seconds)]
    if not slow:
        return None
    others = f" (and {counted(len(slow) - 1, 'other')})" if len(slow) > 1 else ""
    return (
        f"input {slow[0].index}{others} has run for {duration(_seconds(slow[0], now))}, "
        f"the median is {_short(standing.median_seconds)}"
    )


def left(standing: Standing) -> float | None:
    """Seconds until the run may be over, if its tasks go on as until now; None where too few have ended."""
    ended = standing.succeeded + standing.failed
    if ended < _FEW or standing.mean_seconds is None or not standing.running:
        return None
    return (standing.total - ended) * standing.mean_seconds / standing.running


def ended_words(finished: int, total: int, standing: Standing | None) -> str:
    """`99 of 100 tasks`, and how many of them failed where that is told."""
    if standing is None:
        return f"{finished} of {total} tasks"
    failed = f" ({standing.failed} failed)" if standing.failed else ""
    return f"{standing.succeeded + standing.failed} of {standing.total} tasks{failed}"


def _is_slow(seconds: float, median: float) -> bool:
    return seconds > max(_LONG, _TIMES * median)


def _seconds(task: RunningTask, now: datetime) -> float:
    return max(0.0, now.timestamp() - task.since / 1000)


def _short(seconds: float) -> str:
    """`0.1s` of what is shorter than ten seconds, `3m 20s` of what is longer."""
    return f"{seconds:.2g}s" if seconds < 10 else duration(seconds)
