"""The streams of a command: results to stdout, everything else to stderr, colour where it is wanted.

A reader that goes away (`| head`), or a disk that is full, ends the output and never the work. A result is either text
for people, or a document for machines, which is exactly one, is UTF-8 whatever the locale, and is printed at the end:
where a command fails behind its result, the document of its error stands alone.
"""

import os
from collections.abc import Mapping
from typing import TextIO

import click
from msgspec import Struct, field

from fused_spec.cli.terminal.options import Color
from fused_spec.errors import FileTrouble
from fused_spec.views.documents.runners import harmless
from fused_spec.views.words.tones import Paint, Tone, plain

_STYLES: Mapping[Tone, Mapping[str, str | bool]] = {
    Tone.GOOD: {"fg": "green"},
    Tone.BAD: {"fg": "red"},
    Tone.WARNING: {"fg": "yellow"},
    Tone.STRONG: {"bold": True},
    Tone.FAINT: {"dim": True},
}


TEXT, MARKDOWN = "text", "markdown"


class Console(Struct, kw_only=True):
    """Where a command writes; `stdout_closed` turns true once nobody reads the results any more.

    `form` is that of the result, as `--output` names it; a document `waits` until `finish`.
    """

    stdout: TextIO
    stderr: TextIO
    color: Color = Color.AUTO
    quiet: bool = False
    verbose: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    form: str = TEXT
    waits: bool = False
    stdout_closed: bool = False
    stderr_closed: bool = False
    _trouble: OSError | None = None
    _document: bytes = b""

    def result(self, text: str) -> None:
        """What was asked for, in the form that was asked for."""
        if self.form == TEXT:
            self._out(_for(self.stdout, text))
        else:
            self.document(harmless(text) if self.form == MARKDOWN else text)

    def document(self, text: str) -> None:
        """What was asked for, to the last character."""
        content = text.encode("utf-8", "backslashreplace") + b"\n"
        if self.waits:
            self._document = content
        else:
            self._out(content)

    def entry(self, text: str) -> None:
        """One of many short documents, which are read one by one; it does not wait."""
        self._out(text.encode("utf-8", "backslashreplace") + b"\n")

    def result_bytes(self, content: bytes) -> None:
        """What was asked for, when it is no text."""
        self._out(content)

    def finish(self) -> None:
        """Print the document that waits; raises `FileTrouble` when what was asked for could not be written."""
        if self._document:
            self._out(self._document)
        if self._trouble is not None:
            raise FileTrouble(
                f"the result cannot be written: {self._trouble.strerror or self._trouble}",
                hint="look at where standard output goes",
            )

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
        self.stderr_closed = self.stderr_closed or _write(self.stderr, _for(self.stderr, text)) is not None

    def tell_runner(self, line: str) -> None:
        """A line that the runner of CI is to obey, and which is made here."""
        self.stderr_closed = self.stderr_closed or _write(self.stderr, line) is not None

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

    def _out(self, content: str | bytes) -> None:
        if not self.stdout_closed and (error := _write(self.stdout, content)) is not None:
            self.stdout_closed = True
            self._trouble = None if isinstance(error, BrokenPipeError) else error

    def _paint(self, stream: TextIO) -> Paint:
        return _colored if self.has_color(stream) else plain


def _colored(text: str, tone: Tone) -> str:
    return click.style(text, **_STYLES[tone])  # type: ignore[arg-type]  # a mapping hides the keywords' types


def _for(stream: TextIO, text: str) -> str:
    """The text as it may go there: what is no terminal may be a CI runner, which must obey nothing that is foreign."""
    return text if stream.isatty() else harmless(text)


def _write(stream: TextIO, content: str | bytes) -> OSError | None:
    """Write a line of text or raw bytes; the error when that cannot be done, and then nothing more goes there."""
    try:
        if isinstance(content, str):
            stream.write(content + "\n")
        else:
            stream.buffer.write(content)
        stream.flush()
    except OSError as error:
        give_up(stream)
        return error
    return None


def give_up(stream: TextIO) -> None:
    """The interpreter flushes once more at its end, so a stream that takes nothing becomes the null device."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
