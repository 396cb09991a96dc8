"""How a secret may be written: every form in which its value is likely to turn up in a text."""

import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

_SHORTEST_ENCODED = 8  # characters of a value that is looked for in base64 and hexadecimal digits
_LEFT_BY_REQUESTS = "!#$%&'()*+,/:;=?@[]~"  # what requests leaves as it is in a URL


def forms(value: str) -> list[str]:
    """How a value may be written, longest first: as it is, as JSON, CSV, HTML, Python or a URL has it, in base64 and in
    hexadecimal digits."""
    from html import escape  # with a table of 2,000 names, for those alone who know a secret

    in_json = [json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    ways = {
        value,
        *in_json,
        *(json.dumps(text)[1:-1] for text in in_json),  # JSON within JSON
        *(text.replace("/", "\\/") for text in in_json),  # as pandas writes it
        value.replace('"', '""'),
        *(escape(value, quote=quotes) for quotes in (True, False)),
        *(spell(value)[1:-1] for spell in (repr, ascii)),
        *(quote(value, safe=safe, errors="replace") for safe in ("", "/", _LEFT_BY_REQUESTS)),
        quote_plus(value, errors="replace"),
        *encoded_forms(value),
    }
    return sorted(ways, key=len, reverse=True)


def encoded_forms(value: str) -> Iterator[str]:
    """The value in hexadecimal digits, and of base64 what it alone decides, wherever in three bytes it begins."""
    from base64 import b64encode, urlsafe_b64encode

    content = value.encode("utf-8", "surrogatepass")
    if len(content) < _SHORTEST_ENCODED:
        return
    yield content.hex()
    yield content.hex().upper()
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(content)) // 6
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + content).decode("ascii")[first:last]
