"""Decide about saved UDFs and tokens, and about the age of tokens; nothing here knows how they are read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, FieldChange, RemoteObject
from fused_spec.plan.token_age import age_of
from fused_spec.spec.model import Desired, DesiredToken, Key

Cause = Callable[[tuple[FieldChange, ...], Desired], str]

_SINK, _FORMER = "sink", "former value"


def object_change(desired: Desired, existing: RemoteObject | None, cause: Cause) -> Change:
    """What to do about a declared UDF or token; `cause` says in words which fields differ."""
    if isinstance(desired, DesiredToken):
        return _token_change(desired, existing, cause)
    if existing is None:
        return Change(key=desired.key, action=Action.CREATE, reason=Reason.NOT_THERE, after=desired)
    return _difference(desired, existing, cause)


def _token_change(desired: DesiredToken, existing: RemoteObject | None, cause: Cause) -> Change:
    """A value that was disabled, by whatever hand, is never enabled again: it may be known to others."""
    wanted = desired.payload.get("enabled", True)
    if existing is None or not existing.enabled:
        if wanted:
            reason = Reason.NOT_THERE if existing is None else Reason.NEW_VALUE
            return Change(key=desired.key, action=Action.CREATE, reason=reason, after=desired)
        if existing is None or not existing.former:
            return Change(
                key=desired.key, action=Action.NONE, reason=Reason.SWITCHED_OFF, before=existing, after=desired
            )
    # A token is bound to its UDF for life: another UDF needs another token.
    if any(field.path.split(".")[0] == "udf" for field in existing.differences):
        return _change(desired, existing, Action.REPLACE, Reason.FIELDS_CHANGED, cause(existing.differences, desired))
    paths = {field.path for field in existing.differences}
    if _FORMER in paths and paths <= {_SINK, _FORMER}:
        return _change(desired, existing, Action.UPDATE, Reason.OTHER_VALUE)
    if paths == {_SINK}:
        return _change(desired, existing, Action.UPDATE, Reason.SINK_LACKS_IT)
    return _difference(desired, existing, cause)


def _difference(desired: Desired, existing: RemoteObject, cause: Cause) -> Change:
    if not existing.differences:
        return Change(key=desired.key, action=Action.NONE, reason=Reason.UP_TO_DATE, before=existing, after=desired)
    return _change(desired, existing, Action.UPDATE, Reason.FIELDS_CHANGED, cause(existing.differences, desired))


def _change(desired: Desired, existing: RemoteObject, action: Action, reason: Reason, detail: str = "") -> Change:
    return Change(
        key=desired.key,
        action=action,
        reason=reason,
        detail=detail,
        before=existing,
        after=desired,
        fields=existing.differences,
    )


def age_warnings(wanted: Sequence[Desired], objects: Mapping[Key, RemoteObject], now: datetime) -> Iterator[str]:
    """What a person should know of tokens that expire: they go on working, and nothing rotates them by itself."""
    for desired in wanted:
        existing = objects.get(desired.key)
        if isinstance(desired, DesiredToken) and existing is not None and existing.enabled:
            age = age_of(desired, existing.made, now)
            if age.words is not None:
                yield f"{desired.key} {age.words}; {age.step(desired.key.name)}"
