"""Say in plain words why text is not YAML, and where the cause is rather than where the parser gave up.

libyaml and the pure parser word their complaints differently; the patterns below know both.
"""

import re
from collections.abc import Callable

from msgspec import Struct
from yaml import YAMLError
from yaml.error import Mark, MarkedYAMLError

from fused_spec.messages.diagnostics import Diagnostic, Location

_MISSING_SPACE = re.compile(r"\s*(?:- )?[\w.-]+(?P<colon>:)(?=[^\s/])")
_CLOSERS = {"[": "]", "{": "}"}
_LONGEST_KEY = 1024
_QUOTED = r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'"""
_KEY_AT_START = re.compile(rf"({_QUOTED}|[^:]*)\s*:(?:\s|$)")
_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_BEYOND = re.compile(r"\\U(?!000[0-9a-fA-F]|0010)[0-9a-fA-F]{8}")

HALF_HINT = "write both halves, as in \\ud83d\\ude00, or the character itself"
"""What to do with one of two escapes that make a character together."""


class _Spot(Struct, frozen=True):
    """A place in the text, both counted from 0."""

    line: int
    column: int


class _Fault(Struct, frozen=True):
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


class _Finding(Struct, frozen=True):
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
    for look in (_in_text, _long_key, _after_quote, _colon_in_brackets):
        if (found := look(fault)) is not None:
            return found
    return _not_closed(fault)


def _in_text(fault: _Fault) -> _Finding | None:
    """A bracket in the middle of unquoted text: `{name: monthly-${month}}`."""
    sign, before = fault.character(fault.at), fault.before[-1:]
    after = fault.line(fault.at.line)[fault.at.column + 1 : fault.at.column + 2]
    opens = sign in _CLOSERS and before.strip() and before not in ",:[{}]"
    closes = sign in _CLOSERS.values() and before not in ",:[{}]" and (after.isalnum() or after in _CLOSERS)
    if not sign or not (opens or (closes and after)):
        return None
    if sign == "{" and before == "$":
        return _interpolation(fault)
    outer = fault.character(fault.began)
    message = f"unquoted text between {outer} and {_CLOSERS.get(outer, outer)} cannot hold {sign}"
    return _Finding(fault.at, message, "put the whole text in quotes")


def _interpolation(fault: _Fault) -> _Finding:
    """The most frequent of these: `{month: ${matrix.month}}`; the value begins behind the last sign before it."""
    before, after = fault.before[-1000:], fault.line(fault.at.line)[fault.at.column :][:1000]
    written = re.split(r"[:,]\s+|[\[{]\s*", before)[-1]
    alone = re.match(r"\{[^{}]*\}(?=\s*[,}\]])", after) if written == "$" else None
    # Of a text around it nobody knows whether it may be shown.
    hint = f'write "${alone[0]}"' if alone else "put the whole value in quotes"
    hint += ", or have `fused-spec fmt --fix` do it"
    outer = fault.character(fault.began)
    message = f"between {outer} and {_CLOSERS.get(outer, outer)} a value with ${{…}} needs quotes"
    return _Finding(_Spot(fault.at.line, fault.at.column - len(written)), message, hint, "unquoted-interpolation")


def _after_quote(fault: _Fault) -> _Finding | None:
    """Text behind a quote that closed: `{name: 'it's'}`."""
    if fault.before.rstrip()[-1:] not in ("'", '"') or fault.character(fault.at) in (":", ""):
        return None
    hint = "write a quote within single quotes twice, or separate the items with commas"
    return _Finding(fault.at, "text follows a closing quote", hint)


def _colon_in_brackets(fault: _Fault) -> _Finding | None:
    if fault.character(fault.at) == ":" and re.search(r":\s+[^,{}\[\]]*$", fault.before[-2000:]):
        return _Finding(fault.at, 'a second ": " in one item', "put the value in quotes")
    return None


def _not_closed(fault: _Fault) -> _Finding:
    opener = fault.character(fault.began)
    closer = _CLOSERS.get(opener, "a bracket")
    message = f"the {opener} opened here is not closed where it should be"
    return _Finding(fault.began, message, f"separate the items with commas and close with {closer}")


def _long_key(fault: _Fault) -> _Finding | None:
    """A key before this colon that is longer than YAML reads one; the line may have megabytes."""
    if fault.character(fault.at) != ":":
        return None
    text = fault.before.rstrip()
    quote = text[-1:]
    if quote in ("'", '"'):
        start = text.rfind(quote, 0, -1)
        while start > 0 and text[start - 1] == "\\":
            start = text.rfind(quote, 0, start)
    else:
        start = max(map(text.rfind, ",{[")) + 1
        start += len(text[start:]) - len(text[start:].lstrip(" -"))
    return _key_too_long(_Spot(fault.at.line, max(start, 0)), text[max(start, 0) :])


def _key_too_long(spot: _Spot, key: str) -> _Finding | None:
    length = len(key.strip().strip("\"'"))
    if length <= _LONGEST_KEY:
        return None
    message = f"this key has {length:,} characters, and YAML reads one of {_LONGEST_KEY:,} at most"
    return _Finding(spot, message, "shorten it, or make it a value")


def _bad_start(fault: _Fault) -> _Finding:
    character = fault.character(fault.at)
    indentation = fault.line(fault.at.line)[: fault.at.column + 1]
    if "\t" in indentation and not indentation.strip():
        return _Finding(_Spot(fault.at.line, indentation.index("\t")), "a tab cannot indent YAML", "use spaces")
    return _Finding(fault.at, f"a value cannot start with {character or 'this'}", "put the value in quotes")


def _stray_colon(fault: _Fault) -> _Finding:
    key = _long_key(fault)
    if key is not None and not fault.before[: key.spot.column].strip(" -") and ": " not in fault.before:
        return key
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
    key = _KEY_AT_START.match(fault.line(fault.began.line), fault.began.column)
    if key is not None and (found := _key_too_long(fault.began, key[1])) is not None:
        return found
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
    written = fault.line(fault.at.line)[spot.column :]
    if half := _HALF.match(written):
        return _Finding(spot, f"{half[0]} is half of a character", HALF_HINT)
    if beyond := _BEYOND.match(written):
        return _Finding(spot, f"{beyond[0]} is no character of Unicode", "write the character itself")
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
    ("escape|hexdec", _bad_escape),
    ("<document start>", _after_end),
    ("alphabetic or numeric", _bare_sigil),
    ("node content", _no_value),
    ("entries are not allowed", _misplaced_item),
    ("comment or line break|chomping", _block_header),
    ("", _unknown),
)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
