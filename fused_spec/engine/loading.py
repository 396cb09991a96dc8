"""`fused.load`, `fused.run`, `fused.submit` and `fused.secrets` as a job on the embedded service has them.

A UDF is loaded by the name under which it was saved, by its access token, by the bare name of a neighbour (a file or
folder beside the one that asks, or in the same repository), by a path on this machine, or from git. What is loaded
runs in the process that asked: nothing logs in, and nothing is fetched but a repository that is not there yet.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from fused_spec import gitrefs
from fused_spec.engine.arguments import bind
from fused_spec.engine.runner import Binding, execute_udf
from fused_spec.engine.standin import provide_fused
from fused_spec.engine.submitting import submit
from fused_spec.engine.tiles import Tile
from fused_spec.errors import FusedSpecError
from fused_spec.gitrefs import GitReference, Repositories
from fused_spec.udf_folder import UdfText, find_udf
from fused_spec.wire import Header, Udf

SIBLING = "fused_load:"
"""Begins the `source_file` of a header that holds a neighbour of the UDF, bundled by its name."""


class NotLoadable(FusedSpecError):
    """A UDF that `fused.load` cannot find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """What a job may load: saved UDFs by name, names by token, secrets by key, and git.

    `locks` are full commits by reference, as the spec's lock file has them.
    """

    saved: Mapping[str, Udf] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    repositories: Repositories | None = None
    locks: Mapping[str, str] = field(default_factory=dict)


Home = Callable[[str], "Found | None"]
"""Finds a neighbour by its bare name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A UDF, and who its neighbours are."""

    udf: Udf
    home: Home


_home: ContextVar[Home] = ContextVar("home", default=lambda name: None)


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
            raise AttributeError(f"the UDF {self._found.udf.name} defines no {name}") from None

    def __repr__(self) -> str:
        return f"<UDF {self.name}>"

    def _loaded(self) -> ModuleType:
        if self._module is None:
            with _at_home(self._found.home):
                self._module = execute_udf(self._found.udf, module_name=f"__udf_{id(self):x}__")
        return self._module

    def _call(self, tile: Tile | None, arguments: tuple[Any, ...], parameters: Mapping[str, Any]) -> Any:
        module = self._loaded()
        function = getattr(module, self._found.udf.entrypoint, None) or _entry(module)
        if function is None:
            raise NotLoadable(f"the UDF {self._found.udf.name} has no function to call; use what its module defines")
        with _at_home(self._found.home):
            return call_udf(function, arguments, parameters, stored=self._found.udf.parameters, tile=tile)


def install(provided: Provided, udf: Udf) -> None:
    """Give this process's `fused` module what a job with this UDF may load."""
    fused: Any = provide_fused()
    bundled = {
        header.source_file.removeprefix(SIBLING): header
        for header in udf.headers or []
        if header.source_file is not None and header.source_file.startswith(SIBLING)
    }
    _home.set(partial(_bundled, bundled))
    fused.load = partial(load, provided)
    fused.run = partial(run, provided)
    fused.submit = submit
    fused.secrets = Secrets(provided.secrets)


def load(provided: Provided, reference: Any, /, **_options: Any) -> LoadedUdf:
    """The UDF that the reference means; raises `NotLoadable`, within a second unless a repository is fetched."""
    if isinstance(reference, LoadedUdf):
        return reference
    text = str(reference).strip()
    found = _find(provided, text)
    if found is None:
        raise NotLoadable(
            f"fused.load({text!r}) finds nothing here: no saved UDF, no neighbour, no path and no git reference",
            hint="save it to this service, put it beside the UDF, or name a commit: https://github.com/…/tree/SHA/path",
        )
    return LoadedUdf(found)


def run(
    provided: Provided, what: Any, /, *, x: int | None = None, y: int | None = None, z: int | None = None, **given: Any
) -> Any:
    """Call a UDF, a loaded one, or one that `load` finds, in this process; the words that choose a machine are left."""
    parameters = {**given.pop("parameters", {}), **{name: one for name, one in given.items() if name not in _OPTIONS}}
    tile = (x, y, z) if x is not None and y is not None and z is not None else None
    if isinstance(what, str | Path | LoadedUdf):
        return load(provided, what).run(tile, parameters)
    return call_udf(what, (), parameters, stored={}, tile=tile)


