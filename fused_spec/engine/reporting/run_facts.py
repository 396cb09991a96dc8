"""What is known of a run when it is over, in numbers: `facts.json` in the job's folder, a part for each step."""

import json
from collections.abc import Mapping
from typing import Any

from fused_spec.jobs.folder import NO_FACTS, JobDir
from fused_spec.messages.redaction import Redactor, masked


class RunFacts:
    """The facts of one job, written anew whenever a step has ended well; no secret that `mask` knows is in them."""

    def __init__(self, job: JobDir, mask: Redactor | None) -> None:
        self._job = job
        self._mask = mask
        self._steps: list[dict[str, Any]] = []

    def add(self, step: int, kind: str, facts: Mapping[str, Any]) -> None:
        """Keep what came of a step, counted from 1."""
        told = dict(facts) if self._mask is None else masked(facts, self._mask)
        self._steps.append({"step": step, "type": kind, **told})
        draft = self._job.facts.with_suffix(".draft")
        draft.write_text(json.dumps({**NO_FACTS, "steps": self._steps}), encoding="utf-8")
        draft.replace(self._job.facts)
