"""Which URLs are used, and how paths are built from ids that nobody checked before.

Nothing here connects or resolves a name. That a host's *name* is not resolved is safe: plain http is for
loopback alone, and with https a machine behind a borrowed name has no certificate for it.
"""

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlsplit

from fused_spec.api.errors import InvalidArgument, Unreadable

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")

# Answer with credentials to anyone who asks; the link-local ones are refused as a class.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200")))


def checked_id(text: object, what: str) -> str:
    """An id of the service, or `InvalidArgument`: anything else could turn one call into another."""
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise InvalidArgument(
            f"not a {what}: ids hold letters, digits, `-` and `_`", hint=f"copy the {what} from a listing"
        )
    return text


def path(*segments: str) -> str:
    """`/`-joined segments, each quoted; `@` stays literal, since e-mail addresses stand in paths."""
    for segment in segments:
        if segment in ("", ".", ".."):
            raise InvalidArgument(f"{segment!r} cannot be part of a path")
    return "/".join(quote(segment, safe="@") for segment in segments)


def checked_base_url(text: str) -> str:
    """The base URL without a trailing slash; `InvalidArgument` unless https, or http on this machine."""
    hint = (
        "for example https://www.fused.io/server/v1, or http://127.0.0.1:PORT/server/v1 for a service on this machine"
    )
    try:
        parts = _split(text)
    except ValueError as error:
        raise InvalidArgument(f"the base URL cannot be used: {error}", hint=hint) from None
    if parts.query or parts.fragment:
        raise InvalidArgument("the base URL cannot be used: it has a query or a fragment", hint=hint)
    return text.rstrip("/")


def checked_target(url: str, *, base_url: str) -> str:
    """A URL that the service handed out, when it may be asked without credentials; else `Unreadable`.

    The service's own host is always allowed, and every public one; not this machine unless the service runs on it,
    and never the addresses at which clouds give credentials to whoever asks.
    """
    try:
        host, own = _split(url).hostname, _split(base_url).hostname
    except ValueError as error:
        raise Unreadable(f"the service handed out a URL that is not followed: {error}") from None
    if host != own and (_is_inner(host or "") or (is_loopback(host or "") and not is_loopback(own or ""))):
        raise Unreadable(
            "the service handed out a URL that is not followed: it leads to an address inside this network"
        )
    return url


def same_origin(one: str, other: str) -> bool:
    """Whether credentials for one URL may be sent to the other."""
    return _origin(one) == _origin(other)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _split(url: str) -> SplitResult:
    """Split a URL whose every reader agrees on its host, or raise ValueError saying what is wrong."""
    # Parsers disagree about these characters, so a check could look at one host and the request go to another.
    if not url.isascii() or re.search(r"[\x00-\x20\\\x7f]", url):
        raise ValueError("it holds a blank, a backslash, a control or a non-ASCII character")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is not an absolute http or https URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user name")
    _ = parts.port  # raises ValueError when it is no port
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("http is for this machine alone; use https")
    return parts


def _origin(url: str) -> tuple[str, str | None, int]:
    parts = _split(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_inner(host: str) -> bool:
    address = _address(host)
    return address is not None and (
        address.is_link_local or address.is_multicast or address.is_unspecified or address in _METADATA
    )
