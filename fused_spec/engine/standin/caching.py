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


_CONTROL = frozenset(
    {
        "cache_max_age",
        "cache_folder_path",
        "concurrent_lock_timeout",
        "cache_reset",
        "cache_storage",
        "cache_key_exclude",
        "cache_verbose",
    }
)


def cache(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Remember results by arguments; calls whose arguments cannot be compared are simply made.

    Of the options two matter here: `cache_key_exclude`, names of arguments that do not count, and `cache_reset` (or
    `reset`), which remembers nothing. How old a value may be, and where it is kept, are for longer lives than this.
    A call may give them too. Of a coroutine function what it returns is remembered, of a generator nothing.
    """
    if function is None:
        return lambda decorated: cache(decorated, **options)
    if options.get("cache_reset") or options.get("reset") or _gives_pieces(function):
        return function
    signature = inspect.signature(function)
    known: dict[str, Callable[[], Any]] = {}

    def key_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """The key, None to remember nothing, and the keywords that are the function's own."""
        control = {name: kwargs[name] for name in _CONTROL & kwargs.keys() if name not in signature.parameters}
        kwargs = {name: value for name, value in kwargs.items() if name not in control}
        excluded = frozenset({**options, **control}.get("cache_key_exclude") or ())
        key = _key(signature, args, kwargs, excluded)
        if control.get("cache_reset") and key is not None:
            known.pop(key, None)
        return key, kwargs

    @functools.wraps(function)
    def cached(*args: Any, **kwargs: Any) -> Any:
        key, kwargs = key_of(args, kwargs)
        if key is None:
            return function(*args, **kwargs)
        if key not in known:
            value = function(*args, **kwargs)
            known[key] = _copies_of(value)
            return value
        return known[key]()

    @functools.wraps(function)
    async def cached_later(*args: Any, **kwargs: Any) -> Any:
        key, kwargs = key_of(args, kwargs)
        if key is None:
            return await function(*args, **kwargs)
        if key not in known:
            value = await function(*args, **kwargs)
            known[key] = _copies_of(value)
            return value
        return known[key]()

    return cached_later if inspect.iscoroutinefunction(function) else cached


def _gives_pieces(function: Callable[..., Any]) -> bool:
    """Whether what it returns can be gone through once only."""
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


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
