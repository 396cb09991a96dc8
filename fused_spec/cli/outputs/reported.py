"""What a report shows of the outputs of a run: their facts, and a map of them."""

from fused_spec.cli.outputs.finding import outputs_of
from fused_spec.cli.outputs.mapping import OUTPUTS, map_of
from fused_spec.cli.outputs.telling import Wanted, told_outputs
from fused_spec.cli.runs.lookup import Surroundings, find_run
from fused_spec.engine.outputs.model import UnreadableOutput
from fused_spec.errors import FusedSpecError
from fused_spec.views.pages.data import Fact, Made
from fused_spec.views.pages.tasks import safe
from fused_spec.views.text.outputs import totals


def made_by(around: Surroundings, job_id: str) -> Made:
    """What the service still has of what the run made; what it has not is said."""
    try:
        found = outputs_of(around, find_run(around, job_id))
        told = told_outputs(around.api, found, found.outputs, Wanted.FACTS, most_read=OUTPUTS)
    except FusedSpecError as error:
        return Made(facts=(), place=None, notes=(f"What it made cannot be read: {safe(error)}.",))
    facts = tuple(Fact(word, safe(value)) for word, value in totals(told))
    notes = tuple(f"{safe(note)}." for note in found.notes)
    try:
        place = map_of(found.name, told, ())
    except UnreadableOutput as error:
        return Made(facts=facts, place=None, notes=(*notes, f"No map: {safe(error)}."))
    drawn = (f"{safe(word)}: {safe(value)}." for word, value in place.facts)
    return Made(facts=facts, place=place, notes=(*notes, *drawn))
