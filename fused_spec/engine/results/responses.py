"""HTTP responses that a UDF returned: those of starlette and fastapi, and those of requests and httpx."""

import asyncio
import mimetypes
from pathlib import Path
from typing import Any

from fused_spec.engine.results.stored import PARQUET, Content, Unstorable

_STATUSES = range(200, 600)
_WITHOUT_BODY = (204, 205, 304)


def as_content(value: Any) -> Content | None:
    """Body, media type and status of a response; None for any other value.

    Raises `Unstorable` for what cannot be sent as an answer.
    """
    status = getattr(value, "status_code", None)
    if not isinstance(status, int) or not hasattr(value, "headers"):
        return None
    media_type = str(value.headers.get("content-type") or getattr(value, "media_type", None) or PARQUET)
    if status not in _STATUSES:
        raise Unstorable(f"an HTTP response with status {status} cannot be sent; return one from 200 to 599")
    if not (media_type.isascii() and media_type.isprintable()):
        raise Unstorable("the media type of an HTTP response holds characters that no header can carry")
    kind = media_type.partition(";")[0].strip()
    suffix = (mimetypes.guess_extension(kind) or ".bin").lstrip(".")
    body = b"" if status in _WITHOUT_BODY else _body(value)
    return Content(suffix=suffix, content_type=media_type, content=body, status=status)


def _body(response: Any) -> bytes:
    if hasattr(response, "body_iterator"):
        return asyncio.run(_streamed(response.body_iterator))
    if (path := getattr(response, "path", None)) is not None:
        return Path(path).read_bytes()
    body = response.body if hasattr(response, "body") else response.content
    return bytes(body)


async def _streamed(pieces: Any) -> bytes:
    return b"".join([piece.encode() if isinstance(piece, str) else bytes(piece) async for piece in pieces])
