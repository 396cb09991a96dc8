"""Call a function by the rules for UDFs, from within another one."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fused_spec.engine.calling.arguments import bind
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.calling.tiles import Tile


def call_udf(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    parameters: Mapping[str, Any],
    *,
    stored: Mapping[str, Any],
    tile: Tile | None,
) -> Any:
    """Call a function by the rules for UDFs: text becomes what the annotation says, unknown keywords are refused."""
    signature = inspect.signature(function)
    if len(arguments) > len(signature.parameters):
        raise TypeError(f"{function.__name__} takes {len(signature.parameters)} arguments, not {len(arguments)}")
    named = dict(zip(signature.parameters, arguments, strict=False))
    given = {**getattr(function, "default_parameters", {}), **stored, **named, **parameters}
    binding = Binding(function=function, signature=signature, stored=given)
    unknown = set(parameters) - set(signature.parameters)
    open_ended = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
    if unknown and not open_ended:
        raise TypeError(f"{function.__name__} takes no parameter {', '.join(sorted(unknown))}")
    return binding.call(bind(binding, tile=tile))
