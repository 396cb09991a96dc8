"""Where the value of a token may go: a file of its own, a line of one, a command, a workflow of GitHub.

A file of its own is a `Path`. What a sink needs of its surroundings (a runner, an environment) it is given by whoever
has them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct


class EnvFile(Struct, frozen=True):
    """The line `NAME=value` of a file of variables."""

    path: Path
    name: str

    def __str__(self) -> str:
        return f"{self.path} ({self.name})"


class Command(Struct, frozen=True):
    """The words of a command that gets the value on its standard input; what became of it nobody can read back.

    `env` are variables for it alone, in which secrets stand by their names. `hand` runs it.
    """

    words: tuple[str, ...]
    folder: Path
    env: Mapping[str, Any] = {}
    hand: Callable[[bytes], None] | None = None

    def __str__(self) -> str:
        return f"the command {self.words[0]}"


class GitHub(Struct, frozen=True):
    """A variable for the later steps of a job at GitHub, or an output of the step; `what` is `env` or `output`.

    `file` is where the runner reads it, None where no workflow runs, and `say` tells a line to the runner.
    """

    what: str
    name: str
    file: Path | None = None
    say: Callable[[str], None] | None = None

    def __str__(self) -> str:
        return f"GitHub's {self.what} {self.name}"


Sink = Path | EnvFile | Command | GitHub
