"""Elements from JSON, one array of them, and from JSON lines, one on each line.

The same is refused as in specs: numbers that readers of JSON take differently, a key twice, half a character.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from fused_spec.spec.documents.characters import unprintable_in
from fused_spec.spec.documents.scalars import LARGEST_EXACT
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.files.limits import MAX_DEPTH, MAX_MEMORY
from fused_spec.spec.inputs.element_list import PARTS, BadElements, Elements

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"\[\]{},:]+')
_STRANGE = re.compile(r"\\(?:u00[01]|u007[fF]|u00[89]|u[dD][89a-fA-F]|[bf])")


def json_elements(text: str, file: str) -> Elements:
    """The items of the one array; raises `BadElements`."""
    _check_size(text)
    elements = Elements(file=file)
    at = _skipped(text, 0)
    if text[at : at + 1] != "[":
        hint = "write [ … ] around the elements, or one on each line of a .jsonl file"
        raise BadElements("this is not a list of elements", hint, *_place(text, at))
    line, line_start, before = 1, 0, 0
    at = _skipped(text, at + 1)
    while text[at : at + 1] != "]" or elements.values:
        line += text.count("\n", before, at)
        line_start = max(text.rfind("\n", before, at) + 1, line_start)
        value, end = _decoded(text, at, line, at - line_start + 1)
        elements.add(value, line, at - line_start + 1)
        before, at = at, _skipped(text, end)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            raise BadElements("a comma or ] is missing here", "separate the elements with commas", *_place(text, at))
        at = _skipped(text, at + 1)
    if (rest := _skipped(text, at + 1)) < len(text):
        raise BadElements("text follows the list", "put all elements into one list", *_place(text, rest))
    return elements


def json_value(text: str) -> Any:
    """The one value that a text is; raises `BadElements` for what JSON or specs do not take."""
    at = _skipped(text, 0)
    value, end = _decoded(text, at, *_place(text, at))
    if _skipped(text, end) < len(text):
        raise BadElements("this is not JSON: there is more behind the value", "remove it", *_place(text, end))
    return value


def json_lines_elements(text: str, file: str) -> Elements:
    """The value of each line that is not empty; raises `BadElements`."""
    _check_size(text)
    elements = Elements(file=file)
    for number, line in enumerate(text.split("\n"), 1):
        start = _skipped(line, 0)
        if start == len(line):
            continue
        value, end = _decoded(line, start, number, start + 1)
        if (rest := _skipped(line, end)) < len(line):
            raise BadElements("text follows the value of this line", "write each value on its line", number, rest + 1)
        elements.add(value, number, start + 1)
    return elements


def _check_size(text: str) -> None:
    """Before anything is built: what it will take in memory is known by its brackets and commas."""
    if 90 * text.count("[") + 260 * text.count("{") + 60 * text.count(",") > 2 * MAX_MEMORY:
        message = f"the elements take more than {2 * MAX_MEMORY >> 20} MiB of memory"
        raise BadElements(message, PARTS, code="too-large")


def _skipped(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


class _Refused(ValueError):
    """What JSON writes and specs do not take; `token` is how it is written."""

    def __init__(self, code: str, message: str, hint: str, token: str = "") -> None:
        super().__init__(message)
        self.code, self.hint, self.token = code, hint, token


def _decoded(text: str, at: int, line: int, column: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends; `line` and `column` are the same place."""

    def moved(to: int) -> tuple[int, int]:
        below = text.count("\n", at, to)
        return line + below, to - text.rfind("\n", at, to) if below else column + to - at

    try:
        value, end = _DECODER.raw_decode(text, at)
        if isinstance(value, dict | list) and _is_too_deep(value, MAX_DEPTH):
            raise RecursionError
        if _STRANGE.search(text, at, end) and (what := next(_unprintable(value), None)):
            raise _Refused("bad-character", f"the text holds {what}", "remove the escape")
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise BadElements(
            f"this is not JSON: {said}", "check quotes, commas and brackets here", *moved(error.pos)
        ) from None
    except _Refused as error:
        found = (match.start() for match in _TOKEN.finditer(text, at) if match[0] == error.token)
        place = moved(next(found, at)) if error.token else (line, column)
        raise BadElements(str(error), error.hint, *place, code=error.code) from None
    except RecursionError:
        message = f"an element is nested more than {MAX_DEPTH} levels deep"
        raise BadElements(message, "write it flatter", line, column, code="too-deep") from None
    return value, end


def _is_too_deep(value: Any, left: int) -> bool:
    inside = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_is_too_deep(item, left - 1) for item in inside if isinstance(item, dict | list))


def _unprintable(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if what := unprintable_in(value):
            yield what
        return
    items = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _unprintable(item)


def _whole(text: str) -> int:
    # The length comes first: Python refuses to convert thousands of digits.
    if len(text) <= 17 and abs(number := int(text)) <= LARGEST_EXACT:
        return number
    message = f"{text[:40]} is beyond 2^53, where JSON numbers lose digits"
    raise _Refused("number-too-large", message, "put it in quotes if every digit matters", text)


def _real(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _not_finite(text)


def _not_finite(text: str) -> float:
    message = f"{text[:40]} is not a finite number, and JSON has no other"
    raise _Refused("not-finite", message, "write null, or a number", text)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if any(key == other for other, _ in pairs[:index]))
        raise _Refused("duplicate-key", f"this element has the key {spelt(twice)} twice", "keep one")
    return mapping


_DECODER = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=_whole, parse_float=_real, parse_constant=_not_finite)
