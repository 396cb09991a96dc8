"""Rotate one declared token: under the lock of an apply, and with what earlier commands left open settled first."""

from msgspec import Struct

from fused_spec.api.client import FusedAPI
from fused_spec.cli.applying.lock import only_apply
from fused_spec.cli.applying.session import service_clock, watching
from fused_spec.cli.targets.memory import kept_at
from fused_spec.cli.targets.target import connect, find_target
from fused_spec.cli.terminal.asking import confirm
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.tokens.state import declared_token, states_of
from fused_spec.configuration.settings import Target
from fused_spec.errors import FusedSpecError, Interrupted
from fused_spec.reconcile.applying.recover import recover_tokens
from fused_spec.reconcile.saved.rotation import Issuer, issue, renewal
from fused_spec.reconcile.site import World, timing_of
from fused_spec.spec.relations.moves import Moves
from fused_spec.views.text.tokens import TokenState


class Rotated(Struct, frozen=True, kw_only=True):
    """What came of it, and how the token stands now."""

    target: Target
    state: TokenState


def rotate_token(
    context: Context,
    name: str,
    paths: tuple[str, ...],
    *,
    overlap: float,
    archive: str | None,
    yes: bool,
    lock_timeout: float,
) -> Rotated:
    """Make, deliver and prove a new value, and disable the former ones, at once or after `overlap` seconds.

    Raises `Locked` while an apply is at work, and was for `lock_timeout` seconds.
    """
    specs, declared = declared_token(context, name, paths)
    project = specs.project
    if not declared.payload.get("enabled", True):
        raise FusedSpecError(f"{declared.key} is declared as disabled", hint="set enabled: true, then apply")
    target = find_target(context, project)
    kept = kept_at(context, project, target, archive)
    moves = Moves(specs.desired, kept.moves.all())
    api = connect(FusedAPI, target, context, project)
    lock = only_apply(kept, context.env, now=service_clock(api), timeout=lock_timeout, tell=context.console.warn)
    with lock as may_act:
        issuer = Issuer(
            api=api,
            journal=kept.journal.tokens,
            scope=kept.project.scope,
            timing=timing_of(target),
            world=World(),
            may_act=may_act,
            moves=moves,
        )
        recover_tokens(api, issuer.journal, timing=issuer.timing, world=issuer.world, tell=watching(context))
        order = renewal(declared, issuer, overlap=overlap)
        question, hint = f"Rotate {declared.key} at {target.name}?", "-y rotates without asking"
        confirm(context, target, question, yes=yes, otherwise="nothing was rotated", hint=hint)
        try:
            issue(order, issuer)
        except KeyboardInterrupt:
            raise Interrupted(
                f"the rotation of {declared.key} was interrupted; one value works, and it is in the sink",
                hint="the next apply, or another rotation, sees to what is left over",
            ) from None
    [state] = states_of(api, [declared], moves, kept, context.cwd)
    return Rotated(target=target, state=state)
