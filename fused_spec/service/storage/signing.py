"""URLs that authorise themselves: a path, until when it holds, and a signature that only this service can make."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

_LIFETIME = 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs and checks; `secret` stays in the process."""

    secret: bytes = field(repr=False)
    now: Callable[[], float] = time.time

    @classmethod
    def of(cls, token: str) -> "Signer":
        """A signer whose secret follows from the service's token, so that URLs survive a restart."""
        return cls(secret=hashlib.sha256(b"fused-spec signed urls\0" + token.encode()).digest())

    def sign(self, method: str, path: str) -> str:
        """The path with its query; `method` is the only one it can be used with."""
        expires = self.expiry()
        return f"{quote(path)}?expires={expires}&signature={self.signature(method, path, expires)}"

    def expiry(self) -> str:
        """Until when something signed now holds, in seconds since the epoch."""
        return str(int(self.now()) + _LIFETIME)

    def signature(self, method: str, path: str, expires: str) -> str:
        text = f"{method}\n{path}\n{expires}"
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()

    def holds(self, method: str, path: str, expires: str, signature: str) -> bool:
        """Whether the signature is ours, for this use, and has not expired."""
        ours = self.signature(method, path, expires)
        if not hmac.compare_digest(ours.encode(), signature.encode("utf-8", "replace")):
            return False
        return int(expires) >= self.now()  # digits: we signed them
