"""A secret that nothing else can be taken for, and every way in which somebody may find it again."""

import base64
import html
import json
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote, quote_plus

from tests.archived import archived

PRINTS = """\
@fused.udf
def udf(fails: bool = False):
    import base64, json, os
    from urllib.parse import quote, quote_plus
    value = os.environ["DB"]
    content = value.encode()
    print("raw", value)
    print("json", json.dumps({"db": value}), json.dumps(json.dumps(value)))
    print("url", quote(value, safe=""), quote_plus(value))
    print("repr", repr(value), "hex", content.hex(), content.hex().upper())
    for before in (b"", b"a", b"ab"):
        print("base64", base64.b64encode(before + content + b"z").decode())
        print("base64", base64.urlsafe_b64encode(before + content).decode())
    print(value[:9])
    print(value[9:])
    print("dsn", os.environ["DSN"])
    if fails:
        raise ValueError(value)
    return 1
"""
"""A UDF that gives away what it was given, in many words."""


_PIECE = 9


class Canary:
    """A random value with signs that JSON, a URL and a shell write otherwise; or one that somebody else has made."""

    def __init__(self, value: str | None = None) -> None:
        self.value = value or f"{token_hex(8)}/+?\"'&{token_hex(8)}"

    def forms(self) -> Iterator[str]:
        value, content = self.value, self.value.encode()
        told = json.dumps(value)[1:-1]
        yield from (value, told, json.dumps(told)[1:-1], quote(value, safe=""), quote_plus(value), content.hex())
        yield from (html.escape(value), repr(value)[1:-1])
        for start in range(len(value) - _PIECE + 1):  # in two lines, wherever it was cut
            yield value[start : start + _PIECE]
        for before in range(3):
            for encoded in (base64.b64encode, base64.urlsafe_b64encode):
                whole = encoded(bytes(before) + content).decode().rstrip("=")[-(-8 * before // 6) : -1]
                yield from (whole, whole[: len(whole) // 2], whole[len(whole) // 2 :])

    def seen_in(self, text: str) -> list[str]:
        """The forms in which it stands in a text, however its letters are."""
        return [form for form in self.forms() if form.lower() in text.lower()]

    def seen_below(self, folder: Path) -> list[str]:
        return self.seen_in(archived(folder).decode("utf-8", "replace"))
