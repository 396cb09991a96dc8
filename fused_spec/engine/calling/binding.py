"""What is known of a UDF's function once it is loaded, asked for once and not for each call."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fused_spec.engine.calling.allowed import lists_values

_NAMED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A UDF ready to be called, very often perhaps; `stored` are the parameters saved with it."""

    function: Callable[..., Any]
    signature: inspect.Signature
    stored: Mapping[str, Any]

    @cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """Those that a call can name."""
        return {name: one for name, one in self.signature.parameters.items() if one.kind in _NAMED}

    @cached_property
    def annotations(self) -> Mapping[str, Any]:
        """Those of the parameters that have one."""
        return {name: one.annotation for name, one in self.parameters.items() if one.annotation is not one.empty}

    @cached_property
    def listing(self) -> Mapping[str, Any]:
        """The annotations that list values, also those that are text, as far as they can be looked up."""
        looked_up = {name: self._looked_up(annotation) for name, annotation in self.annotations.items()}
        return {name: annotation for name, annotation in looked_up.items() if lists_values(annotation)}

    def _looked_up(self, annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        names = getattr(inspect.unwrap(self.function), "__globals__", {})
        # The code is the user's own, and may name what is not there, as for type checkers alone.
        with suppress(Exception):
            return eval(annotation, names)  # noqa: S307
        return annotation

    @cached_property
    def is_open_ended(self) -> bool:
        """Whether it takes any keyword."""
        return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in self.signature.parameters.values())

    @cached_property
    def first(self) -> str | None:
        """The first parameter."""
        return next(iter(self.parameters), None)

    @cached_property
    def required(self) -> frozenset[str]:
        """The parameters without a default."""
        return frozenset(name for name, one in self.parameters.items() if one.default is one.empty)

    @cached_property
    def kept(self) -> Mapping[str, Any]:
        """What is stored of parameters that it has."""
        return {name: value for name, value in self.stored.items() if self.is_open_ended or name in self.parameters}

    @cached_property
    def unnamed(self) -> Sequence[str]:
        """The parameters that the function takes by their place alone."""
        return [name for name, one in self.parameters.items() if one.kind is one.POSITIONAL_ONLY]

    def call(self, arguments: Mapping[str, Any]) -> Any:
        if self.unnamed:
            placed = [arguments[name] for name in self.unnamed if name in arguments]
            value = self.function(*placed, **{k: v for k, v in arguments.items() if k not in self.unnamed})
        else:
            value = self.function(**arguments)
        return _awaited(value) if inspect.iscoroutine(value) else value


def _awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns; one that another coroutine asks for runs in a thread beside it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, coroutine).result()
