"""Foreign text as one harmless line, for a terminal, a page or a picture."""

import re

# C0 and C1 without the tab, DEL, line and paragraph separators, and what reorders or hides text on a screen.
_INVISIBLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """The text as one harmless line: control characters become `\\x1b` and the like."""
    return _INVISIBLE.sub(lambda match: _escaped(match[0]), text)


def _escaped(character: str) -> str:
    code = ord(character)
    return {"\n": "\\n", "\r": "\\r"}.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
