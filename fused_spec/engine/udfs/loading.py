"""`fused.load`, `fused.run`, `fused.submit` and `fused.secrets` as a job on the embedded service has them.

A UDF is loaded by the name under which it was saved, by its access token, by the bare name of a neighbour of the UDF
that asks, by a path on this machine, or from git. Its code runs in the process that asked: nothing logs in, and
nothing is fetched but a repository that neither travels with the job nor is here already.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from fused_spec.engine.calling.nested import call_udf
from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.standin import provide_fused
from fused_spec.engine.standin.submitting import submit
from fused_spec.engine.udfs.finding import Found, bundle_in, find
from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.runner import Scope, calling_scope, execute_udf
from fused_spec.errors import FusedSpecError
from fused_spec.messages.redaction import redact
from fused_spec.wire import Udf


class NotLoadable(FusedSpecError):
    """A UDF that `fused.load` cannot find, or that has nothing to call."""


class LoadedUdf:
    """A loaded UDF: call it, or take what its module defines. The module runs when it is first needed."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._module: ModuleType | None = None

    @property
    def utils(self) -> "LoadedUdf":
        """The same; older code asks for helpers here."""
        return self

    @property
    def code(self) -> str:
        return self._found.udf.code

    @property
    def name(self) -> str:
        return self._found.udf.name or self._found.udf.entrypoint

    @property
    def entrypoint(self) -> str:
        return self._found.udf.entrypoint

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self._found.udf.parameters)

    def __call__(self, *arguments: Any, **parameters: Any) -> Any:
        return self._call(None, arguments, parameters)

    def run(self, tile: Tile | None, parameters: Mapping[str, Any]) -> Any:
        return self._call(tile, (), parameters)

    def map(self, elements: Any, **options: Any) -> Any:
        """Run once for each element."""
        return submit(self, elements, **{"collect": False, **options})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return getattr(self._loaded(), name)
        except AttributeError:
            raise AttributeError(f"the UDF {self.name} defines no {name}") from None

    def __repr__(self) -> str:
        return f"<UDF {self.name}>"

    def _loaded(self) -> ModuleType:
        if self._module is None:
            self._module = execute_udf(self._found.udf, self._found.scope)
        return self._module

    def _call(self, tile: Tile | None, arguments: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
        module = self._loaded()
        function = getattr(module, self._found.udf.entrypoint, None) or _only_udf(module)
        if function is None:
            raise NotLoadable(f"the UDF {self.name} has no function to call; use what its module defines")
        return call_udf(function, arguments, parameters, stored=self._found.udf.parameters, tile=tile)


def install(provided: Provided, udf: Udf) -> Scope:
    """Give this process's `fused` module what a job with this UDF may load; returns where the UDF stands."""
    bundle = bundle_in(udf)
    scope = Scope(
        bundle=bundle,
        home=bundle.home,
        collection=udf.collection_name or "default",
        places=provided.code_places,
    )
    fused: Any = provide_fused()
    fused.load = partial(load, provided, scope)
    fused.run = partial(run, provided, scope)
    fused.submit = partial(_submit, provided, scope)
    fused.run_async = partial(run, provided, scope, sync=False)
    fused.load_async = partial(_load_later, provided, scope)
    fused.secrets = fused.user_secrets = Secrets(provided.secrets)
    fused.utils = Utils(fused.load)
    return scope


def load(
    provided: Provided, default: Scope, reference: Any, /, *, collection_name: str | None = None, **_options: Any
) -> LoadedUdf:
    """The UDF that the reference means to the code that asks; raises `NotLoadable` and `GitUnavailable`."""
    if isinstance(reference, LoadedUdf):
        return reference
    text = str(reference).strip()
    found = find(provided, calling_scope(default), text, collection_name)
    if found is None:
        raise NotLoadable(
            f"fused.load({redact(text)!r}) finds nothing here: no saved UDF, no neighbour, no path and no git "
            "reference; save it to this service, put it beside the UDF, or name a commit: https://github.com/…/tree/SHA/path"
        )
    return LoadedUdf(found)


async def _load_later(provided: Provided, default: Scope, reference: Any, /, **options: Any) -> LoadedUdf:
    return load(provided, default, reference, **options)


def run(
    provided: Provided,
    default: Scope,
    what: Any,
    /,
    *,
    x: int | None = None,
    y: int | None = None,
    z: int | None = None,
    sync: bool = True,
    **given: Any,
) -> Any:
    """Call a UDF, a loaded one, or one that `load` finds, in this process; the words that choose a machine are left.

    Unless `sync` it runs in a thread, and what is returned can be awaited.
    """
    tile = (x, y, z) if x is not None and y is not None and z is not None else None
    if tile is None:
        given |= {name: one for name, one in (("x", x), ("y", y), ("z", z)) if one is not None}
    named = {name: one for name, one in given.items() if name not in _OPTIONS and not name.startswith("_")}
    parameters = {**(named.pop("parameters", None) or {}), **named}
    if isinstance(what, str | Path | LoadedUdf):
        call = partial(load(provided, default, what).run, tile, parameters)
    else:
        call = partial(call_udf, what, (), parameters, stored={}, tile=tile)
    return call() if sync else asyncio.to_thread(call)


_OPTIONS = frozenset({"engine", "instance_type", "disk_size_gb", "cache", "cache_max_age", "type", "max_retry"})


def _submit(provided: Provided, default: Scope, what: Any, elements: Any, /, **options: Any) -> Any:
    udf = load(provided, default, what) if isinstance(what, str | Path) else what
    return submit(udf, elements, **options)


class Utils:
    """`fused.utils.NAME`, the older way to say `fused.load("NAME")`."""

    def __init__(self, load: Callable[[str], LoadedUdf]) -> None:
        self._load = load

    def __getattr__(self, name: str) -> LoadedUdf:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._load(name)


class Secrets:
    """`fused.secrets["KEY"]`, or `fused.secrets.KEY`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            known = ", ".join(sorted(self._values)) or "none"
            raise KeyError(f"this service has no secret {key}; it has {known}; set it as `FusedAPI` of fused does")
        return self._values[key]

    def __getattr__(self, key: str) -> str:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._values.get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __repr__(self) -> str:
        return f"Secrets({sorted(self._values)})"


def _only_udf(module: ModuleType) -> Callable[..., Any] | None:
    """The only function that is marked as a UDF."""
    marked = [one for one in vars(module).values() if hasattr(one, "default_parameters") and inspect.isfunction(one)]
    return marked[0] if len(marked) == 1 else None
