"""The text of specs, for showing the line of a problem; standard input is read once and kept."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Location

STDIN = "-"
_LARGEST = 4 * 1024 * 1024


class Sources(Struct, kw_only=True):
    """Reads files below `cwd`, and standard input through `read_stdin`."""

    cwd: Path
    read_stdin: Callable[[], bytes]
    _stdin: bytes | None = None
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def stdin(self) -> bytes:
        if self._stdin is None:
            self._stdin = self.read_stdin()
        return self._stdin

    def line(self, location: Location) -> str | None:
        """The line that the location names; None when it cannot be read, as then the place must suffice."""
        if location.path not in self._lines:
            self._lines[location.path] = self._read(location.path)
        lines = self._lines[location.path]
        return lines[location.line - 1] if 0 < location.line <= len(lines) else None

    def _read(self, path: str) -> list[str]:
        if path.strip("<>") in (STDIN, "stdin"):
            return self._text(self._stdin or b"")
        file = self.cwd / path
        try:
            # Where a link leads may be no concern of whoever reads the problem.
            if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST:
                return []
            return self._text(file.read_bytes())
        except OSError:
            return []

    def _text(self, content: bytes) -> list[str]:
        # Only line feeds, so that the numbers are those of every editor and of the parser.
        return content.decode("utf-8", "replace").split("\n")
