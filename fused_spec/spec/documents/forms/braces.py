"""Quotes for values with `${…}` between braces, without which such a text is no YAML."""

import re

from fused_spec.spec.documents.document import read_documents
from fused_spec.spec.documents.forms.edits import Edit, edited, quoted
from fused_spec.spec.files.discovery import SpecFile

CODE = "unquoted-interpolation"
_VALUE = re.compile(r"(?:\$\{[^{}\n]*\}|[^,\[\]{}\n])+")
_NOT_ALONE = re.compile(r":(?:\s|$)|\s#|[\"']")


def with_quotes(text: str, name: str) -> str:
    """The text with quotes around each of these values, as far as it is plain where they end."""
    for _ in range(text.count("${")):
        place = _first(text, name)
        if place is None or (edit := _edit(text, place)) is None:
            break
        text = edited(text, [edit])
    return text


def _first(text: str, name: str) -> int | None:
    """Where the first of them begins, if one is what is wrong with the text."""
    _, problems = read_documents(SpecFile(name=name, path=None, content=text.encode()))
    places = [one.location for one in problems if one.code == CODE]
    if not places:
        return None
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: places[0].line - 1]) + places[0].column - 1


def _edit(text: str, start: int) -> Edit | None:
    found = _VALUE.match(text, start)
    if found is None:
        return None
    value = found[0].rstrip()
    if "${" not in value or _NOT_ALONE.search(value):
        return None
    return Edit(start, start + len(value), quoted(value))
