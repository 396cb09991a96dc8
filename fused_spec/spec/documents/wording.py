"""How values and lists are spelt in messages: as YAML would, short, and never a secret."""

import json
from collections.abc import Iterable
from typing import Any

from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import MASK, is_sensitive_name, looks_like_secret
from fused_spec.spec.documents.positions import Pointer

LONGEST = 60


def spelt(value: Any, pointer: Pointer = ()) -> str:
    """A value as JSON spells it, cut to a readable length; masked when its name or its shape is a secret's."""
    if any(isinstance(step, str) and is_sensitive_name(step) for step in pointer):
        return MASK
    text = json.dumps(value, ensure_ascii=False)
    if looks_like_secret(text):
        return MASK
    return cut(text, LONGEST)


def either(words: Iterable[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end