_OPTIONS = frozenset(
    {"engine", "instance_type", "cache", "cache_max_age", "sync", "type", "max_retry", "verbose", "run_timeout"}
)


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
    named = dict(zip(signature.parameters, arguments, strict=False))
    given = {**getattr(function, "default_parameters", {}), **stored, **named, **parameters}
    binding = Binding(function=function, signature=signature, stored=given)
    unknown = set(parameters) - set(signature.parameters)
    open_ended = any(one.kind is one.VAR_KEYWORD for one in signature.parameters.values())
    if unknown and not open_ended:
        raise TypeError(f"{function.__name__} takes no parameter {', '.join(sorted(unknown))}")
    return binding.call(bind(binding, tile=tile))


class Secrets:
    """`fused.secrets["KEY"]`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            known = ", ".join(sorted(self._values)) or "none"
            raise KeyError(f"this service has no secret {key}; it has {known}; fused.api.FusedAPI().set_secret_value")
        return self._values[key]

    def get(self, key: str, default: str | None = None) -> str | None:
        return self._values.get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __repr__(self) -> str:
        return f"Secrets({sorted(self._values)})"


@contextmanager
def _at_home(home: Home) -> Iterator[None]:
    """Bare names are those of this UDF's neighbours meanwhile."""
    token = _home.set(home)
    try:
        yield
    finally:
        _home.reset(token)


def _find(provided: Provided, text: str) -> Found | None:
    if text.startswith("fsh_"):
        text = provided.tokens.get(text, text)
    if (reference := gitrefs.parse(text)) is not None:
        return _from_git(provided, text, reference)
    if "/" in text and Path(text).expanduser().exists():
        return _from_path(Path(text).expanduser().resolve())
    if (neighbour := _home.get()(text)) is not None:
        return neighbour
    saved = provided.saved.get(text) or provided.saved.get(text.rpartition("/")[2])
    return Found(udf=saved, home=_home.get()) if saved is not None else None


def _from_git(provided: Provided, text: str, reference: GitReference) -> Found | None:
    if provided.repositories is None:
        raise NotLoadable(f"fused.load({text!r}) needs git, which this job was not given")
    commit = provided.locks.get(text) or provided.repositories.commit(reference)
    return _in_git(provided.repositories, reference, commit, reference.path)


def _in_git(repositories: Repositories, reference: GitReference, commit: str, path: str) -> Found | None:
    text = find_udf(path, partial(repositories.read, reference, commit), partial(repositories.names, reference, commit))
    parent = path.strip("/").rpartition("/")[0]

    def neighbour(name: str) -> Found | None:
        return _in_git(repositories, reference, commit, f"{parent}/{name}".strip("/"))

    return Found(udf=_udf(text), home=neighbour) if text is not None else None


def _from_path(path: Path) -> Found | None:
    def read(name: str) -> bytes | None:
        file = path.parent / name
        return file.read_bytes() if file.is_file() else None

    def names(name: str) -> list[str]:
        folder = path.parent / name
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    def neighbour(name: str) -> Found | None:
        return _from_path(path.parent / name)

    text = find_udf(path.name, read, names)
    return Found(udf=_udf(text), home=neighbour) if text is not None else None


def _bundled(bundled: Mapping[str, Header], name: str) -> Found | None:
    header = bundled.get(name)
    if header is None:
        return None
    return Found(udf=_udf(UdfText(name=name, code=header.source_code)), home=partial(_bundled, bundled))


def _udf(text: UdfText) -> Udf:
    headers = [Header(module_name=name, source_code=code) for name, code in text.headers.items()]
    return Udf(
        name=text.name,
        entrypoint=text.entrypoint or "udf",
        code=text.code,
        headers=headers,
        parameters=dict(text.parameters),
    )


def _entry(module: ModuleType) -> Callable[..., Any] | None:
    """The only function that is marked as a UDF."""
    marked = [one for one in vars(module).values() if hasattr(one, "default_parameters") and inspect.isfunction(one)]
    return marked[0] if len(marked) == 1 else None
