"""`@fused.udf` in all its forms: it leaves the function a function."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fused_spec.engine.standin.submitting import submit


def udf(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Mark an entry function; `default_parameters` are remembered, the other options steer only hosted runs."""
    if function is None:
        return lambda decorated: udf(decorated, **options)
    function.default_parameters = options.get("default_parameters") or {}  # type: ignore[attr-defined]
    function.map = partial(_map, function)  # type: ignore[attr-defined]
    return function


def _map(function: Callable[..., Any], elements: Any, **options: Any) -> Any:
    return submit(function, elements, **{"collect": False, **options})
