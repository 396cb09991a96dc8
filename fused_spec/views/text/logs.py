"""One line of a job's log, which may hold anything."""

from fused_spec.messages.redaction import redact
from fused_spec.views.words.log_times import log_time
from fused_spec.views.words.shown import visible


def log_line(line: str) -> str:
    """The line without secrets and control characters."""
    return visible(redact(line))


def stamped_line(timestamp: int, task: int | None, stream: str | None, line: str) -> str:
    """The same, behind its time, its task and its stream, each of which may be unknown."""
    when = log_time(timestamp) or "-"
    return f"{when:<29} {'-' if task is None else task:>5} {visible(stream or '-'):<7} {log_line(line)}"
