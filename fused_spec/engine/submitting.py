"""`fused.submit` within a job: one call for each element, side by side in threads of the process that asked.

A job already has a process for each processor, so more would only crowd it; the way to many processors is the step's
own `input`.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from fused_spec.engine.calling import call_udf

_WORKERS = 4


class Submitted:
    """The calls that were started, in the order of their elements."""

    def __init__(self, elements: list[Any], futures: list[Future[Any]]) -> None:
        self.arg_list = elements
        self._futures = futures

    def __len__(self) -> int:
        return len(self._futures)

    def __getitem__(self, index: int) -> Future[Any]:
        return self._futures[index]

    def wait(self) -> None:
        wait(self._futures)

    def done(self) -> bool:
        return all(future.done() for future in self._futures)

    def results(self, return_exceptions: bool = False) -> list[Any]:
        """What each call returned; its exception is raised, or stands in its place."""
        self.wait()
        return [_outcome(future) if return_exceptions else future.result() for future in self._futures]

    def errors(self) -> dict[int, BaseException]:
        """The exceptions by the number of the call."""
        self.wait()
        failed = ((number, future.exception()) for number, future in enumerate(self._futures))
        return {number: error for number, error in failed if error is not None}

    def first_error(self) -> BaseException | None:
        return next(iter(self.errors().values()), None)

    def all_succeeded(self) -> bool:
        return not self.errors()

    def any_failed(self) -> bool:
        return bool(self.errors())

    def collect(self, ignore_exceptions: bool = False, drop_index: bool = False) -> Any:
        """All results in one frame, with the arguments before the index of each."""
        import pandas as pd

        kept = [
            (element, value)
            for element, value in zip(self.arg_list, self.results(return_exceptions=ignore_exceptions), strict=True)
            if not isinstance(value, BaseException)
        ]
        frames = [value if isinstance(value, pd.DataFrame) else pd.DataFrame({"result": [value]}) for _, value in kept]
        if not frames:
            return pd.DataFrame()
        if drop_index:
            return pd.concat(frames, ignore_index=True)
        arguments = [_named(element) for element, _ in kept]
        keys = [tuple(given.values()) for given in arguments]
        keys = [key[0] if len(key) == 1 else key for key in keys]
        return pd.concat(frames, keys=keys, names=list(arguments[0]))

    df = collect


def submit(
    udf: Callable[..., Any],
    elements: Iterable[Any],
    /,
    *,
    max_workers: int | None = None,
    collect: bool = True,
    ignore_exceptions: bool = False,
    **options: Any,
) -> Any:
    """Call the UDF once for each element: a mapping gives keywords, any other value is the first argument.

    With `collect` the results come as one frame, else as `Submitted`. `debug_mode` runs only the first.
    """

    def call(element: Any) -> Any:
        if isinstance(element, Mapping):
            return udf(**element) if hasattr(udf, "utils") else call_udf(udf, (), element, stored={}, tile=None)
        return udf(element) if hasattr(udf, "utils") else call_udf(udf, (element,), {}, stored={}, tile=None)

    given = _elements(elements)
    if options.get("debug_mode"):
        return call(given[0])
    pool = ThreadPoolExecutor(max(1, min(max_workers or _WORKERS, len(given) or 1)))
    futures = [pool.submit(call, element) for element in given]
    pool.shutdown(wait=False)
    made = Submitted(given, futures)
    return made.collect(ignore_exceptions=ignore_exceptions) if collect else made


def _elements(elements: Any) -> list[Any]:
    """A frame stands for its rows."""
    return elements.to_dict(orient="records") if hasattr(elements, "to_dict") else list(elements)


def _named(element: Any) -> dict[str, Any]:
    return dict(element) if isinstance(element, Mapping) else {"arg": element}


def _outcome(future: Future[Any]) -> Any:
    return future.exception() or future.result()
