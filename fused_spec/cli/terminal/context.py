"""What a command knows about its surroundings; the one module of all that reads them."""

import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from fused_spec.cli.terminal.console import TEXT, Console
from fused_spec.cli.terminal.options import Color
from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.configuration.settings import home_folder
from fused_spec.errors import FileTrouble
from fused_spec.messages.redaction import MASK, is_sensitive_name, redact
from fused_spec.system.timings import UNTIMED, Timings

if TYPE_CHECKING:
    from fused_spec.api.http.transport import Transport
    from fused_spec.configuration.settings import Target
    from fused_spec.system.stopwatch import Stopwatch


class Values(Struct, frozen=True, kw_only=True):
    """What was given for what the specs leave open: `NAME=VALUE`, files of values, and the day it is."""

    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    as_of: datetime | None = None

    def as_options(self) -> list[str]:
        """The same as it is typed, but for what may be a secret."""
        said = [word for one in self.variables for word in ("--var", _shown(one))]
        said += [word for one in self.files for word in ("--var-file", one)]
        return [*said, "--as-of", f"{self.as_of:%Y-%m-%d}"] if self.as_of is not None else said


def _shown(said: str) -> str:
    name, _, value = said.partition("=")
    return f"{name}={MASK}" if is_sensitive_name(name) else f"{name}={redact(value)}"


class Context(Struct, frozen=True, kw_only=True):
    """Everything a command knows about its surroundings; made once, when it is called."""

    console: Console
    sources: Sources
    env: Mapping[str, str]
    cwd: Path
    home: Path
    target: str | None = None
    base_url: str | None = None
    values: Values = field(default_factory=Values)
    timings: Timings = UNTIMED
    transports: "dict[Target, Transport]" = field(default_factory=dict)


def current_console(given: Mapping[str, Any], *, waits: bool = False) -> Console:
    """The console for the global options that were `given` on the command line."""
    return Console(
        stdout=sys.stdout,
        stderr=sys.stderr,
        color=Color(given.get("color", Color.AUTO)),
        quiet=given.get("quiet", False),
        verbose=given.get("verbose", False),
        env=os.environ,
        form=given.get("output", TEXT),
        waits=waits,
    )


def current_stopwatch(given: dict[str, Any]) -> "Stopwatch":
    """What a command is timed by, from its first look at its surroundings; one for each command line."""
    from fused_spec.system.stopwatch import Stopwatch

    if "stopwatch" not in given:
        # How long the process has been there nobody tells everywhere; what it has worked is close to that.
        given["stopwatch"] = Stopwatch(time.perf_counter, start=time.process_time())
    watch: Stopwatch = given["stopwatch"]
    return watch


def current_context(given: dict[str, Any], *, waits: bool = False) -> Context:
    """The context for the global options that were `given`; raises `FileTrouble` where there is no current folder."""
    cwd = _cwd()
    return Context(
        console=current_console(given, waits=waits),
        sources=Sources(cwd=cwd, read_stdin=sys.stdin.buffer.read),
        env=os.environ,
        cwd=cwd,
        home=home_folder(cwd),
        target=given.get("target"),
        base_url=given.get("base_url"),
        values=Values(variables=given.get("var", ()), files=given.get("var_file", ()), as_of=given.get("as_of")),
        timings=current_stopwatch(given) if given.get("timings") else UNTIMED,
    )


def _cwd() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        why = error.strerror or str(error)
        raise FileTrouble(f"the current folder cannot be used: {why}", hint="go to a folder that is there") from None
