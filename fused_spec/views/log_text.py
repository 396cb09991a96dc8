"""One line of a job's log, which may hold anything."""

from fused_spec.redaction import redact
from fused_spec.views.shown import visible


def log_line(line: str, *, safe: bool) -> str:
    """The line without secrets; `safe` also keeps it from steering a terminal or a CI runner.

    A runner takes a line that begins with `::`, or holds `##[`, as a command, however it came into its log.
    """
    text = redact(line)
    if not safe:
        return text
    text = visible(text).replace("##[", "## [")
    return f"| {text}" if text.lstrip().startswith("::") else text
