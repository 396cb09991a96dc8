"""Settings and credentials as values, read from mappings and files that the edge hands in.

Order: flag, then `FUSED_SPEC_*`, then `fused-spec.yaml`, then default. Credentials come from Fused's own
variables and file (docs: `docs/cli.md`), never from a browser login and never from a spec.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from fused_spec.errors import CredentialsError

HOSTED_URL = "https://www.fused.io/server/v1"
_HOSTED_DOMAIN = ".fused.io"
LOCAL_TARGET = "local"
HOSTED_TARGET = "hosted"

THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})

TRUSTED_HOSTS = "FUSED_SPEC_TRUSTED_HOSTS"
"""The variable that names hosts, beside that of hosted Fused, to which a project file may send the user's token."""

_LOG_IN = "log in with the fused package, or set FUSED_AUTH_TOKEN and FUSED_AUTH_TOKEN_TYPE"
_BY_VARIABLES = "set FUSED_AUTH_TOKEN and FUSED_AUTH_TOKEN_TYPE to a token of that server"
_GIVEN_BY = ("FUSED_AUTH_TOKEN", "FUSED_AUTH_TOKEN_TYPE", "FUSED_SPEC_CREDENTIALS")
_FROM_ITS_STATE = (
    "set FUSED_AUTH_TOKEN to the token in the service.json of that service's state folder, "
    "and FUSED_AUTH_TOKEN_TYPE to Fused-Env-Bearer"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The two words of the `Authorization` header; the token stays out of `repr`."""

    access_token: str = field(repr=False)
    auth_scheme: str = "Bearer"

    @property
    def header(self) -> str:
        return f"{self.auth_scheme} {self.access_token}"


class Target(Struct, frozen=True, kw_only=True):
    """Where to apply: the embedded service (`base_url=None`) or any server that speaks the protocol.

    `named_by_user` tells that the URL comes from the command line or the environment, not from a file of the project.
    `scope` names an environment of its own for the project's runs there: `dev` and `prod` of one service.
    A request takes effect there `accepts_within` seconds or never, and a run is listed after at most `lists_within`;
    None where nobody said so.
    """

    name: str
    base_url: str | None = None
    named_by_user: bool = False
    scope: str | None = None
    accepts_within: float | None = None
    lists_within: float | None = None

    @property
    def is_local(self) -> bool:
        return self.base_url is None

    @property
    def is_hosted(self) -> bool:
        """Whether it is an environment of Fused's own service."""
        return self.base_url is not None and f".{_host(self.base_url)}".endswith(_HOSTED_DOMAIN)


def home_folder(cwd: Path) -> Path:
    """The home folder; a user whom the system does not know, as in a container, has none with credentials in it."""
    try:
        return Path.home()
    except RuntimeError:
        return cwd / "~"


def credentials_hint(url: str) -> str:
    """Where the credentials for a server are found: one on this machine has a token of its own."""
    if (host := _host(url)) in THIS_MACHINE:
        return _FROM_ITS_STATE
    return _LOG_IN if host == _host(HOSTED_URL) else _BY_VARIABLES


def credentials_for(url: str, env: Mapping[str, str], home: Path, *, named_by_user: bool) -> Credentials:
    """The credentials that may be sent to a server, whose URL the user named, or else a file of the project.

    What `~/.fused/credentials` holds was issued for hosted Fused. What a variable gives may be for any server, but
    that server is not chosen by somebody's branch: the user names it, or trusts its host.
    Raises `CredentialsError` as `credentials_from` does, and when there are some that must not be sent there.
    """
    host = _host(url)
    if host not in THIS_MACHINE and host != _host(HOSTED_URL):
        if not any(env.get(name) for name in _GIVEN_BY):
            raise CredentialsError(
                f"no credentials for {host}: those of a login are for hosted Fused alone", hint=_BY_VARIABLES
            )
        if not named_by_user and host not in _trusted_hosts(env):
            raise CredentialsError(
                f"the token is not sent to {host}, which only the project file names",
                hint=f"if that server may have your token, set {TRUSTED_HOSTS}={host}, or give its URL by --base-url",
            )
    try:
        return credentials_from(env, home)
    except CredentialsError as error:
        if error.hint == _LOG_IN:
            error.hint = credentials_hint(url)
        raise


def credentials_from(env: Mapping[str, str], home: Path) -> Credentials:
    """Read the credentials: the pair of variables wins over the file `~/.fused/credentials`.

    Raises `CredentialsError` when there are none, when the file cannot be understood, or when they expired.
    Source: the published client's file of seven keys and its pair of variables.
    """
    token, scheme = env.get("FUSED_AUTH_TOKEN"), env.get("FUSED_AUTH_TOKEN_TYPE")
    if token and scheme:
        return _header_safe(Credentials(access_token=token, auth_scheme=scheme), "FUSED_AUTH_TOKEN")
    if token or scheme:
        missing = "FUSED_AUTH_TOKEN_TYPE" if token else "FUSED_AUTH_TOKEN"
        raise CredentialsError(f"{missing} is not set, and the pair is needed", hint=f"set {missing} as well")
    return credentials_from_file(Path(env.get("FUSED_SPEC_CREDENTIALS") or home / ".fused" / "credentials"))


def credentials_from_file(path: Path) -> Credentials:
    """Read Fused's credentials file; only `access_token`, `auth_scheme` and `expires_at` matter here."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CredentialsError(f"no credentials: {path} does not exist", hint=_LOG_IN) from None
    except (OSError, ValueError) as error:
        # The parser's message may quote the content, so only its kind is told.
        raise CredentialsError(f"{path} cannot be read as JSON ({type(error).__name__})", hint=_LOG_IN) from None
    token = content.get("access_token") if isinstance(content, dict) else None
    if not isinstance(token, str) or not token:
        raise CredentialsError(f"{path} holds no access_token", hint=_LOG_IN)
    if (expiry := _expiry(content.get("expires_at"))) is not None and expiry <= datetime.now(UTC):
        raise CredentialsError(f"the credentials in {path} expired at {expiry.isoformat()}", hint=_LOG_IN)
    scheme = content.get("auth_scheme") or content.get("token_type") or "Bearer"
    return _header_safe(Credentials(access_token=token, auth_scheme=str(scheme)), str(path))


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _trusted_hosts(env: Mapping[str, str]) -> list[str]:
    return env.get(TRUSTED_HOSTS, "").lower().replace(",", " ").split()


def _header_safe(credentials: Credentials, source: str) -> Credentials:
    if not credentials.header.isascii() or not credentials.header.isprintable():
        raise CredentialsError(f"the token in {source} holds characters that a header cannot carry", hint=_LOG_IN)
    return credentials


def _expiry(value: object) -> datetime | None:
    """`expires_at` is ISO time with a zone or seconds since the epoch; anything else is left to the service."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
