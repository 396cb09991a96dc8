"""From paths to a plan; what changes anything is not even imported."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.api.reading import FusedReader
from fused_spec.cli.specs.reading import valid_specs
from fused_spec.cli.targets.memory import Memory, cancels_of, kept_at, leavings_of, open_markers
from fused_spec.cli.targets.secrets import secret_reader
from fused_spec.cli.targets.target import connect, find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import Target
from fused_spec.errors import SpecError
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.plan import planner
from fused_spec.plan.judged import judged
from fused_spec.plan.model import History, Plan, Requests
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.reviewing.explain import explained
from fused_spec.reconcile.reviewing.whereabouts import Whereabouts, oddities, with_unreadable
from fused_spec.reconcile.site import Timing, timing_of
from fused_spec.spec.model import Resolution
from fused_spec.spec.relations.moves import Moves, contradictions
from fused_spec.spec.relations.secret_changes import with_secret_changes
from fused_spec.system.timings import Phase, Timings

if TYPE_CHECKING:
    from fused_spec.configuration.secret_values import SecretReader


class Workplace(Struct, frozen=True, kw_only=True):
    """The specs in the environment where they are to be applied, and what is kept of that.

    `moves` say what was called otherwise before, by the specs and by what earlier applies wrote down.
    """

    resolution: Resolution
    target: Target
    kept: Memory
    secrets: "SecretReader"
    moves: Moves

    @property
    def whereabouts(self) -> Whereabouts:
        kept = self.kept
        return Whereabouts(
            service=kept.service,
            is_local=self.target.is_local,
            archive=kept.archive,
            journal=kept.journal,
            place=kept.store.shown("").rstrip("/"),
        )

    @property
    def timing(self) -> Timing:
        return timing_of(self.target)


def find_workplace(
    context: Context, paths: tuple[str, ...], *, archive: str | None = None, strict: bool = False
) -> Workplace:
    """Read the specs; raises `SpecError`, before anything is asked of a service, when they are invalid."""
    resolution = valid_specs(context, paths, strict=strict)
    return workplace_at(context, resolution, find_target(context, resolution.project), archive=archive)


def workplace_at(context: Context, resolution: Resolution, target: Target, *, archive: str | None = None) -> Workplace:
    """These specs at a target; raises the client's errors when its service does not say which one it is.

    Raises `SpecError` where the specs claim a name that something else had, and `Unreadable` where a secret cannot be
    read whose change is to start something.
    """
    kept = kept_at(context, resolution.project, target, archive)
    secrets = secret_reader(context, resolution.secrets, runs=True)
    resolution = with_secret_changes(replace(resolution, project=kept.project), secrets.macs)
    recorded = kept.moves.all()
    if problems := tuple(contradictions(resolution.desired, recorded, place=kept.moves.place)):
        raise SpecError(problems)
    moves = Moves(resolution.desired, recorded)
    return Workplace(
        resolution=replace(resolution, desired=moves.desired),
        target=target,
        kept=kept,
        secrets=secrets,
        moves=moves,
    )


def make_plan(context: Context, place: Workplace, requests: Requests) -> Plan:
    """Compare the specs with the history; nothing is changed, and nothing that is asked could."""
    api = connect(FusedReader, place.target, context, place.resolution.project)
    markers = markers_of(api, place, context.timings)
    with context.timings.phase(Phase.REFRESH):
        history = read(api, markers, place, requests)
    with context.timings.phase(Phase.PLAN):
        plan = plan_of(place, history, requests, api)
    for attempt in place.kept.journal.open_intents():
        context.console.say(f"Warning: it is open whether {attempt.key} was started; the next apply settles it first.")
    for intent in place.kept.journal.tokens.open_intents():
        context.console.say(f"Warning: the making of {intent.key} did not come to its end; the next apply sees to it.")
    return plan


def read(api: FusedReader, markers: Markers, place: Workplace, requests: Requests) -> History:
    """What the service and the archive know."""
    history = read_history(
        api,
        place.resolution,
        archive=place.kept.archive,
        journal=place.kept.journal,
        markers=markers,
        now=datetime.now(UTC),
        prune=requests.prune,
        moves=place.moves,
    )
    return with_unreadable(history, place.kept.archive, place.resolution)


def plan_of(place: Workplace, history: History, requests: Requests, api: FusedReader) -> Plan:
    """The plan, told in full, with a word on what is odd about where it is made."""
    kept = place.kept
    plan = planner.make_plan(
        place.resolution, history, target=place.target.name, requests=requests, now=history.read_at
    )
    odd = oddities(history, place.resolution, place.whereabouts)
    return explained(
        replace(plan, warnings=(*plan.warnings, *odd), moved=place.moves.new()),
        place.resolution,
        history,
        api=api,
        archive=kept.archive,
        cancels=cancels_of(kept),
        leavings=leavings_of(kept),
    )


def refuse_if_denied(context: Context, plan: Plan, place: Workplace, *, strict: bool = False) -> list[Diagnostic]:
    """Say what the policies on plans warn of, and give it back.

    Raises `SpecError` for what they deny, or where one is strict warn of.
    """
    found = judged(plan, place.resolution)
    if any(one.invalidates(strict=strict) for one in found):
        raise SpecError(found, strict=strict)
    if found:
        from fused_spec.views.text.diagnostics import diagnostics_text

        console = context.console
        console.say(diagnostics_text(found, source_line=context.sources.line, paint=console.paint))
    return found


def markers_of(api: FusedReader, place: Workplace, timings: Timings) -> Markers:
    return open_markers(api, place.resolution.project, place.target, place.kept.service, timings)
