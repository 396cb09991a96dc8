"""Turn what a spec says of a UDF into the UDF that travels: its code, entry function, headers and parameters.

The code is parsed, never run. What the syntax tells is checked here, before anything is paid for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fused_spec.diagnostics import Location, Severity, nearest
from fused_spec.spec.durations import seconds
from fused_spec.spec.findings import Findings
from fused_spec.spec.limits import MAX_FILE_BYTES
from fused_spec.spec.named_files import Folder, Trouble, read_bytes
from fused_spec.spec.positions import Pointer
from fused_spec.spec.python_source import BadSyntax, Function, as_text, functions_of, with_unix_lines
from fused_spec.spec.wording import either


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUdf:
    """A UDF in the words of the wire; `sources` names the file behind a field, by the field's path in it."""

    udf: dict[str, Any]
    function: Function
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Code:
    """Source text, and where each of its lines stands."""

    text: str
    file: str | None
    pointer: Pointer

    def location(self, findings: Findings, line: int, column: int) -> Location:
        """The place of a line of the source: in its own file, or in the block of the spec."""
        if self.file is not None:
            return Location(path=self.file, line=line, column=column)
        positions = findings.document.positions
        first = positions.block_line(self.pointer)
        if first is None:
            return positions.value(self.pointer)
        number = first + line - 1
        return Location(path=positions.path, line=number, column=column + self._indent(findings, number, line))

    def _indent(self, findings: Findings, number: int, line: int) -> int:
        written = findings.document.file.content.split(b"\n")
        source = self.text.split("\n")
        if number > len(written) or line > len(source):
            return 0
        return max(0, len(written[number - 1].rstrip(b"\r").decode("utf-8", "replace")) - len(source[line - 1]))


def read_udf(declared: Mapping[str, Any], pointer: Pointer, folder: Folder, findings: Findings) -> ReadUdf | None:
    """The UDF, or None when a problem with its code was told.

    `declared` is sound by the schema; problems with its headers and parameters are told as well.
    """
    headers = _headers(declared, pointer, folder, findings)
    code = _code(declared, pointer, folder, findings)
    function = _entry(code, declared.get("entrypoint"), pointer, findings) if code is not None else None
    if code is None or function is None:
        return None
    if function.decorator_headers:
        _tell_headers(code, function, pointer, findings)
    _check_parameters(declared, function, pointer, findings)
    udf: dict[str, Any] = {
        "name": declared.get("name") or function.name,
        "entrypoint": function.name,
        "code": code.text,
        "headers": [{"module_name": name, "source_code": header.text} for name, header in headers],
        "parameters": declared.get("parameters", {}),
        **{name: declared[name] for name in ("metadata", "table_schema") if declared.get(name) is not None},
    }
    if (age := declared.get("cache_max_age")) is not None:
        udf["cache_max_age"] = age if isinstance(age, int) else seconds(age)
    files = {"code": code.file}
    files |= {f"headers.{index}.source_code": header.file for index, (_, header) in enumerate(headers)}
    return ReadUdf(
        udf={name: value for name, value in udf.items() if value not in ([], {})},
        function=function,
        sources={path: file for path, file in files.items() if file is not None},
    )


def _code(declared: Mapping[str, Any], pointer: Pointer, folder: Folder, findings: Findings) -> _Code | None:
    """The text of `file:` or `code:`."""
    if "code" in declared:
        return _Code(with_unix_lines(declared["code"]), None, (*pointer, "code"))
    at = (*pointer, "file")
    name = declared["file"]
    path = folder.locate(name)
    if not isinstance(path, Trouble):
        content = read_bytes(path, name, limit=MAX_FILE_BYTES)
        if not isinstance(content, Trouble):
            shown = folder.shown(path)
            text = as_text(content)
            if isinstance(text, str):
                return _Code(text, shown, at)
            findings.tell("udf-encoding", text.message, at, "save it as UTF-8", at=_in_file(shown, text))
            return None
        path = content
    findings.trouble(path, at)
    return None


def _in_file(shown: str, bad: BadSyntax) -> Location:
    return Location(path=shown, line=bad.line, column=bad.column)


def _headers(
    declared: Mapping[str, Any], pointer: Pointer, folder: Folder, findings: Findings
) -> list[tuple[str, _Code]]:
    read: list[tuple[str, _Code]] = []
    for index, header in enumerate(declared.get("headers", [])):
        at = (*pointer, "headers", index)
        code = _code(header, at, folder, findings)
        if header["module_name"] in [name for name, _ in read]:
            findings.tell(
                "duplicate-header",
                f'two headers are named "{header["module_name"]}"',
                (*at, "module_name"),
                "give each its own name",
            )
        if code is not None:
            _functions(code, at, findings)
            read.append((header["module_name"], code))
    return read


