"""Which engine runs tasks, as people write it: `processes`, `dask=tcp://HOST:PORT` or `dask=local:N`."""

import re

from msgspec import Struct

from fused_spec.errors import Misconfigured

_LOCAL = re.compile(r"local:([1-9][0-9]{0,3})")
_SCHEDULER = re.compile(r"(?:tcp|tls|ws|wss|ucx)://[^\s/:]+:[0-9]{1,5}")


class EngineChoice(Struct, frozen=True, kw_only=True):
    """`scheduler` is the address of a Dask cluster, `local_workers` the size of one on this machine; else processes."""

    scheduler: str | None = None
    local_workers: int | None = None

    def __str__(self) -> str:
        if self.local_workers is not None:
            return f"dask=local:{self.local_workers}"
        return "processes" if self.scheduler is None else f"dask={self.scheduler}"


def parse_engine(text: str | None) -> EngineChoice:
    """The engine that is meant; None is the default. Raises `Misconfigured`."""
    if text is None or text == "processes":
        return EngineChoice()
    kind, _, place = text.partition("=")
    if kind == "dask" and (local := _LOCAL.fullmatch(place)):
        return EngineChoice(local_workers=int(local[1]))
    if kind == "dask" and _SCHEDULER.fullmatch(place):
        return EngineChoice(scheduler=place)
    raise Misconfigured(
        f"{text} is no engine", hint="write processes, dask=tcp://HOST:PORT, or dask=local:N for N workers here"
    )
