"""One call of a UDF, in a task process: bind the element, call, store what comes back.

Every end of the call becomes an answer. What the UDF raised is printed as a traceback that begins at its own code.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, TextIO

from fused_spec.engine.calling.arguments import BadArgument, bind
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.processes.confinement import why_refused
from fused_spec.engine.processes.packing import Outcome
from fused_spec.engine.processes.task_folder import SCRATCH, has_files
from fused_spec.engine.results.expecting import Unexpected, check_result, expectation
from fused_spec.engine.results.stored import Content, Unstorable
from fused_spec.engine.results.storing import stored_form
from fused_spec.engine.results.tables.frames import as_arrow
from fused_spec.engine.standin import provide_fused
from fused_spec.engine.storage import Root, provide_fd
from fused_spec.engine.udfs.loading import install
from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.runner import UdfNotLoadable, load_udf
from fused_spec.jobdir import known_beside
from fused_spec.redaction import Redactor
from fused_spec.wire import UdfStep

_KEPT_OUTPUT = 64 * 1024
_LONGEST_PROBLEM = 2000  # characters; the whole stands in the log
# Errors of ours that say all there is to say; where they were raised helps nobody.
_SAID_WELL = (Unstorable, Unexpected, BadArgument, UdfNotLoadable)


class _Tee:
    """Writes through and keeps the beginning of what one call writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.begin()

    def begin(self) -> None:
        self.kept: list[str] = []
        self._room = _KEPT_OUTPUT

    def write(self, text: str) -> int:
        if self._room > 0:
            self.kept.append(text[: self._room])
            self._room -= len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        """The stream is the process's, which has more tasks to come: a UDF that closes it closes nothing."""
        self._stream.flush()

    @property
    def text(self) -> str:
        return "".join(self.kept)

    @property
    def is_cut(self) -> bool:
        return self._room <= 0


class _Capture:
    """Keeps what one call prints while it goes on to the log, until the next call."""

    def __init__(self) -> None:
        self._before = sys.stdout, sys.stderr
        self.out, self.err = _Tee(sys.stdout), _Tee(sys.stderr)

    def __enter__(self) -> None:
        if self.has_text:
            self.out.begin()
            self.err.begin()
        sys.stdout, sys.stderr = self.out, self.err

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._before

    @property
    def has_text(self) -> bool:
        return bool(self.out.kept or self.err.kept)


class _Code:
    """A UDF's code, loaded once in a process; for each call anew where loading leaves files, which go with the call."""

    def __init__(self, load: Callable[[], Binding]) -> None:
        self._load = load
        self._loaded: Binding | None = None
        self._is_for_one_call = False

    def loaded(self) -> Binding:
        if self._loaded is None or self._is_for_one_call:
            self._loaded = self._load()
            self._is_for_one_call = has_files()
        return self._loaded


