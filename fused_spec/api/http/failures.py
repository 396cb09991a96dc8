"""Say in our words why no answer came, and whether the request may have arrived."""

import ssl
from collections.abc import Iterator
from typing import TypeVar

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from fused_spec.api.errors import TimedOut, Unreachable, Unreadable

Cause = TypeVar("Cause", bound=BaseException)

_ADDRESS_HINT = "check the address and the network; `fused-spec serve` starts a service on this machine"


def failure(error: requests.RequestException, *, call: str, where: str) -> Unreachable | TimedOut | Unreadable:
    """Translate requests' error for a call to `where`.

    Its own text is left out, since it quotes the whole URL. Before a connection stands nothing was sent; once it
    stands, a reset or a timeout leaves open whether the request arrived.
    """
    causes = list(_causes(error))
    if untrusted := _first(causes, ssl.SSLCertVerificationError):
        why = f"its certificate is not trusted ({untrusted.verify_message})"
        return Unreachable(f"no safe connection to {where}: {why}", sent=False, hint=_ADDRESS_HINT)
    if isinstance(error, requests.ConnectTimeout | ValueError) or _first(causes, NewConnectionError):
        return Unreachable(f"nothing answers at {where}: {_why(error, causes)}", sent=False, hint=_ADDRESS_HINT)
    if isinstance(error, requests.Timeout) or _first(causes, TimeoutError) or _first(causes, ReadTimeoutError):
        return TimedOut(f"{call}: the answer from {where} was not whole in time")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Unreadable(f"{call} answered a body that cannot be decompressed")
    return Unreachable(f"{call}: the connection to {where} broke before the answer was whole", sent=None)


def _why(error: requests.RequestException, causes: list[BaseException]) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, ValueError):
        return "the address cannot be used"
    reason = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    return (reason or "no connection").lower()


def _first(causes: list[BaseException], kind: type[Cause]) -> Cause | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies below it: urllib3 keeps that as `reason`, as an argument, or as the cause."""
    current: BaseException | None = error
    while current is not None:
        yield current
        below = (getattr(current, "reason", None), *current.args, current.__cause__)
        current = next((item for item in below if isinstance(item, BaseException)), None)
