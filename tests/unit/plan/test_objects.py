"""What is decided about tokens: the rules are those of `plan.objects` and `plan.token_age`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Action
from fused_spec.plan.model import FieldChange, RemoteObject
from fused_spec.plan.objects import age_warnings, object_change
from fused_spec.plan.token_age import age_of
from fused_spec.spec.model import DesiredToken, Key, Kind, Life

KEY = Key(kind=Kind.TOKEN, name="tiles")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SINK = FieldChange(path="sink", before="is not there", after="holds its value")
FORMER = FieldChange(path="former value", before="enabled", after="disabled")
CACHE = FieldChange(path="cache", before=True, after=False)
UDF = FieldChange(path="udf.id", before="1", after="2")


def token(life: Life | None = None, **payload: Any) -> DesiredToken:
    return DesiredToken(
        key=KEY, payload=payload, digest="d1:a", origin=Location(path="a.yaml"), sink=Path("/s"), life=life
    )


def existing(*differences: FieldChange, **fields: Any) -> RemoteObject:
    return RemoteObject(key=KEY, reference="fsh_example", differences=differences, **fields)


@pytest.mark.parametrize(
    ("declared", "found", "action", "why"),
    [
        (token(), None, Action.CREATE, "does not exist yet"),
        (token(), existing(), Action.NONE, "up to date"),
        (token(), existing(enabled=False), Action.CREATE, "its old value stays disabled; a new one is made"),
        (token(enabled=False), None, Action.NONE, "disabled, as declared"),
        (token(enabled=False), existing(enabled=False), Action.NONE, "disabled, as declared"),
        (
            token(enabled=False),
            existing(FORMER, enabled=False, former=("fsh_other",)),
            Action.UPDATE,
            "a value besides its own still works, and is disabled",
        ),
        (token(), existing(SINK), Action.UPDATE, "its sink lacks its value, which is written again"),
        (token(), existing(FORMER), Action.UPDATE, "a value besides its own still works, and is disabled"),
        (token(), existing(SINK, FORMER), Action.UPDATE, "a value besides its own still works, and is disabled"),
        (token(), existing(CACHE, SINK), Action.UPDATE, "fields changed: cache, sink"),
        (token(), existing(UDF, SINK), Action.REPLACE, "fields changed: udf.id, sink"),
    ],
)
def test_the_table_of_tokens(declared: DesiredToken, found: RemoteObject | None, action: Action, why: str) -> None:
    change = object_change(declared, found, lambda fields, _: ", ".join(field.path for field in fields))
    assert (change.action, change.why) == (action, why)


def test_a_value_that_was_disabled_is_in_no_change_that_makes_another() -> None:
    assert object_change(token(), existing(enabled=False), lambda *_: "").before is None


LIFE = Life(seconds=90 * 86400.0, warn_before=7 * 86400.0)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.0, None),
        (82.9, None),
        (83.0, "expires in 7 days"),
        (88.5, "expires in 1 day"),
        (89.5, "expires in 12 hours"),
        (89.9999, "expires in 1 minute"),
        (90.0, "expired 1 minute ago, and still works"),
        (91.5, "expired 1 day ago, and still works"),
    ],
)
def test_the_age_of_a_token_in_words(days: float, words: str | None) -> None:
    assert age_of(token(LIFE), NOW, NOW + timedelta(days=days)).words == words


def test_a_day_counts_from_its_beginning() -> None:
    life = Life(until=datetime(2026, 11, 30, tzinfo=UTC), warn_before=0.0)
    assert age_of(token(life), None, NOW).words == "expired 12 hours ago, and still works"


def test_a_token_whose_making_nobody_knows_has_no_age() -> None:
    assert age_of(token(LIFE), None, NOW).words is None


def test_a_warning_may_begin_before_the_calendar() -> None:
    life = Life(until=datetime(2027, 1, 31, tzinfo=UTC), warn_before=999_999 * 86400.0)
    assert age_of(token(life), None, NOW).words == "expires in 61 days"


def test_a_warning_says_how_to_rotate() -> None:
    objects = {KEY: existing(made=NOW)}
    assert list(age_warnings([token(LIFE)], objects, NOW + timedelta(days=89))) == [
        "UdfAccessToken/tiles expires in 1 day; rotate it with `fused-spec tokens rotate tiles`"
    ]


def test_a_disabled_token_is_not_warned_of() -> None:
    assert list(age_warnings([token(LIFE)], {KEY: existing(made=NOW, enabled=False)}, NOW + timedelta(days=89))) == []


def on_a_day(made_after: float) -> list[str]:
    """The warnings about a token whose day has passed, made so many days after it."""
    life = Life(until=NOW - timedelta(days=1), warn_before=0)
    made = NOW + timedelta(days=made_after - 1)
    return list(age_warnings([token(life)], {KEY: existing(made=made)}, NOW))


def test_a_new_value_is_no_way_out_where_the_day_of_the_spec_stays() -> None:
    [before] = on_a_day(made_after=-30)
    assert before.endswith("rotate it with `fused-spec tokens rotate tiles`, and write a later day as its `expires`")
    [after] = on_a_day(made_after=0.5)
    assert after.endswith("; its value was made after that day; write a later day as its `expires`")
