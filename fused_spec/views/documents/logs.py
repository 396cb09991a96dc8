"""One line of a log as scripts read it."""

import json

from fused_spec.messages.redaction import redact
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.words.log_times import log_time


def log_entry(timestamp: int, task: int | None, stream: str | None, text: str) -> str:
    """The line as `schemas/output/logs.schema.json` has it; what the service does not tell is null."""
    entry = {"time": log_time(timestamp), "task": task, "stream": stream, "text": redact(text)}
    return harmless_json(json.dumps(entry, ensure_ascii=False))
