"""The command `fused-spec`: its streams, its signals, and the one place where errors are caught.

`--version` and `--help` wait for whatever is imported here, so what tells an error is imported when there is one.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from fused_spec.cli.catalogue import commands
from fused_spec.errors import FileTrouble, Interrupted

_MADE_BETWEEN_COLLECTIONS = 100_000
"""Values; nearly all that a command makes stays until its end, and looking through it again and again finds nothing."""


def main() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(_MADE_BETWEEN_COLLECTIONS)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    _open_streams()
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            from fused_spec.cli.terminal.console import give_up

            give_up(stream)
            code = code or FileTrouble.exit_code
    gc.freeze()  # at the end Python looks through all that there is once more, and then it is gone anyway
    sys.exit(code)


def _open_streams() -> None:
    """Have all three streams; one that was closed for us would else be the next file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  # to the end
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are no text; showing it must not fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _interrupt(*_: object) -> None:
    """The first signal ends the work in order; the second ends the process at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(Interrupted.exit_code))
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code. A shell that asks for completions gets these instead."""
    if asked := os.environ.get("_FUSED_SPEC_COMPLETE"):
        from fused_spec.cli.completion.answering import answer

        return answer(asked, commands, os.environ)
    given: dict[str, Any] = {}
    if _asks_for_json(arguments):  # also where it cannot be read any further
        given["output"] = "json"
    try:
        code = commands.main(arguments, prog_name="fused-spec", standalone_mode=False, obj=given) or 0
    except Exception as error:  # noqa: BLE001  # the outermost boundary
        from fused_spec.cli.ending import ended_by

        code = ended_by(error, arguments, given)
    if given.get("timings"):
        from fused_spec.cli.ending import tell_timings

        tell_timings(given)
    return code


def _asks_for_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments, ""][1:], strict=True)
    return any(pair == ("--output", "json") or pair[0] == "--output=json" for pair in pairs)
