"""How old a token may become, and what there is to be said of it by now."""

from datetime import datetime, timedelta

from msgspec import Struct

from fused_spec.messages.phrases import counted
from fused_spec.spec.model import DesiredToken

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


class Age(Struct, frozen=True, kw_only=True):
    """When a token expires, as far as that is declared and known, and how that stands `now`.

    `on_a_day` says that a day is declared, which a new value has in common with the one before.
    """

    expires: datetime | None
    warn_before: timedelta
    now: datetime
    made: datetime | None = None
    on_a_day: bool = False

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires <= self.now

    @property
    def words(self) -> str | None:
        """`expires in 3 days`, `expired 2 hours ago and still works`; None while there is nothing to say."""
        if self.expires is None or self.expires - self.now > self.warn_before:
            return None
        if self.expired:
            return f"expired {_about(self.now - self.expires)} ago, and still works"
        return f"expires in {_about(self.expires - self.now)}"

    @property
    def _was_made_afterwards(self) -> bool:
        return self.on_a_day and self.made is not None and self.expires is not None and self.made >= self.expires

    def step(self, name: str) -> str:
        """What to do about it: a new value is of no use where the day of the spec stays."""
        later = "write a later day as its `expires`"
        if self._was_made_afterwards:
            return f"its value was made after that day; {later}"
        return f"rotate it with `fused-spec tokens rotate {name}`{f', and {later}' if self.on_a_day else ''}"


def age_of(declared: DesiredToken, made: datetime | None, now: datetime) -> Age:
    """The age of a value that was made then."""
    life = declared.life
    if life is None:
        return Age(expires=None, warn_before=timedelta(), now=now)
    expires = life.until if life.seconds is None else made and made + timedelta(seconds=life.seconds)
    return Age(
        expires=expires,
        warn_before=timedelta(seconds=life.warn_before),
        now=now,
        made=made,
        on_a_day=life.until is not None,
    )


def _about(span: timedelta) -> str:
    """The span in its largest whole unit."""
    if span >= _DAY:
        return counted(span // _DAY, "day")
    if span >= _HOUR:
        return counted(span // _HOUR, "hour")
    return counted(max(1, span // timedelta(minutes=1)), "minute")
