"""Turn what a spec says of a UDF into the UDF that travels: its code, entry function, headers, parameters, and what
it loads.

The code is parsed, never run. What the syntax tells is checked here, before anything is paid for.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from fused_spec.messages.diagnostics import Severity, guess, nearest
from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.wording import either, spelt
from fused_spec.spec.files.named_files import Folder
from fused_spec.spec.udfs.functions import Function
from fused_spec.spec.udfs.loads import Loadable, gather
from fused_spec.spec.udfs.python_source import BadSyntax
from fused_spec.spec.udfs.source_code import SourceCode
from fused_spec.spec.udfs.text import Written, read_headers, read_written
from fused_spec.udfs.bundle import as_headers
from fused_spec.udfs.code_places import CodePlace, CodePlaces, fingerprint


class ReadUdf(Struct, frozen=True, kw_only=True):
    """A UDF in the words of the wire; `sources` names the file behind a field, by the field's path in it.

    `places` are those of its code, of its headers and of what it loads.
    """

    udf: dict[str, Any]
    function: Function
    sources: Mapping[str, str] = field(default_factory=dict)
    places: CodePlaces = field(default_factory=dict)


def read_udf(
    declared: Mapping[str, Any], pointer: Pointer, folder: Folder, loadable: Loadable, findings: Findings
) -> ReadUdf | None:
    """The UDF, or None when a problem with its code was told.

    `declared` is sound by the schema; problems with its headers, parameters and loads are told as well.
    """
    headers = read_headers(declared, pointer, folder, loadable.files, findings)
    for code in headers.values():
        _functions(code, loadable, findings)
    written = read_written(declared, pointer, folder, loadable.files, loadable.git, findings)
    entrypoint = declared.get("entrypoint") or (written.entrypoint if written is not None else None)
    function = _entry(written.code, entrypoint, pointer, loadable, findings) if written is not None else None
    if written is None or function is None:
        return None
    if function.decorator_headers:
        _tell_headers(written.code, function, pointer, findings)
    _check_parameters(declared, function, pointer, findings)
    headers = {**written.headers, **headers}
    loaded = gather(written, headers, folder, loadable, findings)
    udf: dict[str, Any] = {
        "name": declared.get("name") or written.name or function.name,
        "entrypoint": function.name,
        "code": written.code.text,
        "headers": [
            *({"module_name": name, "source_code": code.text} for name, code in headers.items()),
            *as_headers(bundled for bundled, _ in loaded),
        ],
        "parameters": {**written.parameters, **declared.get("parameters", {})},
        **{name: declared[name] for name in ("metadata", "table_schema") if declared.get(name) is not None},
    }
    if (age := declared.get("cache_max_age")) is not None:
        udf["cache_max_age"] = age if isinstance(age, int) else seconds(age)
    return ReadUdf(
        udf={name: value for name, value in udf.items() if value not in ([], {})},
        function=function,
        sources=_origins(written, [code.origin for code in headers.values()] + [origin for _, origin in loaded]),
        places={
            **{fingerprint(bundled.text.code): CodePlace(origin) for bundled, origin in loaded if not bundled.is_self},
            **{fingerprint(code.text): code.place(findings) for code in (*headers.values(), written.code)},
        },
    )


def _origins(written: Written, headers: list[str | None]) -> dict[str, str]:
    """The file behind each source."""
    files = {"code": written.code.origin}
    files |= {f"headers.{index}.source_code": origin for index, origin in enumerate(headers)}
    return {path: file for path, file in files.items() if file is not None}


def _functions(code: SourceCode, loadable: Loadable, findings: Findings) -> tuple[Function, ...] | None:
    syntax = loadable.syntax(code.text)
    if not isinstance(syntax, BadSyntax):
        return syntax.functions
    findings.tell(
        "udf-syntax",
        f"not valid Python: {syntax.message}",
        code.pointer,
        "mend this line",
        at=code.location(findings, syntax.line, syntax.column),
    )
    return None


def _entry(
    code: SourceCode, entrypoint: str | None, pointer: Pointer, loadable: Loadable, findings: Findings
) -> Function | None:
    """The function to call: the named one, else the only one decorated with `@fused.udf`, else of those `udf`."""
    functions = _functions(code, loadable, findings)
    if functions is None:
        return None
    by_name = {function.name: function for function in functions}
    where = code.origin or "the code"
    if entrypoint is not None:
        if entrypoint in by_name:
            return by_name[entrypoint]
        meant = nearest(entrypoint, by_name)
        known = f"it has {either(by_name, 'and')}" if by_name else "it has no function at its top level"
        hint = guess(entrypoint, meant) if meant else known
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


def _tell_headers(code: SourceCode, function: Function, pointer: Pointer, findings: Findings) -> None:
    findings.tell(
        "decorator-headers",
        f"the headers in the decorator of {function.name} are not read",
        pointer,
        "list them in the spec: headers: [{module_name: …, file: …}]",
        at=code.location(findings, function.line, function.column),
        severity=Severity.WARNING,
    )


def _check_parameters(declared: Mapping[str, Any], function: Function, pointer: Pointer, findings: Findings) -> None:
    for name, value in declared.get("parameters", {}).items():
        _check_kind(name, value, function, (*pointer, "parameters", name), findings)
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
            guess(name, meant) if meant else takes,
            at=findings.document.positions.key(at),
        )


def _check_kind(name: str, value: Any, function: Function, pointer: Pointer, findings: Findings) -> None:
    noun = function.wanted_instead(name, value)
    if noun is not None:
        message = f'"{name}" of {function.name} takes {noun}, not {spelt(value, pointer)}'
        findings.tell("udf-parameter", message, pointer, f"write {noun}")
