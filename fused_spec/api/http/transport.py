"""Send one call and bring back its whole answer.

What holds for every call is decided here: no proxies and no `.netrc` from the environment, no cookies, redirects
followed for GET within one origin alone, credentials only to the base URL, a limit in seconds and bytes for the whole
answer, repeats only of GET and HEAD, no secret in an error. What the calls mean is not known here.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from fused_spec import __version__
from fused_spec.api.errors import (
    ApiError,
    InvalidArgument,
    NoCredentials,
    TimedOut,
    Unreachable,
    Unreadable,
    raise_for_status,
)
from fused_spec.api.http.addresses import checked_base_url, checked_target
from fused_spec.api.http.answers import Answer
from fused_spec.api.http.bodies import kept, pieces
from fused_spec.api.http.exchange import opened
from fused_spec.api.http.limits import FILES, ORDINARY, Limits
from fused_spec.api.http.pace import Pace
from fused_spec.api.http.request import Body, Request, onward, with_body
from fused_spec.api.http.routes import elsewhere, route
from fused_spec.api.http.server_clock import ServerClock
from fused_spec.api.http.sockets import DeadlineAdapter
from fused_spec.configuration.settings import Credentials
from fused_spec.messages.redaction import Redactor
from fused_spec.system.polling import Clock, Deadline, Sleep, steady_clock
from fused_spec.system.timings import UNTIMED, Timings, Traffic

Query = Mapping[str, str | int | None]
Sink = Callable[[Iterator[bytes]], bytes]
Headers = Mapping[str, str]
_ALL: Sink = b"".join

# The generation of the protocol that `wire` speaks; servers choose by it, for example, whether the stored results
# of a job come with `.metadata` entries.
_GENERATION = "2.9.5"

_CACHE_DISABLE = {"X-Fused-Cache-Disable": "true"}
"""What a call starts or asks for is to be done now, and not taken from what an earlier one left."""

_NONE: Headers = MappingProxyType({})
_REPEATABLE = frozenset({"GET", "HEAD"})
_MOST_HOPS = 5
_TOO_MANY = 429
_PASSING_STATUS = frozenset({_TOO_MANY, 502, 503, 504})
_RUSHED = frozenset({_TOO_MANY, 503})
_PAUSES = (0.25, 0.5, 1.0)
_LONGEST_RETRY_AFTER = 60.0
_CONNECTIONS = 64


def new_session() -> requests.Session:
    """A session that keeps connections and nothing else."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.headers["User-Agent"] = f"fused-spec/{__version__}"
    session.headers["Accept-Encoding"] = "identity"  # a small compressed body can unpack to any size
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(pool_maxsize=_CONNECTIONS))
    return session


