"""`fused.submit` within a job: one call for each element, side by side in threads of the process that asked.

A job already has a process for each processor, so more would only crowd it; the way to many processors is the step's
own `input`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fused_spec.engine.calling.nested import call_udf
from fused_spec.engine.standin.submitted import Submitted

_WORKERS = 4
# What says where, how and how often to call; any other keyword is an argument of every call.
_OPTIONS = frozenset(
    {
        "engine",
        "instance_type",
        "disk_size_gb",
        "region",
        "n_processes_per_worker",
        "max_retry",
        "execution_type",
        "cache",
        "cache_max_age",
        "run_cache_max_age",
    }
)


def submit(
    udf: Callable[..., Any],
    elements: Iterable[Any],
    /,
    *,
    max_workers: int | None = None,
    collect: bool = True,
    debug_mode: bool = False,
    ignore_exceptions: bool = False,
    flatten: bool = True,
    drop_index: bool = False,
    **more: Any,
) -> Any:
    """Call the UDF once for each element: a mapping gives keywords, any other value is the first argument.

    With `collect` the results come as one frame, else as `Submitted`. `debug_mode` runs only the first. Keywords that
    say nothing of the calls are arguments of each.
    """
    constant = {name: value for name, value in more.items() if name not in _OPTIONS and not name.startswith("_")}

    def call(element: Any) -> Any:
        placed, given = ((), {**constant, **element}) if isinstance(element, Mapping) else ((element,), constant)
        return udf(*placed, **given) if hasattr(udf, "utils") else call_udf(udf, placed, given, stored={}, tile=None)

    given = _elements(elements)
    if debug_mode:
        if not given:  # a ValueError, as in the published package
            raise ValueError("debug_mode calls the UDF for the first element, but there is none; give one at least")
        return call(given[0])
    made = Submitted(given, call, max(1, min(max_workers or _WORKERS, len(given) or 1)))
    if not collect:
        return made
    return made.collect(ignore_exceptions=ignore_exceptions, flatten=flatten, drop_index=drop_index)


def _elements(elements: Any) -> list[Any]:
    """A frame stands for its rows."""
    return elements.to_dict(orient="records") if hasattr(elements, "to_dict") else list(elements)
