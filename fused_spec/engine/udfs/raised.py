"""What is told of an error with which a call of a UDF ended: a traceback of the UDF's own code, and a line."""

import json
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from fused_spec.engine.calling.arguments import BadArgument
from fused_spec.engine.processes.confinement import why_refused
from fused_spec.engine.results.expecting import Unexpected
from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.udfs.runner import UdfNotLoadable, is_users
from fused_spec.jobs.failures import signature
from fused_spec.jobs.folder import known_beside

SAID_WELL = (Unstorable, Unexpected, BadArgument, UdfNotLoadable)
"""Errors of ours that say all there is to say; where they were raised helps nobody."""

_LONGEST_PROBLEM = 2000  # characters; the whole stands in the log


def print_to_log(error: BaseException) -> None:
    """Print a sentence of ours as it is, and anything else as the traceback of the UDF's own code."""
    if isinstance(error, SAID_WELL):
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  # this is the job's log
        return
    if isinstance(error, SyntaxError) and error.__traceback__ is not None:
        lines = traceback.format_exception_only(error)
    else:
        lines = traceback.format_exception(type(error), error, _user_frames(error.__traceback__))
    if (refused := why_refused(error)) is not None:
        lines.append(f"{refused}\n")
    print("".join(lines), end="", file=sys.stderr)  # noqa: T201  # this is the job's log


def in_short(error: BaseException, masked: Callable[[str], str]) -> str:
    """The error in one line, without its middle when it is long; what it may not show is taken out before."""
    return _in_short(error, "" if isinstance(error, SAID_WELL) else type(error).__name__, masked)


def facts_of(error: BaseException, masked: Callable[[str], str]) -> str:
    """Where in the user's own code it was raised, and what failures that are alike have in common (`Answer.facts`)."""
    told = {"where": _where(error), "signature": signature(in_short(error, masked))}
    return "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in told.items() if value is not None)


def metadata_of(error: BaseException, masked: Callable[[str], str]) -> dict[str, Any]:
    """What 2.x clients read beside a result."""
    name = _cut(type(error).__name__)
    frames = traceback.extract_tb(_user_frames(error.__traceback__))
    line = frames[-1].lineno if frames else getattr(error, "lineno", None)  # a SyntaxError has its own
    return known_beside(_in_short(error, name, masked), name, _kind(error), line)


def _in_short(error: BaseException, name: str, masked: Callable[[str], str]) -> str:
    pieces = (_cut(name), _cut(" ".join(filter(None, map(str.strip, masked(_said(error)).splitlines())))))
    refused = why_refused(error)
    return ": ".join(filter(None, pieces)) + (f"; {masked(refused)}" if refused else "")


def _cut(text: str) -> str:
    """The text without its middle, if it is long."""
    half = _LONGEST_PROBLEM // 2
    return text if len(text) <= 2 * half else f"{text[:half]} … {text[-half:]}"


def _said(error: BaseException) -> str:
    try:
        return _writable(str(error))
    # An exception of the UDF's own may fail to say what it is.
    except Exception:  # noqa: BLE001
        return ""


def _writable(text: str) -> str:
    """The text without half characters, which no answer can carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def _kind(error: BaseException) -> str:
    """In the words that 2.x clients make exceptions of."""
    return "serialization_error" if isinstance(error, Unstorable) else "runtime_error"


def _where(error: BaseException) -> str | None:
    """The file and the line of the last frame in the user's own code; of bad syntax its own."""
    if isinstance(error, SyntaxError) and error.filename is not None and error.lineno is not None:
        return _place(error.filename, error.lineno)
    where, trace = None, error.__traceback__
    while trace is not None:
        if is_users(trace.tb_frame):
            where = _place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return where


def _place(file: str, line: int) -> str:
    return f"{file}:{line}"


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame of the UDF's own code on; the engine's frames help nobody."""
    while trace is not None and not is_users(trace.tb_frame):
        trace = trace.tb_next
    return trace
