"""The three streams of a command: results to stdout, everything else to stderr, colour where it is wanted.

A reader that goes away (`| head`) ends the output and never the work.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TextIO

import click

from fused_spec.views.tones import Paint, Tone, plain

_STYLES: Mapping[Tone, Mapping[str, str | bool]] = {
    Tone.GOOD: {"fg": "green"},
    Tone.BAD: {"fg": "red"},
    Tone.WARNING: {"fg": "yellow"},
    Tone.STRONG: {"bold": True},
    Tone.FAINT: {"dim": True},
}


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(slots=True, kw_only=True)
class Console:
    """Where a command writes; `stdout_closed` turns true once nobody reads the results any more."""

    stdout: TextIO
    stderr: TextIO
    color: Color = Color.AUTO
    quiet: bool = False
    verbose: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    stdout_closed: bool = False
    stderr_closed: bool = False

    def result(self, text: str) -> None:
        """What was asked for."""
        self.stdout_closed = self.stdout_closed or not _write(self.stdout, text)

    def result_bytes(self, content: bytes) -> None:
        """What was asked for, when it is no text."""
        self.stdout_closed = self.stdout_closed or not _write(self.stdout, content)

    def say(self, text: str) -> None:
        """Progress and other news, unless `--quiet`."""
        if not self.quiet:
            self.warn(text)

    def detail(self, text: str) -> None:
        """What only `--verbose` shows."""
        if self.verbose:
            self.warn(text)

    def warn(self, text: str) -> None:
        """What must be seen even with `--quiet`."""
        self.stderr_closed = self.stderr_closed or not _write(self.stderr, text)

    @property
    def paint_result(self) -> Paint:
        return self._paint(self.stdout)

    @property
    def paint(self) -> Paint:
        """For stderr."""
        return self._paint(self.stderr)

    @property
    def live(self) -> bool:
        """Whether stderr can show a table that is drawn again and again."""
        return self.stderr.isatty() and not self.env.get("CI") and self.env.get("TERM") != "dumb" and not self.quiet

    def has_color(self, stream: TextIO) -> bool:
        """`--color`, then `NO_COLOR`, then `FORCE_COLOR`, then whether the stream is a terminal."""
        if self.color is not Color.AUTO:
            return self.color is Color.ALWAYS
        if self.env.get("NO_COLOR"):
            return False
        if self.env.get("FORCE_COLOR"):
            return True
        return stream.isatty() and self.env.get("TERM") != "dumb"

    def _paint(self, stream: TextIO) -> Paint:
        return _colored if self.has_color(stream) else plain


def _colored(text: str, tone: Tone) -> str:
    return click.style(text, **_STYLES[tone])  # type: ignore[arg-type]  # a mapping hides the keywords' types


def _write(stream: TextIO, content: str | bytes) -> bool:
    """Write a line of text or raw bytes; False when the other end is closed.

    The interpreter flushes once more at its end, so a closed stream is replaced by the null device.
    """
    try:
        if isinstance(content, str):
            stream.write(content + "\n")
        else:
            stream.buffer.write(content)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