@dataclass(frozen=True, kw_only=True)
class UdfTask:
    """Calls a step's UDF for one element of its input."""

    step: UdfStep
    storage: Root
    formats: tuple[str, ...] = ()
    tile: Tile | None = None
    provided: Provided = field(default_factory=Provided)

    def __call__(self, index: int) -> Outcome:
        with self._capture:
            stored = self._stored(index)
        if isinstance(stored, BaseException):
            error = self._in_short(stored, "" if isinstance(stored, _SAID_WELL) else type(stored).__name__)
            return Outcome(index=index, error=error, name=f"{index}.none", metadata=self._described(stored))
        lossy = stored.lossy and [self._masked(sentence) for sentence in stored.lossy]
        return Outcome(
            index=index,
            error=None,
            name=f"{index}.{stored.suffix}",
            content_type=stored.content_type,
            content=stored.content,
            metadata=self._described(None, lossy) if lossy or self._capture.has_text else _QUIET,
            status=stored.status,
            lossy=lossy,
        )

    @cached_property
    def _code(self) -> "_Code":
        return _Code(self._load)

    def _load(self) -> Binding:
        provide_fused()  # before ours: the published package brings an fd:// of its own
        provide_fd(self.storage)
        return load_udf(self.step.udf, install(self.provided.within(os.environ.get(SCRATCH)), self.step.udf))

    @cached_property
    def _expected(self) -> Mapping[str, Any]:
        return expectation(self.step.metadata)

    @cached_property
    def _mask(self) -> Redactor | None:
        return self.provided.mask()

    @cached_property
    def _capture(self) -> _Capture:
        return _Capture()

    def _stored(self, index: int) -> Content | BaseException:
        """The stored form of what it returned, or the error that it ended with."""
        try:
            elements = self.step.input
            given = () if elements is None else (elements[index],)
            loaded = self._code.loaded()
            value = loaded.call(bind(loaded, *given, tile=self.tile))
            if self._expected:
                arrow = as_arrow(value)  # what can be read once is read here, and stored from there
                value = value if arrow is None else arrow
                check_result(value, self._expected)
            stored = stored_form(value, self.formats, tile=self.tile)
            self._refuse_secret(stored)
        except _SAID_WELL as error:
            print(f"error: {error}", file=sys.stderr)  # noqa: T201  # this is the job's log
            return error
        # A UDF may raise anything, SystemExit included; whatever it is, it is this element's failure.
        except BaseException as error:  # noqa: BLE001
            _print_from_user_code(error)
            return error
        return stored

    def _refuse_secret(self, stored: Content) -> None:
        if not self.provided.secrets:
            return
        key = self.provided.secret_in(stored.content) or self.provided.secret_in(stored.content_type.encode())
        if key is not None:
            raise Unstorable(f"the result holds the value of the secret {key}; return something that does not")

    def _described(self, error: BaseException | None, lossy: Sequence[str] = ()) -> bytes:
        """What is known beside a result of which there is something to say; what is lost is among the errors there."""
        known = known_beside() if error is None else self._metadata(error)
        shown = {name: self._masked(value) if isinstance(value, str) else value for name, value in known.items()}
        told = "".join(f"lossy: {sentence}\n" for sentence in lossy)
        printed = {"stdout": self._printed(self._capture.out), "stderr": self._printed(self._capture.err) + told}
        return json.dumps({**shown, **printed}).encode()

    def _printed(self, stream: _Tee) -> str:
        text = self._masked(stream.text)
        # Of a secret at the cut only the beginning is there, which is no known value.
        return text[: len(text) - self._mask.open_end(text)] if self._mask and stream.is_cut else text

    def _masked(self, text: str) -> str:
        return self._mask(text) if self._mask else text

    def _metadata(self, error: BaseException) -> dict[str, Any]:
        """What 2.x clients read beside a result."""
        name = _cut(type(error).__name__)
        frames = traceback.extract_tb(_user_frames(error.__traceback__))
        line = frames[-1].lineno if frames else getattr(error, "lineno", None)  # a SyntaxError has its own
        return known_beside(self._in_short(error, name), name, _kind(error), line)

    def _in_short(self, error: BaseException, name: str) -> str:
        """The error in one line, without its middle when it is long; what it may not show is taken out before."""
        pieces = (_cut(name), _cut(" ".join(filter(None, map(str.strip, self._masked(_said(error)).splitlines())))))
        refused = why_refused(error)
        return ": ".join(filter(None, pieces)) + (f"; {self._masked(refused)}" if refused else "")


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


_QUIET = json.dumps(known_beside()).encode()


def _print_from_user_code(error: BaseException) -> None:
    if isinstance(error, SyntaxError) and error.__traceback__ is not None:
        lines = traceback.format_exception_only(error)
    else:
        lines = traceback.format_exception(type(error), error, _user_frames(error.__traceback__))
    if (refused := why_refused(error)) is not None:
        lines.append(f"{refused}\n")
    print("".join(lines), end="", file=sys.stderr)  # noqa: T201  # this is the job's log


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame of the UDF's own code on; the engine's frames help nobody."""
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith("<udf "):
        trace = trace.tb_next
    return trace
