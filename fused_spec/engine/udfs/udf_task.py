"""One call of a UDF, in a task process: bind the element, call, store what comes back.

Every end of the call becomes an answer.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fused_spec.engine.calling.arguments import bind
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.processes.packing import TaskOutcome
from fused_spec.engine.processes.task_folder import SCRATCH, has_files
from fused_spec.engine.results.expecting import check_result, expectation
from fused_spec.engine.results.stored import Content, Unstorable
from fused_spec.engine.results.storing import stored_form
from fused_spec.engine.results.tables.frames import as_arrow
from fused_spec.engine.standin import provide_fused
from fused_spec.engine.storage import Root, provide_fd
from fused_spec.engine.udfs.loading import install
from fused_spec.engine.udfs.printed import Capture, Tee
from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.raised import facts_of, in_short, metadata_of, print_to_log
from fused_spec.engine.udfs.runner import load_udf
from fused_spec.jobs.folder import known_beside
from fused_spec.messages.redaction import Redactor
from fused_spec.wire import UdfStep

_QUIET = json.dumps(known_beside()).encode()


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

    def __call__(self, index: int) -> TaskOutcome:
        with self._capture:
            stored = self._stored(index)
        if isinstance(stored, BaseException):
            error = in_short(stored, self._masked)
            metadata, facts = self._described(stored), facts_of(stored, self._masked)
            return TaskOutcome(index=index, error=error, name=f"{index}.none", metadata=metadata, facts=facts)
        lossy = stored.lossy and [self._masked(sentence) for sentence in stored.lossy]
        return TaskOutcome(
            index=index,
            error=None,
            name=f"{index}.{stored.suffix}",
            content_type=stored.content_type,
            content=stored.content,
            metadata=self._described(None, lossy) if lossy or self._capture.has_text else _QUIET,
            status=stored.status,
            lossy=lossy,
            facts=stored.facts,
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
    def _capture(self) -> Capture:
        return Capture()

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
        # A UDF may raise anything, SystemExit included; whatever it is, it is this element's failure.
        except BaseException as error:  # noqa: BLE001
            print_to_log(error)
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
        known = known_beside() if error is None else metadata_of(error, self._masked)
        shown = {name: self._masked(value) if isinstance(value, str) else value for name, value in known.items()}
        told = "".join(f"lossy: {sentence}\n" for sentence in lossy)
        printed = {"stdout": self._printed(self._capture.out), "stderr": self._printed(self._capture.err) + told}
        return json.dumps({**shown, **printed}).encode()

    def _printed(self, stream: Tee) -> str:
        text = self._masked(stream.text)
        # Of a secret at the cut only the beginning is there, which is no known value.
        return text[: len(text) - self._mask.open_end(text)] if self._mask and stream.is_cut else text

    def _masked(self, text: str) -> str:
        return self._mask(text) if self._mask else text
