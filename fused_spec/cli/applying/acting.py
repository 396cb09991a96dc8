"""What an apply does before and after it carries out a plan: plan under the lock, and write down what happened."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fused_spec.api.reading import FusedReader
from fused_spec.cli.applying.lock import who
from fused_spec.cli.applying.planning import Workplace, plan_of, read
from fused_spec.cli.applying.session import service_clock
from fused_spec.cli.targets.memory import cancels_of, leavings_of, only_said
from fused_spec.cli.terminal.context import Context
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.applying.catch_up import catch_up
from fused_spec.reconcile.applying.events import Cancelling, Event
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.reconcile.site import Site
from fused_spec.reconcile.starting.adopt import adopt
from fused_spec.spec.model import Kind
from fused_spec.system.timings import Phase


def plan_at(place: Workplace, site: Site, requests: Requests, adopted: frozenset[str] = frozenset()) -> Plan:
    """Plan for an apply that holds the lock; what a person adopts is written down first."""
    with site.timings.phase(Phase.REFRESH):
        history = read(site.api, site.markers, place, requests)
        catch_up(history.missed, site)
        if adopted:
            adopt(adopted, place.resolution, history, site.archive, now=datetime.now(UTC))
            history = read(site.api, site.markers, place, requests)
    with site.timings.phase(Phase.PLAN):
        return plan_of(place, history, requests, site.api)


def begin(place: Workplace, made: Plan, api: FusedReader) -> None:
    """Write down, before anything is started, which names the plan goes by in place of others."""
    place.kept.moves.record(made.moved, service_clock(api)())


def write_down(
    context: Context, place: Workplace, made: Plan, outcomes: Sequence[Outcome], events: Sequence[Event]
) -> None:
    """Keep what later plans tell: which runs this apply cancelled and why, what it told, and which UDFs it saved.

    Nothing is decided by it, so where it cannot be kept that is only said.
    """
    with only_said(context.console, "later plans read each receipt by itself"):
        place.kept.archive.pack()
    cancels = cancels_of(place.kept)
    saved = [one.change.key for one in outcomes if one.change.key.kind is Kind.UDF and one.satisfied]
    with only_said(context.console, "later plans will not tell what this apply told and cancelled"):
        for event in events:
            if isinstance(event, Cancelling):
                cancels.note(event.job_id, f"by an apply {who(context.env)}, since {event.why}")
        leavings_of(place.kept).remember(made.left, saved)
