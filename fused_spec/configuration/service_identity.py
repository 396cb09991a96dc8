"""Which service it is, by what stays the same.

An embedded service has a random id in its state folder and tells it with every answer: its port changes at each start,
and every machine has one of its own. Any other server is known by its base URL.
"""

import hashlib
import re
from urllib.parse import urlsplit

from msgspec import Struct

HEADER = "Fused-Spec-Service"
"""The header in which an embedded service tells its id."""

ATTEMPT_HEADER = "Fused-Spec-Attempt"
"""The header in which an embedded service repeats the nonce of the start that it answers."""

_ID = re.compile(r"[0-9a-f]{32}")
_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|localhost|::1")
_PORTS = {"http": 80, "https": 443}


class ServiceIdentity(Struct, frozen=True, kw_only=True):
    """A service: `id` is what an embedded one tells, `url` where it is reached now."""

    url: str
    id: str | None = None

    @property
    def name(self) -> str:
        """What it is known by."""
        return self.id or normal_url(self.url)

    @property
    def folder(self) -> str:
        """The name as a part of a path."""
        if self.id is not None:
            return self.id
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:8]
        return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', self.name.partition('://')[2])[:100]}-{digest}"

    def is_at(self, url: str) -> bool:
        """Whether it is the service at this address; that of an embedded one on a machine says nothing, as ports go."""
        return normal_url(url) == normal_url(self.url) and (self.id is None or not is_loopback(url))


def is_service_id(told: str) -> bool:
    """Whether this may be the id of a service; whatever else a server says in its place says nothing."""
    return _ID.fullmatch(told) is not None


def is_loopback(url: str) -> bool:
    """Whether the address is of this machine, whichever that is."""
    return _LOOPBACK.fullmatch(urlsplit(normal_url(url)).hostname or "") is not None


def normal_url(url: str) -> str:
    """One spelling for each address: without a slash at its end, a port that is the usual one, or capitals."""
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError:
        return url  # what is no address is only equal to itself
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    host = "127.0.0.1" if host == "localhost" else f"[{host}]" if ":" in host else host
    port = "" if given in (None, _PORTS.get(scheme)) else f":{given}"
    return f"{scheme}://{host}{port}{parts.path.rstrip('/')}"
