"""Text that names secrets in place of holding them, on its way from a spec to the start of a job.

In the tree of a document it is `Veiled`, a text that reads as a person wrote it. In payloads, and in whatever is kept,
it is `{"secret": NAME}`, or the list of its parts where it stands within text. No text of a spec, whatever its
characters, is either: the one is of another type, the other no text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from msgspec import Struct

_SECRET, _MAC = "secret", "mac"
_ALONE = re.compile(r"\$\{secret\.\w+\}", re.ASCII)


class Named(Struct, frozen=True):
    """A secret by its name."""

    name: str

    def __str__(self) -> str:
        return f"${{secret.{self.name}}}"


Part = str | Named


class Veiled(str):
    """A text whose `parts` are pieces of text and names of secrets; as text it reads `${secret.NAME}`."""

    __slots__ = ("parts",)
    parts: tuple[Part, ...]

    def __new__(cls, parts: Sequence[Part]) -> Self:
        text = super().__new__(cls, "".join(_spelt(part) for part in parts))
        text.parts = tuple(parts)
        return text

    def __getnewargs__(self) -> tuple[tuple[Part, ...]]:  # type: ignore[override]  # for copies
        return (self.parts,)

    @property
    def payload(self) -> Any:
        """The same as plain JSON."""
        said = [{_SECRET: part.name} if isinstance(part, Named) else part for part in self.parts]
        return said[0] if len(said) == 1 else said


def names_in(value: Any) -> Iterator[str]:
    """The secrets that a value of a payload names, in order; none in plain text."""
    if not isinstance(value, str):
        yield from (part.name for part in _parts(value) if isinstance(part, Named))


def names_of(env: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that the values of an environment name, each once."""
    return tuple(dict.fromkeys(name for value in env.values() for name in names_in(value)))


def is_named(value: Any) -> bool:
    """Whether a value of an environment names a secret."""
    return next(names_in(value), None) is not None


def has_mac(value: Any) -> bool:
    """Whether a change of the secret itself is a change of the value."""
    return any(isinstance(part, Mapping) and _MAC in part for part in _listed(value))


def with_macs(value: Any, macs: Mapping[str, str]) -> Any:
    """The value with what tells a change of a secret beside the names of those that have one."""
    if isinstance(value, list):
        return [with_macs(part, macs) for part in value]
    if isinstance(value, Mapping) and value.get(_SECRET) in macs:
        return {**value, _MAC: macs[value[_SECRET]]}
    return value


def bare(value: Any) -> Any:
    """The value with the names alone: how it is kept, and told."""
    if isinstance(value, list):
        return [bare(part) for part in value]
    return {_SECRET: value[_SECRET]} if isinstance(value, Mapping) and _SECRET in value else value


def text_of(value: Any) -> str:
    """How a person would write it in a spec."""
    return "".join(_spelt(part) for part in _parts(value)) if is_named(value) else str(value)


def is_name_alone(text: str) -> bool:
    """Whether a text is `${secret.NAME}`, which is itself no secret."""
    return _ALONE.fullmatch(text) is not None


def filled(value: Any, values: Mapping[str, str]) -> str:
    """The value with each secret in the place of its name; raises `KeyError` for one that is not given."""
    return "".join(values[part.name] if isinstance(part, Named) else part for part in _parts(value))


def _spelt(part: Part) -> str:
    return str(part) if isinstance(part, Named) else part.replace("${", "$${")


def _parts(value: Any) -> Iterator[Part]:
    for part in _listed(value):
        if isinstance(part, Mapping) and isinstance(part.get(_SECRET), str):
            yield Named(part[_SECRET])
        elif isinstance(part, str):
            yield part


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
