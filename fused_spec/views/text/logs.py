"""One line of a job's log, which may hold anything."""

from fused_spec.messages.redaction import redact
from fused_spec.views.words.shown import visible


def log_line(line: str) -> str:
    """The line without secrets and control characters."""
    return visible(redact(line))
