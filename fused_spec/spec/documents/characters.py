"""From bytes to text, refusing what an editor hides: other encodings, control and invisible characters.

Nothing here knows YAML.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator

from fused_spec.messages.diagnostics import Diagnostic, Location
from fused_spec.messages.patterns import lazily
from fused_spec.spec.files.limits import MAX_PROBLEMS

_ORDINARY_ASCII = bytes([*b"\t\n", *range(0x20, 0x7F)])

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
_SUSPECT = lazily(
    f"(?P<control>[{_CONTROL}\ufffe\uffff])"
    "|(?P<break>[\x85\u2028\u2029]|\r(?!\n))"
    "|(?P<bidi>[\u202a-\u202e\u2066-\u2069])"
    "|(?P<hidden>[\u200b\u2060\u180e\ufeff])"
    "|^(?P<indent>[ \t]*[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000])",
    re.MULTILINE,
)
HALVES = lazily("[\ud800-\udfff]")
"""Of characters that are written as two."""
_IN_QUOTES = lazily(f"[{_CONTROL}\ud800-\udfff]")
_WHY = {
    "control": ("a control character", "remove it"),
    "break": ("an unusual line end", "end lines with a line feed"),
    "bidi": ("a character that reorders the text around it on screen", "remove it"),
    "hidden": ("an invisible character", "remove it"),
    "indent": ("a character that looks like a space and is not, in the indentation", "indent with plain spaces"),
}


def read_text(content: bytes, name: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a file, or None and why not; a byte order mark at the start is dropped."""
    if content.isascii() and not content.translate(None, _ORDINARY_ASCII):
        return content.decode("ascii"), []
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
        return None, [_not_utf8(Location(path=name), "the file is UTF-16 or UTF-32")]
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(_at_byte(content, error.start, name), f"byte {content[error.start]:#04x} is not UTF-8")]
    problems = [problem for _, problem in zip(range(MAX_PROBLEMS), _suspects(text, name), strict=False)]
    return (None, problems) if problems else (text, [])


def unprintable_in(value: str) -> str | None:
    """The name of a character that an escape in a quoted scalar made and that no field may hold."""
    match = _IN_QUOTES().search(value)
    return character_name(match[0]) if match else None


def _not_utf8(location: Location, message: str) -> Diagnostic:
    return Diagnostic(code="not-utf8", message=message, location=location, hint="save the file as UTF-8")


def _at_byte(content: bytes, offset: int, name: str) -> Location:
    return _place(content[:offset].decode("utf-8", errors="replace"), name)


def _place(before: str, name: str) -> Location:
    """Where the character behind this text stands."""
    return Location(path=name, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _suspects(text: str, name: str) -> Iterator[Diagnostic]:
    for match in _SUSPECT().finditer(text):
        what, hint = _WHY[match.lastgroup or "control"]
        place = _place(text[: match.end() - 1], name)
        message = f"{character_name(match[0][-1])} is {what}"
        yield Diagnostic(code="bad-character", message=message, location=place, hint=hint)


def character_name(character: str) -> str:
    code = f"U+{ord(character):04X}"
    known = unicodedata.name(character, "")
    return f"{code} ({known.lower()})" if known else code
