"""Who may come in: a middleware before every route.

Against web pages that reach for this machine, the `Host` must be one of ours (DNS rebinding) and a foreign `Origin` is
refused. Everything but the paths that authorise themselves needs the service's token; the scheme word before it is the
client's business.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`hosts=None` accepts any `Host`: for a service that was bound to all addresses on purpose.

    `open_paths` need no token; one that ends in `/` stands for all below it. Nothing is deleted without one.
    """

    token: str = field(repr=False)
    hosts: Collection[str] | None
    open_paths: tuple[str, ...]


class Gate:
    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, detail = refusal
        # The body was not read, so the connection cannot carry another request.
        answer = JSONResponse({"detail": detail}, status_code=status, headers={"Connection": "close"})
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._rules.hosts is not None and _hostname(host) not in self._rules.hosts:
            return 403, "this host name is not the service's"
        if not _same_origin(headers, host):
            return 403, "requests from web pages are refused"
        if scope["method"] != "DELETE" and any(_covers(path, scope["path"]) for path in self._rules.open_paths):
            return None
        given = headers.get("authorization", "").partition(" ")[2]
        if hmac.compare_digest(given.encode("utf-8", "replace"), self._rules.token.encode()):
            return None
        return 401, "the token is missing or wrong; the service's own is in the service.json of its state folder"


def _covers(open_path: str, path: str) -> bool:
    return path.startswith(open_path) if open_path.endswith("/") else path == open_path


def _same_origin(headers: Headers, host: str) -> bool:
    sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    ours = {f"http://{host}", f"https://{host}"}
    return all(site in ("none", "same-origin") for site in sites) and all(origin in ours for origin in origins)


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
