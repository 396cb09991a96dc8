"""Keep secrets out of everything that is shown or kept.

Two rules: a value is sensitive by its *name* (an environment variable called `…TOKEN`) or by its *shape*
(a Fused token, a cloud key, a PEM block, a password in a URL). `Redactor` removes known values and
known shapes from text on its way to a terminal, a log, a plan or an archive.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"

_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIALS?|AUTH|PRIVATE|APIKEY|PASSPHRASE|SAS)(?:_|$)"
    r"|(?:API|ACCESS|ACCOUNT|SECRET|PRIVATE|SIGNING|ENCRYPTION)_KEY",
    re.IGNORECASE,
)

# Where a word begins, also right behind an escape sequence that colours it (`\x1b[31m`).
_START = r"(?:\b|(?<=[\[0-9;][A-Za-z]))"
_SHAPES = re.compile(
    rf"{_START}(?:"
    r"fsh_[A-Za-z0-9_-]{8,}|(?:fc|UDF)_[A-Za-z0-9]{16,}\b"  # Fused shared tokens; UDF_Some_Name is a name
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS access key ids
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|sk-[A-Za-z0-9_-]{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r")"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_URL_PASSWORD = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]+@", re.IGNORECASE)
_BEARER = re.compile(r"(?P<word>\bBearer|-Bearer|Service-Token)\s+\S+", re.IGNORECASE)
_SIGNED_QUERY = re.compile(r"(?P<key>[?&](?:[^=&\s]*(?:signature|token|credential|sig)))=[^&\s'\"]+", re.IGNORECASE)
_TOKEN_PATH = re.compile(r"(?P<path>/(?:by-token|realtime-shared)/)[^/?\s'\"]+")

# Not secrets although their names look like it: Fused's own word for *where* credentials come from.
_PUBLIC_NAMES = frozenset({"FUSED_CREDENTIAL_PROVIDER"})


def is_sensitive_name(name: str) -> bool:
    """Whether a variable of this name is expected to hold a secret."""
    return name not in _PUBLIC_NAMES and _NAME.search(name) is not None


def looks_like_secret(value: str) -> bool:
    """Whether the text holds something of a known secret's shape."""
    return _SHAPES.search(value) is not None or _URL_PASSWORD.search(value) is not None


def shown_env(env: Mapping[str, Any]) -> dict[str, Any]:
    """The environment as it may be shown: sensitive values masked, the others as they are."""
    return {
        name: MASK if value is not None and (is_sensitive_name(name) or looks_like_secret(str(value))) else value
        for name, value in env.items()
    }


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that could be a credential."""
    return {name: value for name, value in env.items() if not is_sensitive_name(name) and not looks_like_secret(value)}


class Redactor:
    """Masks known secret values and known secret shapes in text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Longest first, so that a secret containing another is masked whole; very short values would
        # turn ordinary text into stars.
        values = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, values))) if values else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _SHAPES.sub(MASK, text)
        text = _URL_PASSWORD.sub(rf"\g<scheme>:{MASK}@", text)
        text = _BEARER.sub(rf"\g<word> {MASK}", text)
        text = _SIGNED_QUERY.sub(rf"\g<key>={MASK}", text)
        return _TOKEN_PATH.sub(rf"\g<path>{MASK}", text)


redact = Redactor()
"""Masks by shape alone: for text whose secrets nobody has named."""


def env_redactor(env: Mapping[str, Any]) -> Redactor:
    """A redactor that knows the sensitive values of this environment."""
    return Redactor(
        str(value)
        for name, value in env.items()
        if value is not None and (is_sensitive_name(name) or looks_like_secret(str(value)))
    )
