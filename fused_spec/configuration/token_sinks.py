"""Where the value of a token may go: a file, a line of one, a command, a workflow of GitHub, a variable at GitLab.

A file of its own is a `Path`. What a sink needs of its surroundings (a runner, an environment) it is given by whoever
has them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

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


class Variable(Protocol):
    """A masked variable at GitLab, by its API; `sign` tells one value from another where nobody can read it."""

    def trouble(self, value: str, sign: str) -> str | None:
        """What it lacks of holding this value masked."""

    def check(self) -> None:
        """Raise when it cannot be asked for."""

    def write(self, value: str, sign: str) -> None:
        """Have it hold the value, and see that it does."""


class GitLab(Struct, frozen=True, kw_only=True):
    """A CI/CD variable of a project at GitLab, for the jobs of an environment.

    Without a `project` it is that of the pipeline. The token of GitLab is in the variable `access_from`. `variable` is
    what reaches it; where that is None, `lacks` says what there is not.
    """

    name: str
    project: str | None = None
    environment: str = "*"
    protected: bool = False
    access_from: str = "GITLAB_TOKEN"
    variable: Variable | None = None
    lacks: str = "there is no way to it"

    def __str__(self) -> str:
        of = f" of {self.project}" if self.project is not None else ""
        scope = f" ({self.environment})" if self.environment != "*" else ""
        return f"GitLab's variable {self.name}{of}{scope}"


Sink = Path | EnvFile | Command | GitHub | GitLab
