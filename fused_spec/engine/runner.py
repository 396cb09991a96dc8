"""Load the code of a UDF and call its entry function; the whole module runs, not only that function."""

import asyncio
import inspect
import linecache
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from fused_spec.engine.standin import provide_fused
from fused_spec.wire import Udf

# Nothing that could be imported, whatever the UDF is called; dataclasses and pickle look their module up by it.
_MODULE = "__udf__"


class UdfNotLoadable(Exception):
    """The code runs, but has no such entry function."""


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


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
    def is_open_ended(self) -> bool:
        """Whether it takes any keyword."""
        return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in self.signature.parameters.values())

    @cached_property
    def required(self) -> Sequence[str]:
        """The parameters without a default."""
        return [name for name, one in self.parameters.items() if one.default is one.empty]

    @cached_property
    def kept(self) -> Mapping[str, Any]:
        """What is stored of parameters that it has."""
        return {name: value for name, value in self.stored.items() if self.is_open_ended or name in self.parameters}

    def call(self, arguments: Mapping[str, Any]) -> Any:
        value = self.function(**arguments)
        return asyncio.run(value) if inspect.iscoroutine(value) else value


def load_udf(udf: Udf) -> Binding:
    """Execute the code in a fresh module, its headers importable, and find the entry function.

    Raises `UdfNotLoadable`, and whatever the code itself raises.
    """
    module = execute_udf(udf)
    function = getattr(module, udf.entrypoint, None)
    if not callable(function):
        defined = sorted(name for name, value in vars(module).items() if inspect.isfunction(value))
        raise UdfNotLoadable(
            f"the code defines no function {udf.entrypoint}; it defines {', '.join(defined) or 'none'}"
        )
    return Binding(
        function=function,
        signature=inspect.signature(function, eval_str=False),
        stored={**getattr(function, "default_parameters", {}), **udf.parameters},
    )


def execute_udf(udf: Udf, *, module_name: str = _MODULE) -> ModuleType:
    """The module of a UDF, with its headers importable; raises whatever the code itself raises."""
    fused = provide_fused()
    for header in udf.headers or []:
        if header.module_name.isidentifier():
            _execute(header.source_code, header.module_name, header.module_name, fused)
    return _execute(udf.code, udf.name or udf.entrypoint, module_name, fused)


def _execute(code: str, label: str, name: str, fused: ModuleType) -> ModuleType:
    filename = f"<udf {label}>"
    # So that tracebacks, and inspect.getsource in the code itself, find the lines.
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    module = ModuleType(name)
    module.__dict__.update(fused=fused, __file__=filename)
    sys.modules[name] = module
    exec(compile(code, filename, "exec"), module.__dict__)  # noqa: S102  # running a user's code is what a job is
    return module
