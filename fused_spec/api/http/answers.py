"""What comes back from a call, and how its JSON becomes a wire model; nothing here connects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from fused_spec.api.errors import Unreadable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer below 400; `call` names the request in messages, `body` is empty when it went to a file."""

    call: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status < 400

    @property
    def location(self) -> str:
        """Where a redirect leads; `Unreadable` when this is none, or names no absolute address."""
        location = self.headers.get("Location", "")
        if not self.is_redirect or not urlsplit(location).scheme:
            raise Unreadable(f"{self.call} answered {self.status} without an absolute address to go on to")
        return location

    def read_as(self, kind: type[T]) -> T:
        """The JSON body as `kind`, or `Unreadable`; its message tells the place, never the value."""
        if self.is_redirect:
            raise Unreadable(f"{self.call} answered {self.status}, a redirect, where JSON was expected")
        try:
            return cast(T, _adapter(cast(Any, kind)).validate_json(self.body))
        except ValidationError as error:
            # Not chained and without input: an answer may hold a secret, and a page of HTML helps nobody.
            first = error.errors(include_input=False, include_url=False, include_context=False)[0]
            place = ".".join(map(str, first["loc"])) or "the body"
            raise Unreadable(f"{self.call} answered something unexpected: {place}: {first['msg']}") from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
