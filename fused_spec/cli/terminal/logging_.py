"""What the service's own code logs, on the stream of the command that runs it, and as harmless as all else there."""

import logging

from fused_spec.cli.terminal.console import Console


class ToConsole(logging.Handler):
    """Shows each record as a message of the command."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.warn(self.format(record))
