"""A part of a content that is asked for, as `Range` names it; a form that is not understood asks for all."""

import re

from msgspec import Struct
from starlette.requests import Request

from fused_spec.service.http.answers import refuse

_ONE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Span(Struct, frozen=True):
    """Bytes from `start` up to `end`, which is not among them, of a content of `size`."""

    start: int
    end: int
    size: int

    @property
    def headers(self) -> dict[str, str]:
        """What an answer with this part says of it."""
        return {
            "Content-Length": str(self.end - self.start),
            "Content-Range": f"bytes {self.start}-{self.end - 1}/{self.size}",
            "Accept-Ranges": "bytes",
        }


def asked_span(request: Request, size: int) -> Span | None:
    """The one part that is asked for, None for the whole; refuses with 416 what lies behind the end."""
    match = _ONE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match[1] == match[2] == "":
        return None
    first, last = match[1], match[2]
    if first:
        span = Span(int(first), min(int(last) + 1, size) if last else size, size)
    else:
        span = Span(max(0, size - int(last)), size, size)
    if span.start >= span.end:
        raise refuse(416, "the range lies outside of the content", {"Content-Range": f"bytes */{size}"})
    return span
