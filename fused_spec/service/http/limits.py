"""How much and how long: a middleware that ends requests that are too large, too slow, packed, or too many.

A body may come slowly, but not ever more slowly: its time grows with what has arrived. A client that does not take its
answer is let go as well.
"""

import asyncio
import re
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fused_spec.service.http.answers import refuse

_MIB = 1024 * 1024
_CLOSE = {"Connection": "close"}  # what is left of the body is not read, so the connection carries no other request


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`upload` bytes for paths that begin as `uploads` says, `body` for others; 5 GiB is what one POST to S3 may hold.

    A body may be a job's config of 64 MiB, which is more with the spaces that clients write into JSON.

    A body has `patience` seconds, and one more for each `slowest` bytes that have come; each piece of an answer has
    `patience` seconds to be taken.
    """

    uploads: re.Pattern[str] = re.compile("(?!)")
    upload: int = 5 * 1024 * _MIB
    body: int = 96 * _MIB
    requests: int = 512
    patience: float = 30.0
    slowest: int = 16 * 1024


class Limits:
    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = self._bounds.uploads.match(scope["path"]) is not None
        body = _Body(receive, self._bounds, largest=self._bounds.upload if is_upload else self._bounds.body)
        refusal = self._refusal(Headers(scope=scope), body)
        if refusal is not None:
            answer = JSONResponse({"detail": refusal.detail}, refusal.status_code, headers=refusal.headers)
            await answer(scope, receive, send)
            return

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._bounds.patience):
                await send(message)

        self._requests += 1
        try:
            await self._app(scope, body.receive, patiently)
        finally:
            self._requests -= 1

    def _refusal(self, headers: Headers, body: "_Body") -> HTTPException | None:
        """Why the request is not even begun."""
        if self._requests >= self._bounds.requests:
            busy = f"{self._bounds.requests} requests are being answered already; try again in a moment"
            return refuse(503, busy, {**_CLOSE, "Retry-After": "1"})
        if headers.get("content-encoding", "identity").lower() != "identity":
            return refuse(415, "bodies are taken as they are, without a Content-Encoding", _CLOSE)
        declared = headers.get("content-length", "0")
        return body.too_large() if declared.isdigit() and int(declared[:20]) > body.largest else None


class _Body:
    """A request's body on its way in."""

    def __init__(self, receive: Receive, bounds: Bounds, *, largest: int) -> None:
        self._receive = receive
        self._bounds = bounds
        self.largest = largest
        self._size = 0
        self._whole = False
        self._began = asyncio.get_running_loop().time()

    async def receive(self) -> Message:
        """The next message; raises an `HTTPException` for a body beyond its bounds."""
        if self._whole:  # what comes now is the news that the client is gone
            return await self._receive()
        deadline = self._began + self._bounds.patience + self._size / self._bounds.slowest
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError:
            raise refuse(408, "the body comes too slowly", _CLOSE) from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._size > self.largest:
            raise self.too_large()
        return message

    def too_large(self) -> HTTPException:
        return refuse(413, f"the body is larger than {self.largest // _MIB} MiB; send large data as a file", _CLOSE)
