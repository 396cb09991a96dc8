"""What the end of a log tells of a failure: the step, the input, the exception, and the last lines."""

import re
from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from fused_spec.messages.phrases import cut

_LAST_LINES = 10
_MORE_LINES = 40
_LONGEST_LINE = 2_000
_STEP = re.compile(r"step (?P<number>\d+) of \d+: .+")  # how the embedded service begins each step, and ends a failure
_FAILED = re.compile(r"ERROR: step (?P<number>\d+) of \d+ \(.*?\) failed: (?:input (?P<input>\d+): )?(?P<why>.*)")
_TRACEBACK = "Traceback (most recent call last):"
_RAISED = re.compile(r"(?P<type>[^\W\d][\w.]*)(?:: (?P<message>.*))?")
_ERROR_NAME = re.compile(r"(?:Error|Exception|Exit|Interrupt|Iteration|Warning)$")


class Raised(Struct, frozen=True, kw_only=True):
    """An exception, as a traceback names it."""

    type: str
    message: str


class LogEnd(Struct, frozen=True, kw_only=True):
    """As far as the log tells; `step` is its line, `number` counts from 1, and `input` from 0.

    `lines` are to be shown; `last` are more of them, whole, and none is blank.
    """

    step: str | None = None
    number: int | None = None
    input: int | None = None
    raised: Raised | None = None
    why: str | None = None
    lines: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


def end_of(messages: Iterable[str]) -> LogEnd:
    """Read a log to its end, holding no more of it than is told."""
    step: re.Match[str] | None = None
    failed: re.Match[str] | None = None
    raised: Raised | None = None
    in_traceback = False
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    last: deque[str] = deque(maxlen=_MORE_LINES)
    for message in messages:
        line = message.rstrip()
        lines.append(cut(line, _LONGEST_LINE))
        if line:
            last.append(line)
        step = _STEP.fullmatch(line) or step
        failed = _FAILED.fullmatch(line) or failed
        if line == _TRACEBACK:
            in_traceback = True
        elif in_traceback and not line.startswith(" "):
            in_traceback = False
            raised = _raised(line) or raised
    number = failed["number"] if failed else step["number"] if step else None
    return LogEnd(
        step=cut(step[0], _LONGEST_LINE) if step else None,
        number=int(number) if number else None,
        input=int(failed["input"]) if failed and failed["input"] else None,
        raised=_of_failure(failed["why"], raised) if failed else raised,
        why=cut(failed["why"], _LONGEST_LINE) if failed else None,
        lines=tuple(lines),
        last=tuple(last),
    )


def _raised(line: str) -> Raised | None:
    found = _RAISED.fullmatch(line)
    return Raised(type=found["type"], message=cut(found["message"] or "", _LONGEST_LINE)) if found else None


def _of_failure(why: str, printed: Raised | None) -> Raised | None:
    """The exception that ended the step; many tracebacks may be printed before, and a word with a colon is none."""
    told = _raised(why)
    if told is None:
        return None
    if printed is not None and printed.type.rpartition(".")[2] == told.type:
        return Raised(type=printed.type, message=told.message)
    return told if _ERROR_NAME.search(told.type) else None
