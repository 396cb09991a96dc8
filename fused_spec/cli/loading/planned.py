"""A plan that was made from Python, and what came of it."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.cli.loading.surroundings import as_exceptions, workplace
from fused_spec.cli.specs.reading import read_specs
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import StalePlan
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.plan.model import Change, Plan, Requests
from fused_spec.reconcile.applying.outcome import Outcome, exit_code

if TYPE_CHECKING:
    from fused_spec.reconcile.applying.events import Event
    from fused_spec.reconcile.applying.options import Options

Hear = Callable[["Event"], None]


class Planned(Struct, frozen=True, kw_only=True):
    """A plan, which may be carried out; `diagnostics` are what policies warn of in it."""

    context: Context
    paths: tuple[str, ...]
    made: Plan
    requests: Requests
    archive: str | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is to be done about each job, UDF and token, and why; dependencies first."""
        return self.made.changes

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.made.warnings

    @property
    def has_changes(self) -> bool:
        return self.made.has_changes

    def apply(
        self,
        on_event: Hear | None = None,
        *,
        wait: bool = True,
        timeout: float | None = None,
        max_duration: float | None = None,
        max_cost: float | None = None,
        parallelism: int = 10,
        max_running: int | None = None,
        lock_timeout: float = 0.0,
    ) -> "Outcomes":
        """Carry out what was planned, wait, and archive; times are in seconds, money in US dollars.

        `on_event` is told what happens, while it happens. Raises `StalePlan`, with nothing started, where something
        else would have to be done by now; `Locked` where another apply is at work. An exception from `on_event`, or an
        interrupt, ends the waiting and no run.
        """
        from fused_spec.reconcile.applying.options import Options

        options = Options(
            wait=wait,
            timeout=timeout,
            max_duration=max_duration,
            max_cost=max_cost,
            parallelism=parallelism,
            max_running=max_running,
        )
        with as_exceptions():
            return self._carried_out(options, on_event or (lambda _: None), lock_timeout)

    def _carried_out(self, options: "Options", hear: Hear, lock_timeout: float) -> "Outcomes":
        from fused_spec.cli.applying.acting import begin, plan_at, write_down
        from fused_spec.cli.applying.lock import only_apply
        from fused_spec.cli.applying.planning import refuse_if_denied
        from fused_spec.cli.applying.session import connect_to, open_site, service_clock
        from fused_spec.reconcile.applying.apply import apply as reconcile
        from fused_spec.reconcile.applying.events import Finished
        from fused_spec.spec.resolving.prices import PRICES

        context = self.context
        outcomes: list[Outcome] = []
        heard: list[Event] = []
        with ExitStack() as stack:
            place = workplace(context, read_specs(context, self.paths), self.archive)  # files may have changed
            api = connect_to(context, place)
            lock = only_apply(place.kept, context.env, now=service_clock(api), timeout=lock_timeout)
            site = open_site(context, place, api, stack.enter_context(lock))
            made = plan_at(place, site, self.requests)
            refuse_if_denied(context, made, place)
            self._refuse_if_moved(made)
            begin(place, made, api)
            priced = replace(options, prices={**PRICES, **place.resolution.project.prices})
            events = reconcile(made, site.seeing(made.seen), options=priced)
            stack.enter_context(closing(events))  # type: ignore[type-var]
            for event in events:
                heard.append(event)
                if isinstance(event, Finished):
                    outcomes.append(event.outcome)
                hear(event)
            write_down(context, place, made, outcomes, heard)
        return Outcomes(outcomes)

    def _refuse_if_moved(self, made: Plan) -> None:
        before, now = _essence(self.made), _essence(made)
        moved = sorted({key for key, *_ in before.symmetric_difference(now)})
        if moved:
            raise StalePlan(
                f"something else would have to be done about {', '.join(moved[:5])} by now",
                hint="make a new plan, and look at it",
            )

    def __repr__(self) -> str:  # what the environment holds is not for everybody
        from fused_spec.views.words.english import plan_summary

        return f"<{plan_summary(self.made)}>"

    def __str__(self) -> str:
        from fused_spec.views.text.plans import plan_text

        return plan_text(self.made)

    def _repr_html_(self) -> str:
        from fused_spec.views.html.tables import diagnostics_html, plan_html

        return plan_html(self.made) + diagnostics_html(self.diagnostics)


class Outcomes(tuple[Outcome, ...]):
    """How each change ended, in the order in which they did."""

    __slots__ = ()

    @property
    def exit_code(self) -> int:
        """The exit code of an apply that ended so; 0 where all is well."""
        return exit_code(self)

    def _repr_html_(self) -> str:
        from fused_spec.views.html.tables import outcomes_html

        return outcomes_html(self)


def _essence(plan: Plan) -> set[tuple[str, str, str | None]]:
    return {(str(change.key), str(change.action), change.digest) for change in plan.changes}
