"""What a project declares of secrets: names, and where the value of each comes from; never a value."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from fused_spec.messages.diagnostics import Location


class Origin(StrEnum):
    """Where a value comes from; what Fused keeps itself the job reads there, and nobody here knows it."""

    ENV = "env"
    FILE = "file"
    COMMAND = "command"
    FUSED = "fused"


class Source(Struct, frozen=True):
    """Where the value of a secret is: the name of a variable, a path, the words of a command, or a name at Fused.

    `folder` is where a relative path starts, and where a command runs.
    """

    origin: Origin
    words: tuple[str, ...]
    folder: Path

    def __str__(self) -> str:
        match self.origin:
            case Origin.ENV:
                return f"the variable {self.words[0]}"
            case Origin.FILE:
                return f"the file {self.words[0]}"
            case Origin.COMMAND:
                return f"the command {self.words[0]}"  # the others may tell more than is meant for a log
        return f'fused.secrets["{self.words[0]}"]'


class Secret(Struct, frozen=True):
    """A declared secret; `where` is its place in the file that declares it."""

    name: str
    source: Source
    where: Location
    reruns: bool = False
    """Whether another value starts its users again."""


class Secrets(Struct, frozen=True):
    """The secrets at one target; `key` is the source of what tells a change of one, where there is any."""

    by_name: Mapping[str, Secret] = {}
    key: Source | None = None

    @property
    def at_fused(self) -> frozenset[str]:
        """The names under which UDFs read secrets of Fused's own."""
        return frozenset(one.source.words[0] for one in self.by_name.values() if one.source.origin is Origin.FUSED)


NO_SECRETS = Secrets()
