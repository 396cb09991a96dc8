"""Say in plain words why text is not YAML, and where the cause is rather than where the parser gave up.

libyaml and the pure parser word their complaints differently; the patterns below know both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from yaml import YAMLError
from yaml.error import Mark, MarkedYAMLError

from fused_spec.diagnostics import Diagnostic, Location

_MISSING_SPACE = re.compile(r"\s*(?:- )?[\w.-]+(?P<colon>:)(?![\s/])")
_CLOSERS = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in the text, both counted from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Fault:
    """What the parser says: where it gave up, and where what it was reading began."""

    lines: list[str]
    at: _Spot
    began: _Spot

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def character(self, spot: _Spot) -> str:
        return self.line(spot.line)[spot.column : spot.column + 1]

    @property
    def before(self) -> str:
        return self.line(self.at.line)[: self.at.column]


@dataclass(frozen=True, slots=True)
class _Finding:
    spot: _Spot
    message: str
    hint: str
    code: str = "yaml-syntax"


def explain_syntax(error: YAMLError | ValueError, text: str, name: str) -> Diagnostic:
    """The diagnostic for a parser's complaint about `text`."""
    fault, complaint = _fault(error, text)
    finding = next(explain(fault) for pattern, explain in _RULES if re.search(pattern, complaint))
    line = min(finding.spot.line, len(fault.lines) - 1)
    column = min(finding.spot.column, len(fault.line(line)))
    place = Location(path=name, line=line + 1, column=column + 1)
    return Diagnostic(code=finding.code, message=finding.message, location=place, hint=finding.hint)


def _fault(error: YAMLError | ValueError, text: str) -> tuple[_Fault, str]:
    lines = text.split("\n")
    if not isinstance(error, MarkedYAMLError):
        return _Fault(lines, _Spot(0, 0), _Spot(0, 0)), ""
    at, began = _spot(error.problem_mark), _spot(error.context_mark)
    if lines[min(at.line, len(lines) - 1)].startswith("%") or lines[0].startswith("%"):
        return _Fault(lines, at, began), "directive"
    return _Fault(lines, at, began if error.context_mark else at), error.problem or ""


def _spot(mark: Mark | None) -> _Spot:
    return _Spot(mark.line, mark.column) if mark else _Spot(0, 0)


def _directive(fault: _Fault) -> _Finding:
    number = next(i for i, line in enumerate(fault.lines) if line.startswith("%"))
    return directive_finding(number)


def directive_finding(line: int) -> _Finding:
    return _Finding(_Spot(line, 0), "directives (%) are not read", "remove the line", "directive")


def _open_quote(fault: _Fault) -> _Finding:
    return _Finding(fault.began, "the quote opened here is never closed", "close it with the same quote")


def _open_bracket(fault: _Fault) -> _Finding:
    opener = fault.character(fault.began)
    closer = _CLOSERS.get(opener, "a bracket")
    message = f"the {opener} opened here is not closed where it should be"
    return _Finding(fault.began, message, f"separate the items with commas and close with {closer}")


def _bad_start(fault: _Fault) -> _Finding:
    character = fault.character(fault.at)
    indentation = fault.line(fault.at.line)[: fault.at.column + 1]
    if "\t" in indentation and not indentation.strip():
        return _Finding(_Spot(fault.at.line, indentation.index("\t")), "a tab cannot indent YAML", "use spaces")
    return _Finding(fault.at, f"a value cannot start with {character or 'this'}", "put the value in quotes")


def _stray_colon(fault: _Fault) -> _Finding:
    above = fault.at.line - 1
    while above > 0 and not fault.line(above).strip():
        above -= 1
    if missing := _MISSING_SPACE.match(fault.line(above)):
        return _no_space(above, missing)
    if missing := _MISSING_SPACE.match(fault.before):
        return _no_space(fault.at.line, missing)
    if re.search(r":\s+\S", fault.before):
        return _Finding(fault.at, 'a second ": " on the line', "put the value in quotes")
    return _Finding(
        _Spot(fault.at.line, _indent(fault.before)),
        "this line continues the value above, so it cannot be a key",
        "check the indentation, and that the line above is complete",
    )


def _no_colon(fault: _Fault) -> _Finding:
    if missing := _MISSING_SPACE.match(fault.line(fault.began.line)):
        return _no_space(fault.began.line, missing)
    hint = "write key: value, or indent it like the text it belongs to"
    return _Finding(fault.began, "this is neither a key with a value nor a list item", hint)


def _no_space(line: int, missing: re.Match[str]) -> _Finding:
    return _Finding(_Spot(line, missing.start("colon")), 'no space after ":"', "put a space after the colon")


def _out_of_line(fault: _Fault) -> _Finding:
    if fault.before.strip(" -"):
        message = "text follows a value that already ended"
        return _Finding(fault.at, message, "check the quotes and brackets on this line and the one above")
    return _Finding(fault.at, "the indentation fits nothing above", "line it up with the keys or items it belongs to")


def _bad_escape(fault: _Fault) -> _Finding:
    backslash = fault.line(fault.at.line).rfind("\\", 0, fault.at.column + 1)
    spot = _Spot(fault.at.line, backslash) if backslash >= 0 else fault.at
    return _Finding(spot, "not an escape that YAML knows", "use single quotes, or write the backslash twice")


def _after_end(fault: _Fault) -> _Finding:
    return _Finding(fault.at, "text after the end of a document", "start the next document with ---")


def _bare_sigil(fault: _Fault) -> _Finding:
    sigil = fault.character(fault.began)
    return _Finding(fault.began, f"a value cannot start with {sigil or 'this'}", "put the value in quotes")


def _no_value(fault: _Fault) -> _Finding:
    return _Finding(fault.at, "a value is missing here, or a bracket closes nothing", "check the brackets and commas")


def _misplaced_item(fault: _Fault) -> _Finding:
    return _Finding(fault.at, "a list item cannot stand here", "put the list on the next line, or the value in quotes")


def _block_header(fault: _Fault) -> _Finding:
    return _Finding(fault.at, "nothing may follow | or > on the line", "put the text on the next line, indented")


def _unknown(fault: _Fault) -> _Finding:
    return _Finding(fault.at, "this cannot be read as YAML", "check the indentation, quotes and brackets here")


_RULES: tuple[tuple[str, Callable[[_Fault], _Finding]], ...] = (
    ("^directive$", _directive),
    ("unexpected end of stream", _open_quote),
    ("expected ',' or", _open_bracket),
    ("cannot start any token|tab character", _bad_start),
    ("mapping values are not allowed", _stray_colon),
    ("could not find expected ':'", _no_colon),
    ("did not find expected key|'-' indicator|<block end>", _out_of_line),
    ("escape", _bad_escape),
    ("<document start>", _after_end),
    ("alphabetic or numeric", _bare_sigil),
    ("node content", _no_value),
    ("entries are not allowed", _misplaced_item),
    ("comment or line break|chomping", _block_header),
    ("", _unknown),
)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
