"""Show tokens to a person; no value of one comes here."""

from collections.abc import Sequence
from dataclasses import dataclass

from fused_spec.views.runs_text import table
from fused_spec.views.shown import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenState:
    """A declared token and what the service has of it; what it does not have is None."""

    name: str
    exists: bool
    enabled: bool | None
    udf: str
    client_id: str | None
    cache: bool | None
    sink: str
    sink_written: bool

    @property
    def word(self) -> str:
        return ("enabled" if self.enabled else "disabled") if self.exists else "not created"


def tokens_text(tokens: Sequence[TokenState]) -> str:
    """One line per token."""
    rows = [("TOKEN", "STATE", "UDF", "SINK")]
    rows += [(token.name, token.word, visible(token.udf), _sink(token)) for token in tokens]
    return table(rows)


def token_text(token: TokenState) -> str:
    """One token, line by line, with the call that uses it."""
    rows = [
        ("token", token.name),
        ("state", token.word),
        ("udf", visible(token.udf)),
        ("client", visible(token.client_id or "the service's choice")),
        ("cache", "-" if token.cache is None else str(token.cache).lower()),
        ("sink", _sink(token)),
        ("use", f"fused-spec tokens fetch {token.name}"),
    ]
    return table(rows)


def _sink(token: TokenState) -> str:
    return visible(token.sink) + ("" if token.sink_written else " (not written)")
