"""What every answer tells a browser that shows it: keep nothing, guess nothing, and let its scripts reach nothing here.

A shared token may be opened in a browser, and its UDF may answer with a page. The page gets an origin of its own, so
that its scripts come to this service as a stranger's do, and are refused.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # addresses hold tokens and signatures
    (b"cross-origin-resource-policy", b"same-origin"),
)
_POLICY = (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'")
_PAGE_POLICY = (b"content-security-policy", b"sandbox allow-scripts allow-popups; frame-ancestors 'none'")


class Browsers:
    """`page_prefix` is where pages may stand, which may run scripts of their own."""

    def __init__(self, app: ASGIApp, page_prefix: str) -> None:
        self._app = app
        self._page_prefix = page_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _PAGE_POLICY if scope["path"].startswith(self._page_prefix) else _POLICY

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *_ALWAYS, policy]}
            await send(message)

        await self._app(scope, receive, with_headers)
