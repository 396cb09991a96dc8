"""The calls that a step makes: whether each finds a value of the right kind for every parameter that needs one.

An element of the input whose keys are all parameters gives those; any other value is for the first parameter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Location, Severity, guess, nearest
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.wording import either, spelt
from fused_spec.spec.inputs.element_list import Elements
from fused_spec.spec.inputs.local_inputs import is_local_file
from fused_spec.spec.relations.outputs import producer
from fused_spec.spec.udfs.functions import Function
from fused_spec.spec.udfs.udf import ReadUdf


class Calls(Struct, frozen=True, kw_only=True):
    """The elements of a step's input, None for one call without any; `pointer` is the input's in the spec.

    `in_file` says where they stand when that is no spec. Where one that is written stands for several, `numbers` are
    those of the written ones.
    """

    elements: list[Any] | None
    pointer: Pointer
    in_file: Elements | None = None
    numbers: Sequence[int] | None = None


def check_calls(read: ReadUdf, calls: Calls, udf_pointer: Pointer, findings: Findings) -> None:
    """Tell what a call lacks, and what is wrong with what it gives."""
    function = read.function
    if function.default_parameters is None:
        return
    stored = {*function.default_parameters, *read.udf.get("parameters", {})}
    if calls.elements is not None:
        _Check(function, stored, calls, findings).elements(calls.elements)
    elif missing := _missing(function, stored):
        hint = "set it under parameters, or give the step an input"
        findings.tell("udf-parameter", missing, udf_pointer, hint)


def check_lists(read: ReadUdf, declared: Mapping[str, Any], udf_pointer: Pointer, findings: Findings) -> None:
    """Warn where a parameter that takes text gets the addresses that several jobs write to."""
    function = read.function
    for name, value in declared.items():
        given = read.udf["parameters"].get(name)
        if producer(value, {}) is not None and isinstance(given, list) and function.annotations.get(name) == "str":
            message = f'"{name}" of {function.name} takes text, and gets the list of {len(given)} addresses'
            hint = "annotate it as list[str], or name one job"
            pointer = (*udf_pointer, "parameters", name)
            findings.tell("udf-parameter", message, pointer, hint, severity=Severity.WARNING)


def gives_parameters(element: Mapping[str, Any], names: tuple[str, ...], *, open_ended: bool) -> bool:
    """Whether the keys of an element are parameters; the engine's rule (`engine.calling.arguments`) is the same."""
    known = set(element) & set(names)
    return bool(element) and (len(known) == len(element) or (open_ended and (bool(known) or not names)))


def _missing(function: Function, given: set[str]) -> str | None:
    missing = [name for name in function.required if name not in given]
    names = either((f'"{name}"' for name in missing), "and") if missing else ""
    return f"{function.name} gets no value for {names}" if missing else None


class _Check(Struct, frozen=True):
    """Looks at each element; there may be a million, so that a place is made only for what is told."""

    function: Function
    stored: set[str]
    calls: Calls
    findings: Findings
    told: set[tuple[int, str]] = field(default_factory=set)

    def elements(self, elements: list[Any]) -> None:
        function = self.function
        first = function.parameters[0] if function.parameters else None
        if first is None and not function.open_ended:
            hint = "remove the input, or add a parameter"
            return self._tell(0, "udf-input", f"{function.name} takes no parameter", hint)
        lacks_nothing = _missing(function, self.stored) is None
        for index, element in enumerate(elements):
            named = isinstance(element, dict) and self._is_named(element)
            if named:
                given = set(element)
                self._kinds(element, index)
            elif first is None:
                hint = "remove the input, or add a parameter"
                return self._tell(index, "udf-input", f"{function.name} takes no parameter", hint)
            else:
                given = {first}
                if isinstance(element, dict):
                    self._doubt(element, index, first)
                else:
                    self._kind(first, element, index)
            if not lacks_nothing and (missing := _missing(function, self.stored | given)):
                # The others lack the same.
                return self._tell(index, "udf-parameter", missing, "add it to this element, or to parameters")
        return None

    def _is_named(self, element: Mapping[str, Any]) -> bool:
        return gives_parameters(element, self.function.parameters, open_ended=self.function.open_ended)

    def _kinds(self, element: Mapping[str, Any], index: int) -> None:
        for name, value in element.items():
            self._kind(name, value, index, name)

    def _kind(self, name: str, value: Any, index: int, *step: str) -> None:
        noun = self.function.wanted_instead(name, value)
        if noun is not None:
            shown = spelt(value, (*self.calls.pointer, *step))
            message = f'"{name}" of {self.function.name} takes {noun}, not {shown}'
            self._tell(index, "udf-parameter", message, f"write {noun}", *step)

    def _doubt(self, element: Mapping[str, Any], index: int, first: str) -> None:
        """An element with some keys that are parameters and some that are not is probably misspelt."""
        function = self.function
        if self.calls.in_file is not None and (is_local_file(element) or producer(element, {})):
            [word] = element
            message = f"{{{word}: …}} means nothing in a file of elements"
            return self._tell(index, "udf-input", message, "write the address itself, or this element into the spec")
        unknown = [key for key in element if key not in function.parameters]
        if unknown and (noun := function.wanted_instead(first, element)) is not None:
            meant = nearest(unknown[0], function.parameters)
            message = f'{function.name} has no parameter "{unknown[0]}", and "{first}" takes {noun} and not the object'
            hint = guess(unknown[0], meant) if meant else f"it takes {either(function.parameters, 'and')}"
            return self._tell(index, "udf-parameter", message, hint, unknown[0])
        if function.open_ended or not unknown or len(unknown) == len(element):
            return None
        meant = nearest(unknown[0], function.parameters)
        message = f'{function.name} has no parameter "{unknown[0]}", so the whole element goes to "{first}"'
        hint = guess(unknown[0], meant) if meant else "check its keys"
        return self._tell(index, "udf-input", message, hint, unknown[0], severity=Severity.WARNING)

    def _tell(
        self, index: int, code: str, message: str, hint: str, *step: str, severity: Severity = Severity.ERROR
    ) -> None:
        if self.calls.numbers is not None:
            index = self.calls.numbers[index]
            if (index, code) in self.told:
                return  # the others that it stands for have the same
            self.told.add((index, code))
        pointer = (*self.calls.pointer, index, *step)
        self.findings.tell(
            code, message, pointer, hint, at=self._place(pointer, index, step, severity), severity=severity
        )

    def _place(self, pointer: Pointer, index: int, step: tuple[str, ...], severity: Severity) -> Location | None:
        if self.calls.in_file is not None:
            return self.calls.in_file.place(index)
        # What is wrong with a key stands at the key.
        return self.findings.document.positions.key(pointer) if step and severity is Severity.WARNING else None
