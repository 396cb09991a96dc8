"""From a plan to its outcomes, with a person looking on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from fused_spec.api.client import FusedAPI
from fused_spec.api.reading import FusedReader
from fused_spec.cli.applying.planning import Workplace, markers_of
from fused_spec.cli.targets.memory import open_spools
from fused_spec.cli.targets.target import connect
from fused_spec.cli.terminal.console import Console
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import Interrupted, ServiceError
from fused_spec.messages.phrases import counted
from fused_spec.messages.redaction import sensitive_values
from fused_spec.plan.model import Plan
from fused_spec.reconcile.applying.apply import apply as reconcile
from fused_spec.reconcile.applying.events import Event, Finished
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.reconcile.applying.recover import Intent, recover
from fused_spec.reconcile.site import Site, World
from fused_spec.spec.model import Kind
from fused_spec.system.timings import Phase
from fused_spec.views.live.progress import Board, PlainLog

_BELOW_THE_TABLE = 4
_LONG_ENOUGH = 8


def connect_to(context: Context, place: Workplace) -> FusedAPI:
    """A client with which to act."""
    return connect(FusedAPI, place.target, context, place.resolution.project)


def service_clock(api: FusedReader) -> Callable[[], datetime]:
    """The service's time, on which all machines agree; this machine's where no answer tells it."""

    def now() -> datetime:
        if api.server_time is None:
            api.get_jobs(1, per_request=1)
        return api.server_time or datetime.now(UTC)

    return now


def open_site(context: Context, place: Workplace, api: FusedAPI, may_act: Callable[[float], bool]) -> Site:
    """Settle what earlier applies left open; nothing is planned yet, so nothing was seen."""
    site = Site(
        api=api,
        archive=place.kept.archive,
        journal=place.kept.journal,
        markers=markers_of(api, place, context.timings),
        spools=open_spools(place.resolution.project, place.kept.service, _own_secrets(context.env)),
        scope=place.resolution.project.scope,
        seen=frozenset(),
        timing=place.timing,
        may_act=may_act,
        timings=context.timings,
        secrets=place.secrets,
        moves=place.moves,
    )
    place.kept.listed.renew()  # what was listed before the lock was taken may have changed since
    with context.timings.phase(Phase.RECOVER):
        recover(api, site.journal, site.markers, timing=site.timing, world=World(), tell=watching(context))
    return site


def watching(context: Context) -> Callable[[Sequence[Intent], float], None]:
    """Tell that what was left open has to be watched for."""

    def tell(intents: Sequence[Intent], seconds: float) -> None:
        names = ", ".join(str(intent.key) for intent in intents)
        came = "made" if intents[0].key.kind is Kind.TOKEN else "started"
        context.console.say(f"It is open whether {names} was {came}; watching the history for up to {seconds:.0f} s.")

    return tell


def carry_out(
    context: Context, plan: Plan, site: Site, options: Options, *, hear: Callable[[Event], None] = lambda event: None
) -> list[Outcome]:
    """Apply the plan and show its progress; outcomes come in the order of the plan, and `hear` is given each event.

    Raises `Interrupted` on Ctrl-C, and the client's error when the service was silent for too long; runs go on.
    """
    console, board = context.console, Board.of(plan.changes)
    events = reconcile(plan, site, options=options)
    outcomes: list[Outcome] = []
    try:
        with closing(events), _display(console, board) as show, _stopping_is_told(console):  # type: ignore[type-var]
            for event in events:
                board.take(event)
                show(event)
                hear(event)
                if isinstance(event, Finished):
                    outcomes.append(event.outcome)
    except KeyboardInterrupt:
        what, hint = _left_running(board)
        raise Interrupted(what, hint=hint) from None
    except ServiceError as error:
        what, error.hint = _left_running(board)
        console.warn(what)
        raise
    place = {(change.key, change.action): index for index, change in enumerate(plan.changes)}
    last = len(place)  # a run that another apply started twice is in no plan
    return sorted(outcomes, key=lambda outcome: place.get((outcome.change.key, outcome.change.action), last))


def _own_secrets(env: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets of this process, which no log should hold either; a short value may stand in any text."""
    return tuple(value for value in sensitive_values(env) if len(value) >= _LONG_ENOUGH)


@contextmanager
def _display(console: Console, board: Board) -> Iterator[Callable[[Event], None]]:
    """Show progress: a table that is drawn again in a terminal, a line per event elsewhere."""
    if not console.live:
        log = PlainLog()
        yield lambda event: _say(console, log.line(event))
        return
    from fused_spec.views.live.table import live_table

    color = console.has_color(console.stderr)
    with live_table(board, stream=console.stderr, color=color, now=lambda: datetime.now(UTC), below=_BELOW_THE_TABLE):
        yield lambda event: None


def _say(console: Console, line: str | None) -> None:
    if line:
        console.say(line)


@contextmanager
def _stopping_is_told(console: Console) -> Iterator[None]:
    """Say at once that the first signal was heard: what is being sent is waited for, which may take a while."""
    try:
        yield
    except KeyboardInterrupt:
        console.warn("Stopping: nothing more is started; what is being sent is waited for. A second signal leaves now.")
        raise


def _left_running(board: Board) -> tuple[str, str]:
    """What goes on when nobody waits any more, and the next step."""
    running = [f"{row.key.name} ({row.job_id})" for row in board.in_flight]
    go_on = f"{counted(len(running), 'run')} {'goes' if len(running) == 1 else 'go'} on: {', '.join(running)}"
    return (
        go_on if running else "stopped waiting; what was started goes on",
        "the next apply attaches; `fused-spec cancel NAME` ends a run",
    )
