"""Lists for programs: runs of the history, lines of a log, tokens, and what a check of the archive found."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from fused_spec.messages.redaction import redact
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.text.runs import ListedRun
from fused_spec.views.text.tokens import TokenState
from fused_spec.views.words.log_times import log_time

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Check


def verify_document(checks: Sequence["Check"]) -> dict[str, Any]:
    return {
        "verified": all(check.problem is None for check in checks),
        "runs": [{"folder": check.folder, "problem": check.problem, "missing": check.missing} for check in checks],
    }


def jobs_document(target: str, runs: Sequence[ListedRun]) -> dict[str, Any]:
    return {
        "target": redact(target),
        "jobs": [
            {
                "key": str(run.key) if run.key else None,
                "job_id": run.job_id,
                "status": str(run.status),
                "created": run.created.isoformat(),
                "attempt": run.attempt,
                "scope": run.scope,
                "copy_of": str(run.copy_of) if run.copy_of else None,
            }
            for run in runs
        ],
    }


def tokens_document(target: str, tokens: Sequence[TokenState]) -> dict[str, Any]:
    return {
        "target": redact(target),
        "well": not any(token.problems for token in tokens),
        "tokens": [_token(token) for token in tokens],
    }


def _token(token: TokenState) -> dict[str, Any]:
    moments = {name: getattr(token, name) for name in ("made", "expires", "former_until")}
    return {**asdict(token), **{name: at and at.isoformat() for name, at in moments.items()}}


def log_entry(timestamp: int, task: int | None, stream: str | None, text: str) -> str:
    """One line of a log as `schemas/output/logs.schema.json` has it; what the service does not tell is null."""
    entry = {"time": log_time(timestamp), "task": task, "stream": stream, "text": redact(text)}
    return harmless_json(json.dumps(entry, ensure_ascii=False))
