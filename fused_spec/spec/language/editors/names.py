"""The names that a project declares, as an editor offers them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from fused_spec.configuration.settings import HOSTED_TARGET, LOCAL_TARGET

TEXT = "string"
SCALARS = frozenset({TEXT, "number", "boolean"})


class Names(NamedTuple):
    """Variables with what was declared of each, targets, and fragments with their descriptions."""

    variables: Mapping[str, Mapping[str, Any]] = {}
    targets: tuple[str, ...] = ()
    fragments: Mapping[str, str] = {}

    @property
    def all_targets(self) -> list[str]:
        """Those that are always there, too."""
        return list(dict.fromkeys((*self.targets, LOCAL_TARGET, HOSTED_TARGET)))


class Path(NamedTuple):
    """A way to a value: as a regular expression, and as it is written, where nothing in it has to be chosen."""

    pattern: str
    written: str | None
    description: str


def paths_to(types: Collection[str], names: Names) -> Iterator[Path]:
    """The ways to all values that fit a field of these types; to any value where there are none."""
    for name, declared in names.variables.items():
        yield from _paths(f"var.{name}", rf"var\.{name}", declared, types)


def accepted(types: Collection[str]) -> frozenset[str]:
    """The types of variables that fit a field: where it takes text alone, a number becomes text."""
    return SCALARS if set(types) == {TEXT} else frozenset(types)


def _paths(written: str | None, pattern: str, declared: Mapping[str, Any], types: Collection[str]) -> Iterator[Path]:
    kind = declared.get("type", TEXT)
    if not types or kind in accepted(types):
        yield Path(pattern, written, str(declared.get("description", "")))
    if kind == "object":
        fields = declared.get("fields")
        if fields is None:
            yield Path(rf"{pattern}[.\[][^}}]*", None, "")
        for name, field in (fields or {}).items():
            yield from _paths(f"{written}.{name}" if written else None, rf"{pattern}\.{name}", field, types)
    if kind == "list":
        items = declared.get("items")
        if items is None:
            yield Path(rf"{pattern}\[[^}}]*", None, "")
        else:
            yield from _paths(None, rf"{pattern}\[[0-9]+\]", items, types)
