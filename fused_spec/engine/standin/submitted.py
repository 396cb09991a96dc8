"""The calls that `fused.submit` started, as Fused's clients show them to code that waits for them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

_FINISHED = ("success", "error", "cancelled")


class Call:
    """One call, and its element of the list."""

    def __init__(self, number: int, element: Any, call: Callable[[Any], Any]) -> None:
        self.number = number
        self.element = element
        self._call = call
        self._future: Future[Any] = Future()
        self._began: datetime | None = None
        self._ended: datetime | None = None

    def start(self, pool: ThreadPoolExecutor) -> None:
        self._began = self._ended = None
        self._future = pool.submit(self._run)

    def _run(self) -> Any:
        self._began = datetime.now().astimezone()
        try:
            return self._call(self.element)
        finally:
            self._ended = datetime.now().astimezone()

    def result(self) -> Any:
        return self._future.result()

    def exception(self) -> BaseException | None:
        return None if self._future.cancelled() else self._future.exception()

    def done(self) -> bool:
        return self._future.done()

    def cancel(self) -> bool:
        return self._future.cancel()

    def time(self) -> timedelta | None:
        return self._ended - self._began if self._began is not None and self._ended is not None else None

    def span(self) -> tuple[datetime, datetime] | None:
        return (self._began, self._ended) if self._began is not None and self._ended is not None else None

    def status(self) -> str:
        """`pending`, `running`, `success`, `error` or `cancelled`."""
        if self._future.cancelled():
            return "cancelled"
        if self._future.done():
            return "error" if self._future.exception() is not None else "success"
        return "running" if self._began is not None else "pending"

    def logs(self) -> str:
        """Nothing: what a call prints is in the log of the job."""
        return ""


class Submitted:
    """The calls, in the order of their elements; what they are asked for is named as in Fused's clients."""

    def __init__(self, elements: list[Any], call: Callable[[Any], Any], workers: int) -> None:
        self.arg_list = elements
        self.n_jobs = len(elements)
        self._workers = workers
        self._calls = [Call(number, element, call) for number, element in enumerate(elements)]
        self._start(self._calls)

    def _start(self, calls: list[Call]) -> None:
        pool = ThreadPoolExecutor(self._workers)
        for one in calls:
            one.start(pool)
        pool.shutdown(wait=False)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.results())

    def wait(self) -> None:
        for one in self._calls:
            with suppress(BaseException):  # each call keeps its own, for whoever asks for its result
                one.result()

    def tail(self, stop_on_exception: bool = False, timeout: float | None = None) -> None:
        """Wait for all; what they print is in the job's log meanwhile. `timeout` is left to the job's own."""
        self.results() if stop_on_exception else self.wait()

    def cancel(self, wait: bool = False) -> None:
        """Withdraw the calls that have not begun."""
        for one in self._calls:
            one.cancel()
        if wait:
            self.wait()

    def retry(self) -> None:
        """Make the calls again that failed."""
        self.wait()
        self._start([one for one in self._calls if one.status() == "error"])

    def done(self) -> bool:
        return all(one.done() for one in self._calls)

    def results(self, return_exceptions: bool = False) -> list[Any]:
        """What each call returned; its exception is raised, or stands in its place."""
        self.wait()
        return [
            one.exception() if return_exceptions and one.status() == "error" else one.result() for one in self._calls
        ]

    def results_now(self, return_exceptions: bool = False) -> dict[int, Any]:
        """The same of the calls that are done, by the number of the call."""
        ended = [one for one in self._calls if one.status() in ("success", "error")]
        failed = "error" if return_exceptions else ""
        return {one.number: one.exception() if one.status() == failed else one.result() for one in ended}

    def success(self) -> dict[int, Any]:
        return {one.number: one.result() for one in self._calls if one.status() == "success"}

    def pending(self) -> dict[int, Any]:
        return self._elements("pending")

    def running(self) -> dict[int, Any]:
        return self._elements("running")

    def cancelled(self) -> dict[int, Any]:
        return self._elements("cancelled")

    def errors(self) -> dict[int, BaseException]:
        """The exceptions by the number of the call."""
        self.wait()
        failed = ((one.number, one.exception()) for one in self._calls)
        return {number: error for number, error in failed if error is not None}

    def first_error(self) -> BaseException | None:
        return next(iter(self.errors().values()), None)

    def logs(self) -> list[str | None]:
        return [one.logs() if one.status() in _FINISHED else None for one in self._calls]

    def first_log(self) -> str | None:
        return next((log for log in self.logs() if log is not None), None)

    def times(self) -> list[timedelta | None]:
        return [one.time() for one in self._calls]

    def total_time(self, since_retry: bool = False) -> timedelta:  # the clients' signature
        spans = [span for one in self._calls if (span := one.span()) is not None]
        return max(ended for _, ended in spans) - min(began for began, _ in spans) if spans else timedelta(0)

    def all_succeeded(self) -> bool:
        return not self.errors()

    def any_failed(self) -> bool:
        return bool(self.errors())

    def any_succeeded(self) -> bool:
        self.wait()
        return bool(self.success())

    def status(self) -> Any:
        """A series of how many calls are in which state."""
        import pandas as pd

        return pd.Series(Counter(one.status() for one in self._calls), name="count").rename_axis("status")

    def arg_df(self) -> Any:
        import pandas as pd

        return pd.DataFrame(self.arg_list)

    def collect(
        self,
        ignore_exceptions: bool = False,
        flatten: bool = True,
        drop_index: bool = False,
        **_options: Any,
    ) -> Any:
        """All results in one frame, with the arguments of each before its index, or with `drop_index` its number."""
        import pandas as pd

        found = self.results(return_exceptions=ignore_exceptions)
        kept = [
            (one, value) for one, value in zip(self._calls, found, strict=True) if not isinstance(value, BaseException)
        ]
        if not kept:
            return pd.DataFrame()
        whole = flatten and all(isinstance(value, pd.DataFrame) for _, value in kept)
        frames = [value if whole else _in_a_row(value) for _, value in kept]
        arguments = [{"arg_pos": one.number} if drop_index else _named(one.element) for one, _ in kept]
        keys = [tuple(map(_hashable, given.values())) for given in arguments]
        keys = [key[0] if len(key) == 1 else key for key in keys]
        table = pd.concat(frames, keys=keys, names=list(arguments[0]))
        return table if whole else table.droplevel(-1)

    df = collect

    def _elements(self, status: str) -> dict[int, Any]:
        return {one.number: one.element for one in self._calls if one.status() == status}


def _named(element: Any) -> dict[str, Any]:
    return dict(element) if isinstance(element, Mapping) else {"arg": element}


def _hashable(value: Any) -> Any:
    """An argument as the label of a row: lists, objects and frames as text."""
    try:
        hash(value)
    except TypeError:
        return str(value)
    return value


def _in_a_row(value: Any) -> Any:
    """A frame of one row; anything but a plain value stands in a column of objects."""
    import pandas as pd

    plain = isinstance(value, str | int | float | bool)
    return pd.DataFrame({"result": pd.Series([value], dtype=None if plain else object)})
