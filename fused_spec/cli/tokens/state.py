"""The declared tokens as the service has them, and what is not well with them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from fused_spec.api.reading import FusedReader
from fused_spec.cli.specs.reading import here, read_specs
from fused_spec.cli.targets.memory import kept_at
from fused_spec.cli.targets.target import connect, find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError, SpecError
from fused_spec.messages.diagnostics import nearest
from fused_spec.plan.token_age import Age, age_of
from fused_spec.reconcile.journal.tokens import TokenJournal
from fused_spec.reconcile.saved.editions import Editions, editions_of
from fused_spec.reconcile.saved.sinks import sink_trouble
from fused_spec.spec.model import DesiredToken, Project, Resolution
from fused_spec.spec.relations.moves import with_recorded
from fused_spec.views.text.tokens import TokenProblem, TokenState

_APPLY = "`fused-spec apply` makes it and writes its sink"


class Found(Struct, frozen=True, kw_only=True):
    """The declared tokens at a target."""

    target: Target
    states: list[TokenState]


def read_tokens(context: Context, paths: tuple[str, ...], *, only: str | None = None) -> Found:
    """Every declared token, or the one with the name `only`, with its state at the target."""
    resolution = read_specs(context, here(context, paths))
    declared = _declared(resolution) if only is None else [_named(resolution, only)]
    target = find_target(context, resolution.project)
    api = connect(FusedReader, target, context, resolution.project)
    kept = kept_at(context, resolution.project, target)
    known = with_recorded(declared, kept.moves.all())
    return Found(target=target, states=states_of(api, known, kept.project, kept.journal.tokens, context.cwd))


def states_of(
    api: FusedReader, declared: Sequence[DesiredToken], project: Project, journal: TokenJournal, cwd: Path
) -> list[TokenState]:
    """What the service has of these tokens by now."""
    existing = api.get_udf_access_tokens(n=None) if declared else []
    now, nonces = api.server_time or datetime.now(UTC), journal.open_nonces()
    return [
        _state(one, editions_of(existing, project.scope, (one.key, *one.former), nonces), cwd, now) for one in declared
    ]


def declared_token(context: Context, name: str, paths: tuple[str, ...]) -> tuple[Project, DesiredToken]:
    """The token with this name, and its project; raises `FusedSpecError` with the nearest when there is none."""
    resolution = read_specs(context, here(context, paths))
    return resolution.project, _named(resolution, name)


def _declared(resolution: Resolution) -> list[DesiredToken]:
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    return [one for one in resolution.desired if isinstance(one, DesiredToken)]


def _named(resolution: Resolution, name: str) -> DesiredToken:
    """Other specs may be invalid; they matter only when the name is not found."""
    known = {one.key.name: one for one in resolution.desired if isinstance(one, DesiredToken)}
    if name in known:
        return known[name]
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    meant = nearest(name, known)
    hint = f'did you mean "{meant}"?' if meant else "--specs PATH tells where it is declared"
    raise FusedSpecError(f'no spec here declares a token named "{name}"', hint=hint)


def _state(declared: DesiredToken, editions: Editions, cwd: Path, now: datetime) -> TokenState:
    sink = declared.sink
    shown = editions.current or editions.newest
    token = shown.token if shown else None
    age = age_of(declared, shown.made if shown else None, now)
    return TokenState(
        name=declared.key.name,
        exists=token is not None,
        enabled=token.enabled if token else None,
        udf=_udf(declared, editions),
        client_id=token.client_id if token else None,
        cache=token.cache if token else None,
        sink=str(sink.relative_to(cwd) if sink.is_relative_to(cwd) else sink),
        sink_written=sink.is_file(),
        made=shown.made if shown else None,
        expires=age.expires,
        former_until=max((until for _, until in editions.former() if until > now), default=None),
        problems=tuple(_problems(declared, editions, age, now)),
    )


def _problems(declared: DesiredToken, editions: Editions, age: Age, now: datetime) -> Iterator[TokenProblem]:
    """What keeps the token from being as it is declared, and fresh."""
    name, current = declared.key.name, editions.current
    if not declared.payload.get("enabled", True):
        if current is not None:
            yield TokenProblem(what="declared as disabled, and still enabled", step="`fused-spec apply` disables it")
        return
    if current is None:
        what = "all its values are disabled" if editions.known else "not created"
        yield TokenProblem(what=what, step=_APPLY)
        return
    if trouble := sink_trouble(declared.sink, current.value):
        yield TokenProblem(what=f"its sink {trouble}", step="`fused-spec apply` writes its value again")
    if editions.to_disable(now):
        yield TokenProblem(what="a value besides its own still works", step="`fused-spec apply` disables it")
    if age.words is not None:
        yield TokenProblem(what=age.words, step=age.step(name))


def _udf(declared: DesiredToken, editions: Editions) -> str:
    named = declared.payload["udf"]
    shown = editions.current or editions.newest
    return str((shown and shown.token.udf_slug) or named.get("ref") or named.get("name") or named.get("id"))