class Transport:
    """Calls below one base URL with one set of credentials; threads may share it.

    A `session` of one's own comes from `new_session`; `clock`, `sleep` and `random` are there for tests.
    `timings` is told each request; one that is sent again is told again.
    Raises `InvalidArgument` for a base URL that is neither https nor on this machine.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None,
        *,
        session: requests.Session | None = None,
        clock: Clock = steady_clock,
        sleep: Sleep = time.sleep,
        random: Callable[[], float] = random.random,
        timings: Timings = UNTIMED,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self.clock = clock
        self.sleep = sleep
        self._random = random
        self._timings = timings
        self._session = session or new_session()
        self._credentials = credentials
        self._redact = Redactor([credentials.access_token] if credentials else [])
        self._server_clock = ServerClock(clock)
        self._pace = Pace(_CONNECTIONS, clock, sleep)

    def hide(self, values: Iterable[str]) -> None:
        """Keep these out of every error as well: a service may quote what it was sent."""
        if not self._redact.hides(more := tuple(values)):
            self._redact = self._redact.with_more(more)

    @property
    def server_time(self) -> datetime | None:
        """The time on the service's clock; None before an answer told it."""
        return self._server_clock.now

    @property
    def service_id(self) -> str | None:
        """The id that the service at the base URL told; None where it tells none, and before an answer."""
        return self._server_clock.service_id

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r})"

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        content: Any = None,
        body: Body | None = None,
        headers: Headers = _NONE,
        authenticated: bool = True,
        leads_on: bool = True,
        limits: Limits = ORDINARY,
        sink: Sink = _ALL,
    ) -> Answer:
        """Send one call to `path` below the base URL, with JSON `content` or a raw `body`.

        A GET goes along redirects within its own origin; any other, and each without `leads_on`, is an answer like any
        other. Raises `ApiError` for 4xx and 5xx, `Unreachable` or `TimedOut` when no whole answer came, `Unreadable`
        when it is too large, `NoCredentials` when they are needed.
        """
        request = self._own(method, path, query, headers, known=authenticated)
        if content is not None:
            return self._send(with_body(request, _as_json(content), "application/json"), limits)
        if body is not None:
            return self._send(with_body(request, body, "application/octet-stream"), limits)
        leads = method == "GET" and leads_on
        return self._along(request, limits, sink) if leads else self._send(request, limits, sink)

    def fetch(self, url: str, *, headers: Headers = _NONE, limits: Limits = ORDINARY, sink: Sink = _ALL) -> Answer:
        """GET a URL that the service handed out; no credentials go there, and no redirect leads to another origin."""
        return _final(self._along(replace(self._outside("GET", url), headers=headers), limits, sink))

    def post_form(self, url: str, body: Body, content_type: str) -> Answer:
        """POST an upload to a URL that the service handed out; no credentials go there."""
        return self._send(with_body(self._outside("POST", url), body, content_type), FILES)

    def follow(self, path: str, *, query: Query, headers: Headers = _NONE, limits: Limits, sink: Sink = _ALL) -> Answer:
        """GET `path` and go along redirects: with credentials on the same origin, once to another and without them."""
        answer = self._along(self._own("GET", path, query, headers), limits, sink)
        if not answer.is_redirect:
            return answer
        return _final(self._along(self._outside("GET", answer.location), limits, sink))

    def _along(self, request: Request, limits: Limits, sink: Sink = _ALL) -> Answer:
        """Send a GET, and send it again to where its own origin leads; the answer may be a redirect to another one."""
        for _ in range(_MOST_HOPS):
            answer = self._send(request, limits, sink)
            next_url = onward(request, answer)
            if next_url is None:
                return answer
            request = replace(request, url=next_url)
        raise Unreadable(f"{request.call} leads from one redirect to the next without end")

    def _own(self, method: str, path: str, query: Query | None, more: Headers, *, known: bool = True) -> Request:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return Request(
            method=method,
            url=f"{self.base_url}/{path}" + (f"?{urlencode(given)}" if given else ""),
            headers={**(self._credential_headers() if known else {}), **more},
            shown_url=self._redact(f"{self.base_url}/{path}"),
            where=self.base_url,
            route=route(method, path),
        )

    def _outside(self, method: str, url: str) -> Request:
        parts = urlsplit(checked_target(url, base_url=self.base_url))
        host = f"{parts.scheme}://{parts.netloc}"
        # Any part of a signed URL may be what makes it secret, so only the host is told.
        return Request(method=method, url=url, headers={}, shown_url=f"{host}/…", where=host, route=elsewhere(method))

    def _credential_headers(self) -> dict[str, str]:
        if self._credentials is None:
            raise NoCredentials(
                "this call needs credentials, and the client was made without them",
                hint="make the client with credentials_needed=True",
            )
        return {"Authorization": self._credentials.header, "Fused-Py-Version": _GENERATION, **_CACHE_DISABLE}

    def _send(self, request: Request, limits: Limits, sink: Sink = _ALL) -> Answer:
        """Send once; GET and HEAD again after a failure that may pass, as long as the total allows."""
        if request.method not in _REPEATABLE:
            return self._attempt(request, limits, limits.total, sink)
        pauses = iter(_PAUSES)
        end = self.clock() + limits.total
        while True:
            try:
                return self._in_turn(request, limits, end, sink)
            except (ApiError, TimedOut, Unreachable) as error:
                wait = self._wait_before_repeat(error, next(pauses, None))
                if wait is None or self.clock() + wait >= end:
                    raise
            self.sleep(wait)

    def _wait_before_repeat(self, error: Exception, pause: float | None) -> float | None:
        """Seconds until a repeat may help, None when it cannot: jittered, and not before the service asks for it.

        A service that has too much to do is asked again for as long as the total allows: its turn will come.
        """
        is_busy = isinstance(error, ApiError) and error.status_code == _TOO_MANY
        if pause is None and is_busy:
            pause = _PAUSES[-1]
        if pause is None:
            return None
        jittered = pause * (0.5 + self._random() / 2)
        if not isinstance(error, ApiError):
            return jittered
        if error.status_code not in _PASSING_STATUS:
            return None
        return max(jittered, _asked_pause(error))

    def _in_turn(self, request: Request, limits: Limits, end: float, sink: Sink) -> Answer:
        with self._pace.turn() as turn:
            try:
                return self._attempt(request, limits, min(end - self.clock(), limits.attempt), sink)
            except ApiError as error:
                if error.status_code in _RUSHED:
                    turn.refused_for = _asked_pause(error)
                raise

    def _attempt(self, request: Request, limits: Limits, seconds: float, sink: Sink) -> Answer:
        with self._timings.request(request.route) as traffic:
            if request.body is not None:
                traffic.sent += len(request.body)
            return self._exchange(request, limits, seconds, sink, traffic)

    def _exchange(self, request: Request, limits: Limits, seconds: float, sink: Sink, traffic: Traffic) -> Answer:
        deadline = Deadline(seconds, self.clock)
        with opened(self._session, request, (min(limits.connect, seconds), seconds)) as response:
            # Errors carry the response and its request: the header must not be shown with them.
            response.request.headers.pop("Authorization", None)
            self._server_clock.note(response.headers, own=request.where == self.base_url)
            if 200 <= response.status_code < 300:
                body = sink(_counted(pieces(response, request, limits.size, deadline), traffic))
            else:
                body = b"".join(_counted(pieces(response, request, ORDINARY.size, deadline), traffic))
                raise_for_status(
                    kept(response, request, body),
                    call=request.call,
                    redact=self._redact,
                    with_credentials="Authorization" in request.headers,
                )
            return Answer(call=request.call, status=response.status_code, headers=response.headers, body=body)


def _asked_pause(error: ApiError) -> float:
    """The pause in seconds that the service asked for, a minute at the most."""
    return min(_LONGEST_RETRY_AFTER, error.retry_after or 0.0)


def _counted(body: Iterator[bytes], traffic: Traffic) -> Iterator[bytes]:
    for piece in body:
        traffic.received += len(piece)
        yield piece


def _final(answer: Answer) -> Answer:
    if answer.is_redirect:
        raise Unreadable(f"{answer.call} answered {answer.status}, a redirect that is not followed")
    return answer


def _as_json(content: Any) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"this cannot be sent as JSON: {error}") from None
