"""The declared tokens as the service has them, and what is not well with them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from fused_spec.api.reading import FusedReader
from fused_spec.cli.specs.reading import here, read_specs
from fused_spec.cli.targets.memory import Memory, kept_at
from fused_spec.cli.targets.target import connect, find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.configuration.settings import Target
from fused_spec.configuration.token_sinks import EnvFile, Sink
from fused_spec.errors import FusedSpecError, SpecError
from fused_spec.messages.diagnostics import nearest
from fused_spec.plan.token_age import Age, age_of
from fused_spec.reconcile.journal.tokens import TokenJournal
from fused_spec.reconcile.saved.delivery import delivery_trouble
from fused_spec.reconcile.saved.editions import Edition, Editions, editions_of
from fused_spec.reconcile.saved.sinks import adopted_value, read_sink
from fused_spec.spec.model import DesiredToken, Resolution
from fused_spec.spec.relations.moves import Moves
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
    moves = Moves(resolution.desired, kept.moves.all())
    return Found(target=target, states=states_of(api, declared, moves, kept, context.cwd))


def states_of(
    api: FusedReader, declared: Sequence[DesiredToken], moves: Moves, kept: Memory, cwd: Path
) -> list[TokenState]:
    """What the service has of these tokens by now."""
    existing = api.get_udf_access_tokens(n=None) if declared else []
    journal, scope = kept.journal.tokens, kept.project.scope
    now, nonces = api.server_time or datetime.now(UTC), journal.open_nonces()
    return [
        _state(
            one,
            editions_of(existing, scope, moves.names_of(one.key), nonces, adopted=adopted_value(one)),
            cwd,
            now,
            journal,
        )
        for one in declared
    ]


def declared_token(context: Context, name: str, paths: tuple[str, ...]) -> tuple[Resolution, DesiredToken]:
    """The token with this name, beside all specs; raises `FusedSpecError` with the nearest when there is none."""
    resolution = read_specs(context, here(context, paths))
    return resolution, _named(resolution, name)


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


def _state(declared: DesiredToken, editions: Editions, cwd: Path, now: datetime, journal: TokenJournal) -> TokenState:
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
        sink=_shown(sink, cwd),
        sink_written=_is_written(declared, shown, journal),
        made=shown.made if shown else None,
        expires=age.expires,
        former_until=max((until for _, until in editions.former() if until > now), default=None),
        problems=tuple(_problems(declared, editions, age, now, journal)),
    )


def _shown(sink: Sink, cwd: Path) -> str:
    match sink:
        case EnvFile(path=path, name=name):
            return f"{_shown(path, cwd)} ({name})"
        case Path():
            return str(sink.relative_to(cwd) if sink.is_relative_to(cwd) else sink)
    return str(sink)


def _is_written(declared: DesiredToken, shown: Edition | None, journal: TokenJournal) -> bool:
    """Whether there is a value in the sink; of what cannot be read whether it was given the one that is shown."""
    sink = declared.sink
    if isinstance(sink, Path | EnvFile):
        return read_sink(sink) is not None
    return shown is not None and delivery_trouble(sink, shown, declared.key, journal) is None


def _problems(
    declared: DesiredToken, editions: Editions, age: Age, now: datetime, journal: TokenJournal
) -> Iterator[TokenProblem]:
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
    if trouble := delivery_trouble(declared.sink, current, declared.key, journal):
        yield TokenProblem(what=f"its sink {trouble}", step="`fused-spec apply` writes its value again")
    if editions.to_disable(now):
        yield TokenProblem(what="a value besides its own still works", step="`fused-spec apply` disables it")
    if age.words is not None:
        yield TokenProblem(what=age.words, step=age.step(name))


def _udf(declared: DesiredToken, editions: Editions) -> str:
    named = declared.payload["udf"]
    shown = editions.current or editions.newest
    return str((shown and shown.token.udf_slug) or named.get("ref") or named.get("name") or named.get("id"))
