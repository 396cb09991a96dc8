"""Read the body of an answer: within a limit of bytes and of seconds, and once."""

import io
from collections.abc import Iterator

import requests

from fused_spec.api.errors import TimedOut, Unreadable
from fused_spec.api.http.failures import failure
from fused_spec.api.http.request import Request
from fused_spec.system.polling import Deadline

_PIECE = 64 * 1024


def pieces(response: requests.Response, request: Request, size: int, deadline: Deadline) -> Iterator[bytes]:
    """The body piece by piece, at most `size` bytes of it and until the deadline."""
    if "," in response.headers.get("Content-Encoding", ""):
        raise Unreadable(f"{request.call} answered a body that is compressed more than once")
    stream = response.iter_content(_PIECE)
    left = size
    while True:
        try:
            piece = next(stream, b"")
        except requests.RequestException as error:
            raise failure(error, call=request.call, where=request.where) from None
        if not piece:
            return
        left -= len(piece)
        if left < 0:
            raise Unreadable(f"{request.call} answered more than {size} bytes, which is not read")
        if deadline.passed:
            raise TimedOut(f"{request.call}: the answer from {request.where} was not whole in time")
        yield piece


def kept(response: requests.Response, request: Request, body: bytes) -> requests.Response:
    """The same answer with its body read, as the published client's errors carry it."""
    same = requests.Response()
    same.status_code, same.reason, same.url = response.status_code, response.reason, request.shown_url
    same.headers, same.encoding, same.request = response.headers, response.encoding, response.request
    same.raw = io.BytesIO(body)
    return same
