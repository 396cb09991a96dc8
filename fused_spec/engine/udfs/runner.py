"""Load the code of a UDF and call its entry function; the whole module runs, not only that function.

Every module says in a global of its own where it stands (`Scope`), so that what it loads later is found from there,
whoever calls and in whichever thread. Its headers are importable in it alone: two UDFs may each have their `utils`.
"""

import builtins
import inspect
import linecache
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import FrameType, ModuleType
from typing import Any

from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.standin import provide_fused
from fused_spec.udfs.bundle import Bundle, is_bundled
from fused_spec.udfs.code_places import CodePlace, CodePlaces, fingerprint
from fused_spec.wire import Udf

# Nothing that could be imported, whatever the UDF is called; dataclasses and pickle look their module up by it.
_MODULE = "__udf_{}__"
_SCOPE = "__udf_scope__"
_numbers = count()


class UdfNotLoadable(Exception):
    """The code runs, but has no such entry function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a UDF stands: its `home`, what travels with it (see `udf_bundle`), and the collection of saved ones.

    `places` say in which files of its project the lines of code stand.
    """

    bundle: Bundle = field(default_factory=Bundle)
    home: str = ""
    collection: str = "default"
    places: CodePlaces = field(default_factory=dict)


def load_udf(udf: Udf, scope: Scope | None = None) -> Binding:
    """Execute the code in a fresh module, its headers importable, and find the entry function.

    Raises `UdfNotLoadable`, and whatever the code itself raises.
    """
    module = execute_udf(udf, scope or Scope())
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


def execute_udf(udf: Udf, scope: Scope) -> ModuleType:
    """The module of a UDF, with its headers importable; raises whatever the code itself raises."""
    headers = {
        header.module_name: header.source_code for header in udf.headers or [] if not is_bundled(header.source_file)
    }
    surroundings = _Surroundings(headers, scope)
    return surroundings.execute(udf.code, udf.name or udf.entrypoint)


def calling_scope(default: Scope) -> Scope:
    """The scope of the UDF whose code is calling, `default` when there is none below."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        found = frame.f_globals.get(_SCOPE)
        if isinstance(found, Scope):
            return found
        frame = frame.f_back
    return default


def is_users(frame: FrameType) -> bool:
    """Whether the frame is of a UDF's own code."""
    return isinstance(frame.f_globals.get(_SCOPE), Scope)


def _show_lines(place: CodePlace, code: str) -> None:
    """Have tracebacks, and inspect.getsource in the code itself, find the lines, beside others of the same file."""
    known = linecache.cache.get(place.file)
    lines = known[2] if known is not None and len(known) == 4 else []
    first, new = place.line - 1, code.splitlines(keepends=True)
    lines = [*lines, *["\n"] * (first - len(lines))]
    lines[first : first + len(new)] = new
    linecache.cache[place.file] = (sum(map(len, lines)), None, lines, place.file)


class _Surroundings:
    """What the modules of one UDF, its own and its headers, have in common."""

    def __init__(self, headers: Mapping[str, str], scope: Scope) -> None:
        self._headers = headers
        self._scope = scope
        self._imported: dict[str, ModuleType] = {}
        self._builtins = {**vars(builtins), "__import__": self._import} if headers else vars(builtins)

    def execute(self, code: str, label: str, imported_as: str | None = None) -> ModuleType:
        place = self._scope.places.get(fingerprint(code)) or CodePlace(f"<udf {label}>")
        _show_lines(place, code)
        module = ModuleType(_MODULE.format(next(_numbers)))
        module.__dict__.update(fused=provide_fused(), __file__=f"<udf {label}>", __builtins__=self._builtins)
        module.__dict__[_SCOPE] = self._scope
        sys.modules[module.__name__] = module
        if imported_as is not None:
            self._imported[imported_as] = module  # before its code, as two headers may import each other
        code = "\n" * (place.line - 1) + code
        exec(compile(code, place.file, "exec"), module.__dict__)  # noqa: S102  # running a user's code is what a job is
        return module

    def _import(self, name: str, *arguments: Any, **more: Any) -> Any:
        if name not in self._headers:
            return builtins.__import__(name, *arguments, **more)
        return self._imported.get(name) or self.execute(self._headers[name], name, imported_as=name)
