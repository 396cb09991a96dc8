"""One request as a value, and where its answer leads; nothing here sends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urljoin

from fused_spec.api.http.addresses import same_origin
from fused_spec.api.http.answers import Answer


class Pieces(Protocol):
    """A body that comes piece by piece, with its length in bytes known before."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


Body = bytes | Pieces

_LEADS_ON = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `shown_url` and `where` stand for its URL in messages, without anything secret.

    It is counted under its `route`.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: Body | None = field(default=None, repr=False)
    shown_url: str
    where: str
    route: str

    @property
    def call(self) -> str:
        return f"{self.method} {self.shown_url}"


def with_body(request: Request, body: Body, content_type: str) -> Request:
    """The request with something to carry."""
    return replace(request, body=body, headers={**request.headers, "Content-Type": content_type})


def onward(request: Request, answer: Answer) -> str | None:
    """Where an answer leads within its request's origin."""
    location = answer.headers.get("Location", "")
    if answer.status not in _LEADS_ON or not location:
        return None
    try:
        target = urljoin(request.url, location)
        return target if same_origin(target, request.url) else None
    except ValueError:  # no address of a server that we would ask
        return None
