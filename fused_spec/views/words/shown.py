"""Make foreign text and values fit to be seen: no control characters, no secrets, no endless lines.

Names, logs and error texts come from files and services that nobody here wrote; an escape sequence in them must
not reach a terminal, and a secret must not reach anybody.
"""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.messages.named_secrets import is_name_alone
from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import MASK, is_sensitive_name, redact
from fused_spec.messages.visible import visible as visible  # what is told is shown through this module


def visible_lines(text: str) -> str:
    """The same, keeping its line breaks; only a line feed, or one after a carriage return, is one."""
    return "\n".join(visible(line) for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def one_line(value: Any, width: int = 100) -> str:
    """A value as one short line of JSON; absent values are a dash."""
    return "-" if value is None else cut(visible(json.dumps(value, ensure_ascii=False)), width)


def without_secrets(value: Any, name: str = "") -> Any:
    """The value with everything masked that is sensitive by its name or by its shape."""
    match value:
        case Mapping():
            return {key: without_secrets(item, str(key)) for key, item in value.items()}
        case list() | tuple():
            return [without_secrets(item, name) for item in value]
        case str():
            return MASK if is_sensitive_name(name) and not is_name_alone(value) else redact(value)
        case int() | float() if not isinstance(value, bool) and is_sensitive_name(name):
            return MASK
    return value


def shown_diagnostic(diagnostic: Diagnostic) -> Diagnostic:
    """The problem with everything masked that has the shape of a secret; what a person wrote may stand in its words."""
    return replace(
        diagnostic,
        message=redact(diagnostic.message),
        pointer=redact(diagnostic.pointer),
        hint=None if diagnostic.hint is None else redact(diagnostic.hint),
    )