def _functions(code: _Code, pointer: Pointer, findings: Findings) -> list[Function] | None:
    functions = functions_of(code.text)
    if not isinstance(functions, BadSyntax):
        return functions
    findings.tell(
        "udf-syntax",
        f"not valid Python: {functions.message}",
        code.pointer,
        "mend this line",
        at=code.location(findings, functions.line, functions.column),
    )
    return None


def _entry(code: _Code, entrypoint: str | None, pointer: Pointer, findings: Findings) -> Function | None:
    """The function to call: the named one, else the only one decorated with `@fused.udf`, else of those `udf`."""
    functions = _functions(code, pointer, findings)
    if functions is None:
        return None
    by_name = {function.name: function for function in functions}
    where = code.file or "the code"
    if entrypoint is not None:
        if entrypoint in by_name:
            return by_name[entrypoint]
        meant = nearest(entrypoint, by_name)
        known = f"it has {either(by_name, 'and')}" if by_name else "it has no function at its top level"
        hint = f'did you mean "{meant}"?' if meant else known
        message = f'{where} has no function "{entrypoint}"'
        findings.tell("udf-entrypoint", message, (*pointer, "entrypoint"), hint)
        return None
    marked = [function for function in by_name.values() if function.is_udf]
    if len(marked) == 1:
        return marked[0]
    if (conventional := by_name.get("udf")) in marked:
        return conventional
    if marked:
        message = f"{where} has several functions decorated with @fused.udf"
        hint = f"name one of them: entrypoint: {either(one.name for one in marked)}"
    else:
        message, hint = f"{where} has no function decorated with @fused.udf", "write @fused.udf above the one to call"
    findings.tell("udf-entrypoint", message, code.pointer, hint)
    return None


def _tell_headers(code: _Code, function: Function, pointer: Pointer, findings: Findings) -> None:
    findings.tell(
        "decorator-headers",
        f"the headers in the decorator of {function.name} are not read",
        pointer,
        "list them in the spec: headers: [{module_name: …, file: …}]",
        at=code.location(findings, function.line, function.column),
        severity=Severity.WARNING,
    )


def _check_parameters(declared: Mapping[str, Any], function: Function, pointer: Pointer, findings: Findings) -> None:
    if function.open_ended:
        return
    for name in declared.get("parameters", {}):
        if name in function.parameters:
            continue
        meant = nearest(name, function.parameters)
        takes = f"it takes {either(function.parameters, 'and')}" if function.parameters else "it takes none"
        at = (*pointer, "parameters", name)
        findings.tell(
            "udf-parameter",
            f'{function.name} has no parameter "{name}"',
            at,
            f'did you mean "{meant}"?' if meant else takes,
            at=findings.document.positions.key(at),
        )


def check_calls(
    read: ReadUdf, elements: list[Any] | None, udf_pointer: Pointer, input_pointer: Pointer, findings: Findings
) -> None:
    """Check that every call of a step finds a value for each parameter that needs one.

    An element of the input whose keys are all parameters gives those; any other value is for the first parameter.
    """
    function = read.function
    if function.default_parameters is None:
        return
    stored = {*function.default_parameters, *read.udf.get("parameters", {})}
    if elements is None:
        _tell_missing(function, stored, udf_pointer, findings, "set it under parameters, or give the step an input")
        return
    for index, element in enumerate(elements):
        at = (*input_pointer, index)
        given = _given(element, function.parameters)
        _doubt_element(element, function, at, findings)
        if given is None:
            findings.tell(
                "udf-input", f"{function.name} takes no parameter", at, "remove the input, or add a parameter"
            )
            return
        if not _tell_missing(function, stored | given, at, findings, "add it to this element, or to parameters"):
            return  # the others lack the same


def _given(element: Any, parameters: tuple[str, ...]) -> set[str] | None:
    if isinstance(element, dict) and element and set(element) <= set(parameters):
        return set(element)
    return {parameters[0]} if parameters else None


def _doubt_element(element: Any, function: Function, at: Pointer, findings: Findings) -> None:
    """An element with some keys that are parameters and some that are not is probably misspelt."""
    unknown = [key for key in element if key not in function.parameters] if isinstance(element, dict) else []
    if not unknown or len(unknown) == len(element):
        return
    first = function.parameters[0]
    findings.tell(
        "udf-input",
        f'{function.name} has no parameter "{unknown[0]}", so the whole element goes to "{first}"',
        (*at, unknown[0]),
        f'did you mean "{meant}"?' if (meant := nearest(unknown[0], function.parameters)) else "check its keys",
        at=findings.document.positions.key((*at, unknown[0])),
        severity=Severity.WARNING,
    )


def _tell_missing(function: Function, given: set[str], pointer: Pointer, findings: Findings, hint: str) -> bool:
    missing = [name for name in function.required if name not in given]
    if missing:
        names = either((f'"{name}"' for name in missing), "and")
        findings.tell("udf-parameter", f"{function.name} gets no value for {names}", pointer, hint)
    return not missing
