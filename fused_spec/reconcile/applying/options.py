"""How to apply: what a person may ask of one apply beside what is planned."""

from collections.abc import Mapping

from msgspec import Struct, field

from fused_spec.spec.resolving.prices import PRICES


class Options(Struct, frozen=True, kw_only=True):
    """How to apply; all times in seconds, all money in US dollars.

    `wait=False` ends once everything is started, waiting only for jobs that others need. `timeout` ends the waiting
    and no run; past `max_duration` or `max_cost` this apply's runs are cancelled. `poll` is the first and the longest
    pause between two looks, `backoff` those before a retry, `silence` how long an unreadable service is ridden out.
    At most `parallelism` calls are made at once, and no more than `max_running` runs started beside each other.
    """

    wait: bool = True
    timeout: float | None = None
    max_duration: float | None = None
    max_cost: float | None = None
    prices: Mapping[str, float] = field(default_factory=lambda: PRICES)
    parallelism: int = 10
    max_running: int | None = None
    poll: tuple[float, float] = (0.2, 5.0)
    backoff: tuple[float, float] = (10.0, 360.0)
    silence: float = 900.0
