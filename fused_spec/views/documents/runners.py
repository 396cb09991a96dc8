"""Text for a stream that is no terminal: whoever reads it may be a CI runner, and takes commands from what it reads.

GitHub obeys a line that begins with `::` and a `##[` anywhere, Azure a `##vso[`, TeamCity a `##teamcity[`; GitLab and
Travis obey a carriage return and an escape sequence. How such a text came into the log does not matter to any of them.
"""

import re

from fused_spec.messages.patterns import lazily
from fused_spec.views.words.shown import visible

_COLOR = re.compile("(\x1b\\[[0-9;]*m)")
_UNESCAPED = lazily("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # what JSON lets stand, and some take for a line's end
_NOT_IN_XML = lazily("[\ufffe\uffff]")  # besides what nobody is shown
_BRACKET = re.compile(r"##(?=[\w.-]*\[)")


def harmless(text: str) -> str:
    """The text with the same lines, none of which steers a runner or a terminal; colours stay."""
    return "\n".join(map(_harmless_line, text.split("\n")))


def without_brackets(text: str) -> str:
    """The text without what is obeyed anywhere in a line."""
    return _BRACKET.sub("## ", text)


def harmless_json(text: str) -> str:
    """JSON that means the same: within quotes, where alone they can stand, brackets and line ends are escaped."""
    return _UNESCAPED().sub(lambda match: f"\\u{ord(match[0]):04x}", _BRACKET.sub(r"\\u0023#", text))


def harmless_xml(text: str) -> str:
    """XML that means the same: what is obeyed anywhere in a line is escaped, and what XML cannot hold is spelt."""
    return _BRACKET.sub("#&#35;", _NOT_IN_XML().sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _harmless_line(line: str) -> str:
    # Of the pieces every second one is a colour.
    pieces = [piece if place % 2 else visible(piece) for place, piece in enumerate(_COLOR.split(line))]
    shown = without_brackets("".join(pieces))
    return f"| {shown}" if _COLOR.sub("", shown).lstrip().startswith("::") else shown
