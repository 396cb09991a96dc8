"""How long a token's value is to be used, as its spec says: a duration from its making, or a day."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fused_spec.spec.documents.durations import SECONDS, seconds
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.model import Life

_EXPIRES: Pointer = ("spec", "expires")
_WARN_BEFORE: Pointer = ("spec", "warn_before")
_WARNED_BEFORE = 7.0 * SECONDS["d"]
_SHARE = 4


def token_life(spec: Any, findings: Findings) -> Life | None:
    """What the spec says of it; None where it says nothing, or where `findings` tell what is wrong."""
    if not isinstance(spec, Mapping) or not (findings.is_sound(_EXPIRES) and findings.is_sound(_WARN_BEFORE)):
        return None
    expires, warning = spec.get("expires"), spec.get("warn_before")
    if expires is None:
        if warning is not None:
            hint = "add expires: 90d, or remove warn_before"
            findings.tell("no-expiry", "warn_before says nothing without expires", _WARN_BEFORE, hint)
        return None
    warn_before = None if warning is None else float(seconds(warning))
    if "-" in expires:
        until = _day(expires, findings)
        return None if until is None else Life(until=until, warn_before=_or(_WARNED_BEFORE, warn_before))
    life = float(seconds(expires))
    if warn_before is not None and warn_before >= life:
        told = f"warn_before ({warning}) is not shorter than expires ({expires}): the token would warn from its making"
        findings.tell("warns-always", told, _WARN_BEFORE, "write a shorter one")
        return None
    return Life(seconds=life, warn_before=_or(min(_WARNED_BEFORE, life / _SHARE), warn_before))


def _day(text: str, findings: Findings) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        findings.tell("no-such-day", f"{text} is no day: {error}", _EXPIRES, "write a day such as 2027-01-31")
        return None


def _or(default: float, given: float | None) -> float:
    return default if given is None else given
