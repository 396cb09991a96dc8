"""Diagnostics as JUnit XML, which nearly every CI system shows as tests: one for each file, or for each error in it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fused_spec.messages.codes.registry import id_of
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.views.documents.runners import harmless_xml
from fused_spec.views.words.shown import shown_diagnostic, visible

_NAME = "fused-spec validate"


def junit_text(diagnostics: Iterable[Diagnostic], files: Iterable[str], *, strict: bool = False) -> str:
    """The report; a file of `files` in which nothing is wrong is a test that went well, as is one with warnings alone,
    unless one is `strict`."""
    of_file: dict[str, list[Diagnostic]] = defaultdict(list)
    for file in files:
        of_file[file] = []
    for diagnostic in diagnostics:
        of_file[diagnostic.location.path].append(shown_diagnostic(diagnostic))
    suite = Element("testsuite")
    for file, told in of_file.items():
        _add(suite, file, told, strict)
    cases, failures = len(suite.findall("testcase")), len(suite.findall("testcase/failure"))
    counts = {"name": _NAME, "tests": str(cases), "failures": str(failures), "errors": "0", "skipped": "0"}
    suite.attrib.update(counts)
    whole = Element("testsuites", counts)
    whole.append(suite)
    indent(whole)
    return harmless_xml(tostring(whole, encoding="unicode", xml_declaration=False))


def _add(suite: Element, file: str, told: Sequence[Diagnostic], strict: bool) -> None:
    errors = [one for one in told if one.invalidates(strict=strict)]
    for one in errors:
        place = f"{one.location.line}:{one.location.column}"
        case = _case(suite, file, f"{id_of(one.code)} {one.code} at {place}", line=one.location.line)
        failure = SubElement(case, "failure", type=id_of(one.code), message=visible(one.message))
        failure.text = _line(one)
    if not errors:
        case = _case(suite, file, "is valid")
        if told:
            SubElement(case, "system-out").text = "\n".join(map(_line, told))


def _case(suite: Element, file: str, name: str, line: int | None = None) -> Element:
    shown = visible(file)
    said = {"classname": shown, "name": name, "file": shown}
    return SubElement(suite, "testcase", said if line is None else {**said, "line": str(line)})


def _line(one: Diagnostic) -> str:
    pointer = f" ({visible(one.pointer)})" if one.pointer else ""
    hint = f"\n  hint: {visible(one.hint)}" if one.hint else ""
    severity = f"{one.severity}[{id_of(one.code)}]"
    return f"{severity} at {visible(str(one.location))}: {visible(one.message)}{pointer}{hint}"
