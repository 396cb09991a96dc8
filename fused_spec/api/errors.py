"""The HTTP failures: each is one of ours and, for code written against the published client, one of requests'.

    FusedSpecError
    ├── InvalidArgument       also ValueError                     nothing was sent
    └── ServiceError
        ├── ApiError          also requests.HTTPError             the service answered with 4xx or 5xx
        ├── Unreadable        also RequestException, ValueError   it answered, but not what was asked for
        ├── ServiceUnreachable
        │   ├── Unreachable   also requests.ConnectionError
        │   └── TimedOut      also requests.ReadTimeout
        └── CredentialsError
            ├── NoCredentials                                     nothing was sent
            └── Refused       also ApiError                       401 and 403

`sent` (see `ServiceError`) tells whether a repeat could do the work twice. No text here holds a secret: what a
server said is redacted before it becomes an argument.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import requests

from fused_spec.configuration.settings import credentials_hint
from fused_spec.errors import CredentialsError, FusedSpecError, ServiceError, ServiceUnreachable

Redact = Callable[[str], str]

_HINTS = {
    413: "send less at once: upload large inputs and name their URL",
    429: "wait a minute, then repeat",
}
_SERVER_HINT = "the service failed on its side: look at its status, then repeat"


class InvalidArgument(FusedSpecError, ValueError):
    """An argument that cannot be sent."""

    sent = False


class ApiError(ServiceError, requests.HTTPError):
    """The service answered with an error.

    `args[0]` is what it said (see `raise_for_status`): text, or parsed JSON. `str()` adds status and call.
    """

    response: requests.Response

    def __init__(self, problem: Any, *, response: requests.Response, call: str) -> None:
        status = response.status_code
        super().__init__(problem, hint=_HINTS.get(status, _SERVER_HINT if status >= 500 else None))
        self.response = response
        self.request = response.request
        self.call = call
        # The service does not know it, or not any more.
        self.is_gone = status in (404, 410)
        # It has no such call, as services of another generation do not have all.
        self.lacks_the_call = status in (404, 405, 501)
        # A 4xx is a refusal; a 408 and every 5xx may come from a gateway in front of work that goes on.
        self.sent = False if 400 <= status < 500 and status != 408 else None
        self.passes = status >= 500 or status in (408, 429)
        self.retry_after = seconds_asked_for(response.headers)

    @property
    def status_code(self) -> int:
        return self.response.status_code

    def __str__(self) -> str:
        return f"{_as_text(self.args[0])} ({self.status_code} for {self.call})"


class Refused(CredentialsError, ApiError):
    """The service does not accept the credentials, or they do not suffice (401, 403)."""

    def __init__(self, problem: Any, *, response: requests.Response, call: str) -> None:
        super().__init__(problem, response=response, call=call)
        self.hint = (
            credentials_hint(response.url)
            if response.status_code == 401
            else "ask the owner of the environment for access, or use other credentials"
        )


def seconds_asked_for(headers: Mapping[str, str]) -> float | None:
    """How long `Retry-After` asks to wait: seconds, or a date, which counts from the answer's own."""
    asked = headers.get("Retry-After", "").strip()
    if not asked:
        return None
    if asked.isdecimal():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):  # TypeError: of two dates only one has a zone
        return None


class NoCredentials(CredentialsError):
    """The call needs credentials and the client was made without."""

    sent = False


class Unreadable(ServiceError, requests.RequestException, ValueError):
    """An answer that is not what was asked for: other JSON, no JSON, too large, an unexpected redirect."""


class Unreachable(ServiceUnreachable, requests.ConnectionError):
    """No connection, or one that broke before the answer was whole."""

    def __init__(self, message: str, *, sent: bool | None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.sent = sent


class TimedOut(ServiceUnreachable, requests.ReadTimeout):
    """The answer was not whole when its time was up."""


def raise_for_status(response: requests.Response, *, call: str, redact: Redact, with_credentials: bool) -> None:
    """Raise `ApiError` for a status from 400 on (`Refused`, when credentials were sent and are not enough).

    A redirect passes. The argument follows the published client: the whole body of a 422; for any other body whose
    content type is exactly `application/json` its `message`, else its `detail` when that is text, else the whole
    body; for everything else a sentence with status, reason and URL. Unlike there, a 422 that is not JSON falls
    into the last case, too, so a caller has one class to catch.
    """
    if response.status_code < 400:
        return
    # A signed URL that expired answers 403 as well, and has nothing to do with credentials.
    kind = Refused if with_credentials and response.status_code in (401, 403) else ApiError
    raise kind(_redacted(_problem(response), redact), response=response, call=call)


def _problem(response: requests.Response) -> Any:
    whose = "Client" if response.status_code < 500 else "Server"
    generic = f"{response.status_code} {whose} Error: {response.reason} for url: {response.url}"
    is_rejection = response.status_code == 422
    if not is_rejection and response.headers.get("Content-Type") != "application/json":
        return generic
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return generic
    if is_rejection or not isinstance(body, dict):
        return body
    if "message" in body:
        return body["message"]
    return body["detail"] if isinstance(body.get("detail"), str) else body


def _redacted(value: Any, redact: Redact) -> Any:
    match value:
        case str():
            return redact(value)
        case Mapping():
            return {redact(str(key)): _redacted(item, redact) for key, item in value.items()}
        case list():
            return [_redacted(item, redact) for item in value]
    return value


def _as_text(problem: Any) -> str:
    """A rejected body names places and reasons (`{"detail": [{"loc", "msg"}]}`); other JSON stays JSON."""
    detail = problem.get("detail") if isinstance(problem, Mapping) else None
    if isinstance(detail, list) and all(isinstance(item, Mapping) and "msg" in item for item in detail):
        return "; ".join(
            f"{'.'.join(map(str, cast(list[Any], item.get('loc') or ['body'])))}: {item['msg']}" for item in detail
        )
    if isinstance(detail, str):
        return detail
    return problem if isinstance(problem, str) else json.dumps(problem, ensure_ascii=False)
