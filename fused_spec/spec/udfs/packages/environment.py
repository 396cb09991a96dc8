"""The Python environments that UDFs run in: that of the local service, which is this one, and declared images."""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import Any, Protocol

from msgspec import Struct, field

from fused_spec.spec.udfs.imports import LEFT
from fused_spec.spec.udfs.packages.distributions import distributions_of, normal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Environment(Protocol):
    """What can be said of an environment."""

    @property
    def image(self) -> str | None:
        """The image that it is of, by its name."""

    @property
    def words(self) -> str:
        """What a sentence calls it: `the image "batch-2024"`."""

    def has(self, module: str) -> bool:
        """Whether a module is there, or may be for all that is known."""

    def hint(self, distribution: str | None) -> str:
        """What to do where one is not there, and only this distribution is known to have it."""


class Here:
    """What is installed beside this package, which runs its service with the Python that runs the command."""

    image: str | None = None
    words = "the environment of the local service"

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def has(self, module: str) -> bool:
        if module not in self._known:
            self._known[module] = _is_here(module)
        return self._known[module]

    def hint(self, distribution: str | None) -> str:
        what = f'"{distribution}"' if distribution is not None else "what has it"
        return f"install {what} beside fused-spec, or name an image that has it: image_name"


class Image:
    """A declared image: its requirements, what the engine needs, and what all of these bring, as far as that is known.

    What a requirement brings is told by its metadata, where it is installed here; in whatever version, for the packages
    that one needs are mostly the same in the next.
    """

    def __init__(self, name: str, declared: Mapping[str, Any]) -> None:
        self.image: str | None = name
        self.words = f'the image "{name}"'
        self._requirements = tuple(map(str, declared.get("requirements") or ()))
        self._version = _version(declared.get("python"))
        self._known: dict[str, bool] = {}

    def has(self, module: str) -> bool:
        if module not in self._known:
            self._known[module] = self._has(module)
        return self._known[module]

    def hint(self, distribution: str | None) -> str:
        where = f"images.{self.image}.requirements in fused-spec.yaml"
        if distribution is None:
            return f"add what has it to {where}"
        foreign = [name for name in map(_name, self._requirements) if _needed_by(name) is None]
        unknown = f"; what {', '.join(foreign[:3])} may bring is not known here" if foreign else ""
        return f'add "{distribution}" to {where}, or have it done by `fused-spec validate --fix-images`{unknown}'

    def _has(self, module: str) -> bool:
        if (left := LEFT.get(module)) is not None and self._version < left:
            return True
        named = distributions_of(module)
        return not named or not self._holds.isdisjoint((*named, *_providers(module)))

    @cached_property
    def _holds(self) -> set[str]:
        """The names of its distributions, as far as their metadata is here."""
        from fused_spec.configuration.engine_needs import engine_requirements

        found: set[str] = set()
        waiting = [*self._requirements, *engine_requirements()]
        while waiting:
            requirement = waiting.pop()
            name = _name(requirement)
            if name in found:
                continue
            found.add(name)
            # One with extras may bring what any of them brings: rather no word than a wrong one.
            with_extras = "[" in requirement.partition(";")[0]
            needed = _needed_by(name) or ()
            waiting += [one for one in needed if with_extras or "extra" not in one.partition(";")[2]]
        return found


class Environments(Struct):
    """Those of a project; where nothing is known of one, it is None. Without an image it is that of the service."""

    images: Mapping[str, Any]
    is_local: bool
    _known: dict[str | None, Environment | None] = field(default_factory=dict)

    def of(self, image: str | None) -> Environment | None:
        if image not in self._known:
            self._known[image] = self._made(image)
        return self._known[image]

    def _made(self, image: str | None) -> Environment | None:
        if image is None:
            return Here() if self.is_local else None
        declared = self.images.get(image)
        return Image(image, declared) if isinstance(declared, Mapping) else None


def _is_here(module: str) -> bool:
    """Whether the finders of this Python know the module; none is imported for that."""
    from importlib.util import find_spec

    if "." in module:
        # To find one in a package, the package would have to be imported.
        named = distributions_of(module)
        return not named or any(_needed_by(one) is not None for one in named)
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):  # a finder that some package brought, or a module without a spec
        return True


@cache
def _needed_by(distribution: str) -> tuple[str, ...] | None:
    """What a distribution requires; None for one that is not installed here."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        return tuple(requires(distribution) or ())
    except PackageNotFoundError:
        return None


def _providers(module: str) -> Iterable[str]:
    """The distributions that are installed here and have the module."""
    return map(normal, _all_providers().get(module, ()))


@cache
def _all_providers() -> Mapping[str, list[str]]:
    """By module, from the metadata of everything that is installed: asked for only what no name tells."""
    from importlib.metadata import packages_distributions

    return packages_distributions()


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return normal(found.group()) if found is not None else requirement


def _version(declared: str | None) -> tuple[int, int]:
    if declared is None:
        return sys.version_info[:2]
    major, _, minor = declared.partition(".")
    return int(major), int(minor)
