"""`@fused.udf` in all its forms: it leaves the function a function."""

from collections.abc import Callable
from typing import Any


def udf(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Mark an entry function; `default_parameters` are remembered, the other options steer only hosted runs."""
    if function is None:
        return lambda decorated: udf(decorated, **options)
    function.default_parameters = options.get("default_parameters") or {}  # type: ignore[attr-defined]
    return function
