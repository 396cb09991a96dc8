"""Answer a shell: whatever goes wrong, it gets no answer, and nobody sees an error in the middle of a line."""

import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

from fused_spec.cli.completion.shells import SHELLS, script
from fused_spec.cli.terminal.naming import ANSWER, Noun

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def answer(asked: str, cli: click.Command, env: Mapping[str, str]) -> int:
    """Print what a shell asked for, as `bash_complete`; returns the exit code, which no shell looks at."""
    with suppress(Exception, KeyboardInterrupt):
        sys.stdout.buffer.write(answered(asked, cli, env).encode("utf-8", "replace"))
        sys.stdout.flush()
    return 0


def answered(asked: str, cli: click.Command, env: Mapping[str, str]) -> str:
    """The answer; raises whatever cannot be answered."""
    shell, _, what = asked.partition("_")
    if what != "complete":
        return script(shell)
    given: dict[str, Any] = {ANSWER: _known}
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        told = SHELLS[shell](cli, given, env).complete()
    return f"{told}\n" if told else ""


def _known(noun: Noun, asking: click.Context, typed: str) -> "list[CompletionItem]":
    from fused_spec.cli.completion.known import known  # which commands and options do not wait for

    return known(noun, asking, typed)
