"""Show tokens to a person; no value of one comes here."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from fused_spec.views.text.runs import table
from fused_spec.views.words.english import moment
from fused_spec.views.words.shown import visible


class TokenProblem(Struct, frozen=True, kw_only=True):
    """Something that is not well with a token, and the next step."""

    what: str
    step: str


class TokenState(Struct, frozen=True, kw_only=True):
    """A declared token and what the service has of it; what it does not have is None.

    `former_until` is when the last of the values before it ends, where one still works.
    """

    name: str
    exists: bool
    enabled: bool | None
    udf: str
    client_id: str | None
    cache: bool | None
    sink: str
    sink_written: bool
    made: datetime | None = None
    expires: datetime | None = None
    former_until: datetime | None = None
    problems: tuple[TokenProblem, ...] = ()

    @property
    def word(self) -> str:
        return ("enabled" if self.enabled else "disabled") if self.exists else "not created"


def tokens_text(tokens: Sequence[TokenState]) -> str:
    """One line per token."""
    rows = [("TOKEN", "STATE", "UDF", "MADE", "EXPIRES", "SINK")]
    rows += [
        (token.name, token.word, visible(token.udf), moment(token.made), moment(token.expires), _sink(token))
        for token in tokens
    ]
    return table(rows)


def token_text(token: TokenState) -> str:
    """One token, line by line, with the call that uses it."""
    rows = [
        ("token", token.name),
        ("state", token.word),
        ("udf", visible(token.udf)),
        ("client", visible(token.client_id or "the service's choice")),
        ("cache", "-" if token.cache is None else str(token.cache).lower()),
        ("made", moment(token.made)),
        ("expires", moment(token.expires)),
        *([("former", f"works until {moment(token.former_until)}")] if token.former_until else []),
        ("sink", _sink(token)),
        ("use", f"fused-spec tokens fetch {token.name}"),
        *(("problem", f"{visible(problem.what)}: {visible(problem.step)}") for problem in token.problems),
    ]
    return table(rows)


def check_text(tokens: Sequence[TokenState]) -> str:
    """A line for each problem with its next step, or for the token that has none."""
    return "\n".join(line for token in tokens for line in _checked(token)) or "No token is declared."


def rotated_text(token: TokenState) -> str:
    """What a rotation came to."""
    former = (
        f"the former one works until {moment(token.former_until)} UTC, and an apply after that disables it"
        if token.former_until
        else "the former one is disabled"
    )
    return f"{token.name}: a new value is in {visible(token.sink)} and works; {former}."


def _checked(token: TokenState) -> Iterator[str]:
    for problem in token.problems:
        yield f"{token.name}: {visible(problem.what)}"
        yield f"  next: {visible(problem.step)}"
    if not token.problems:
        yield f"{token.name}: well"


def _sink(token: TokenState) -> str:
    return visible(token.sink) + ("" if token.sink_written else " (not written)")
