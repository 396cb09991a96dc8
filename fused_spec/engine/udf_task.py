"""One call of a UDF, in a task process: bind the element, call, store what comes back.

Every end of the call becomes an answer. What the UDF raised is printed as a traceback that begins at its own code.
"""

import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TextIO

from fused_spec.engine.arguments import bind
from fused_spec.engine.expecting import Unexpected, check_result, expectation
from fused_spec.engine.loading import install
from fused_spec.engine.packing import Outcome
from fused_spec.engine.provided import Provided
from fused_spec.engine.results import stored_form
from fused_spec.engine.runner import Binding, load_udf
from fused_spec.engine.standin import provide_fused
from fused_spec.engine.storage import Root, provide_fd
from fused_spec.engine.stored import Content, Unstorable
from fused_spec.engine.tiles import Tile
from fused_spec.wire import UdfStep

_KEPT_OUTPUT = 64 * 1024


@dataclass(slots=True, kw_only=True)
class UdfTask:
    """Calls a step's UDF for one element of its input; the code is loaded at the first call in each process."""

    step: UdfStep
    storage: Root
    formats: tuple[str, ...] = ()
    tile: Tile | None = None
    provided: Provided = field(default_factory=Provided)
    loaded: Binding | None = field(default=None, init=False)

    def __call__(self, index: int) -> Outcome:
        with _Capture() as captured:
            stored, error, metadata = self._call(index)
        mask = self.provided.mask() or str
        return Outcome(
            index=index,
            error=error if error is None else mask(error),
            name=f"{index}.{stored.suffix if stored else 'none'}",
            content_type=stored.content_type if stored else None,
            content=stored.content if stored else b"",
            status=stored.status if stored else None,
            metadata=_described(metadata, mask(captured.out.text), mask(captured.err.text), mask),
        )

    def _call(self, index: int) -> tuple[Content | None, str | None, dict[str, Any]]:
        """The stored form of what it returned, or an error; and what is known beside it."""
        try:
            if self.loaded is None:
                provide_fused()  # before ours: the published package brings an fd:// of its own
                provide_fd(self.storage)
                self.loaded = load_udf(self.step.udf, install(self.provided, self.step.udf))
            elements = self.step.input
            given = () if elements is None else (elements[index],)
            value = self.loaded.call(bind(self.loaded, *given, tile=self.tile))
            check_result(value, expectation(self.step.metadata))
            stored = stored_form(value, self.formats, tile=self.tile)
            self._refuse_secret(stored)
        except (Unstorable, Unexpected) as error:
            print(f"error: {error}", file=sys.stderr)  # noqa: T201  # this is the job's log
            return None, str(error), _metadata(error)
        # A UDF may raise anything, SystemExit included; whatever it is, it is this element's failure.
        except BaseException as error:  # noqa: BLE001
            _print_from_user_code(error)
            return None, _one_line(error), _metadata(error)
        return stored, None, _metadata(None)

    def _refuse_secret(self, stored: Content) -> None:
        if (key := self.provided.secret_in(stored.content)) is not None:
            raise Unstorable(f"the result holds the value of the secret {key}; return something that does not")


def _described(metadata: dict[str, Any], out: str, err: str, mask: Callable[[str], str]) -> bytes:
    if not metadata["has_exception"] and not out and not err:
        return _QUIET
    shown = {name: mask(value) if isinstance(value, str) else value for name, value in metadata.items()}
    return json.dumps({**shown, "stdout": out, "stderr": err}).encode()


def _metadata(error: BaseException | None) -> dict[str, Any]:
    """What 2.x clients read beside a result."""
    line = None
    if error is not None:
        frames = traceback.extract_tb(_user_frames(error.__traceback__))
        line = frames[-1].lineno if frames else getattr(error, "lineno", None)  # a SyntaxError has its own
    return {
        "errormsg": _one_line(error) if error else None,
        "has_exception": error is not None,
        "exception_class": type(error).__name__ if error else None,
        "error_type": "user" if error else None,
        "lineno": line,
        "exception": None,
        "profile": None,
    }


_QUIET = json.dumps({**_metadata(None), "stdout": "", "stderr": ""}).encode()


def _print_from_user_code(error: BaseException) -> None:
    if isinstance(error, SyntaxError) and error.__traceback__ is not None:
        lines = traceback.format_exception_only(error)
    else:
        lines = traceback.format_exception(type(error), error, _user_frames(error.__traceback__))
    print("".join(lines), end="", file=sys.stderr)  # noqa: T201  # this is the job's log


def _user_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame of the UDF's own code on; the engine's frames help nobody."""
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith("<udf "):
        trace = trace.tb_next
    return trace


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else ""
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


class _Tee:
    """Writes through and keeps the beginning."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[str] = []
        self._room = _KEPT_OUTPUT

    def write(self, text: str) -> int:
        if self._room > 0:
            self._kept.append(text[: self._room])
            self._room -= len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def text(self) -> str:
        return "".join(self._kept)


class _Capture:
    """Keeps what is printed while it goes on to the log."""

    def __enter__(self) -> "_Capture":
        self.out, self.err = _Tee(sys.stdout), _Tee(sys.stderr)
        self._before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.out, self.err
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._before
