"""`@fused.cache` within one process: the same arguments give the same value, computed once.

Failures are not cached, and nothing is kept on disk: a job's processes are short-lived, and a stale value from
another day is worse than a second computation.
"""

import functools
from collections.abc import Callable
from typing import Any


def cache(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Remember results by arguments; calls whose arguments cannot be compared are simply made."""
    if function is None:
        return lambda decorated: cache(decorated, **options)
    known: dict[str, Any] = {}

    @functools.wraps(function)
    def cached(*args: Any, **kwargs: Any) -> Any:
        key = _key(args, kwargs)
        if key is None:
            return function(*args, **kwargs)
        if key not in known:
            known[key] = function(*args, **kwargs)
        return known[key]

    return cached


_PLAIN = (str, bytes, int, float, bool, type(None))


def _key(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """A key for arguments made of plain values; None for others, whose text may hide differences."""
    values = (*args, *kwargs.values())
    return repr((args, sorted(kwargs.items()))) if all(map(_is_plain, values)) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return isinstance(value, _PLAIN)
