"""Map a function over a stream on two threads, in order, with only a few items at work at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pyarrow as pa

_THREADS = 2  # pyarrow and shapely let go of the interpreter while they work
_AHEAD = 3

Item = TypeVar("Item")
Result = TypeVar("Result")


def mapped(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` of each item; an item is taken only when one of the last few results was."""
    with ThreadPoolExecutor(_THREADS) as threads:
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(threads.submit(function, item))
                del item  # so that nothing but the thread holds it
                if len(pending) == _AHEAD:
                    yield _next(pending)
            while pending:
                yield _next(pending)
        finally:
            for future in pending:
                future.cancel()


def _next(pending: deque[Future[Result]]) -> Result:
    result = pending.popleft().result()
    pa.default_memory_pool().release_unused()  # what each thread keeps for itself adds up to more than the rows
    return result
