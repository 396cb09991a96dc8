"""`@fused.cache` within one process: the same arguments give the same value, computed once.

Each call gets a copy of its own, as from the published package, so that who changes a frame changes no other's.
Failures are not cached, and nothing is kept on disk: a job's processes are short-lived, and a stale value from
another day is worse than a second computation.
"""

import functools
import inspect
import pickle
from collections.abc import Callable, Collection
from typing import Any

_UNPICKLED = (pickle.PicklingError, TypeError, AttributeError, RecursionError)


def cache(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Remember results by arguments; calls whose arguments cannot be compared are simply made.

    Of the options two matter here: `cache_key_exclude`, names of arguments that do not count, and `cache_reset` (or
    `reset`), which remembers nothing. How old a value may be, and where it is kept, are for longer lives than this.
    """
    if function is None:
        return lambda decorated: cache(decorated, **options)
    if options.get("cache_reset") or options.get("reset"):
        return function
    excluded = frozenset(options.get("cache_key_exclude") or ())
    signature = inspect.signature(function)
    known: dict[str, Callable[[], Any]] = {}

    @functools.wraps(function)
    def cached(*args: Any, **kwargs: Any) -> Any:
        key = _key(signature, args, kwargs, excluded)
        if key is None:
            return function(*args, **kwargs)
        if key not in known:
            value = function(*args, **kwargs)
            known[key] = _copies_of(value)
            return value
        return known[key]()

    return cached


def _copies_of(value: Any) -> Callable[[], Any]:
    """What gives a copy of the value as it is now; a value that cannot be copied is given itself."""
    try:
        kept = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except _UNPICKLED:
        return lambda: value
    return lambda: pickle.loads(kept)  # noqa: S301  # this process wrote it


_PLAIN = (str, bytes, int, float, bool, type(None))


def _key(
    signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any], excluded: Collection[str]
) -> str | None:
    """A key for arguments made of plain values; None for others, whose text may hide differences."""
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:  # the call itself says it better
        return None
    counted = {name: value for name, value in given.items() if name not in excluded}
    return repr(sorted(counted.items())) if all(map(_is_plain, counted.values())) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return isinstance(value, _PLAIN)
