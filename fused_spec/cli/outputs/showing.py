"""What a run made, as its description tells it: a bounded number of outputs, of which as little as can be is read."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from fused_spec.cli.outputs.finding import outputs_of
from fused_spec.cli.outputs.telling import Wanted, told_outputs
from fused_spec.cli.runs.lookup import FoundRun, Surroundings
from fused_spec.engine.outputs.model import Told
from fused_spec.views.documents.outputs import result

_TOLD = 1_000
_READ = 100


class Shown(Struct, frozen=True, kw_only=True):
    """The names of all results, and the first outputs with their facts; of `left` more nothing is told."""

    results: Sequence[str] = ()
    outputs: Sequence[Told] = ()
    left: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "results": list(self.results),
            "outputs": [result(told) for told in self.outputs],
            "more_outputs": self.left,
        }


def shown_outputs(around: Surroundings, found: FoundRun) -> Shown:
    """Nothing for a run that the service has forgotten."""
    if not found.in_history:
        return Shown()
    made = outputs_of(around, found)
    told = told_outputs(around.api, made, made.outputs[:_TOLD], Wanted.FACTS, most_read=_READ)
    return Shown(
        results=[output.name for output in made.outputs if output.address is None],
        outputs=told,
        left=len(made.outputs) - len(told),
    )
