"""Keep secrets out of everything that is shown or kept.

Two rules: a value is sensitive by its *name* (an environment variable called `…TOKEN`) or by its *shape*
(a Fused token, a cloud key, a PEM block, a password in a URL). `Redactor` removes known values and
known shapes from text on its way to a terminal, a log, a plan or an archive.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fused_spec.messages.named_secrets import bare, is_named
from fused_spec.messages.patterns import lazily
from fused_spec.messages.secret_forms import forms

MASK = "***"

_SHORTEST = 4  # characters of a known value
_SHORTEST_LINE = 12  # and of one line of it; a shorter one may stand in any text

# Names are compared with their words apart (`accessToken` is `access_Token`).
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_NAME = re.compile(
    r"(?:PASSWORD|PASSWD|PASSPHRASE)S?\d*(?:_|$)"
    r"|(?:^|_)(?:TOKEN|SECRET|PWD|CREDENTIALS?|AUTH|AUTHORIZATION|PRIVATE|APIKEY|SAS|PAT|DSN|COOKIES?|JWT"
    r"|CONNECTION_STRING|CONN_STR)(?:_|$)"
    # A password, but no kind of filter and no round of a loop: HIGH_PASS, FIRST_PASS.
    r"|^PASS$|(?:^|_)(?!(?:HIGH|LOW|BAND|ALL|BY|FIRST|SECOND|LAST|TWO|MULTI|SINGLE)_)[A-Z0-9]+_PASS$"
    r"|(?:SSH|DB|PG|SQL|USER|ROOT|ADMIN|REDIS|MYSQL|POSTGRES|SMTP|FTP|LDAP)PASS$"
    r"|(?:API|ACCESS|ACCOUNT|SECRET|PRIVATE|SIGNING|ENCRYPTION)_KEY"
    r"|(?:^|_)(?:STORAGE|MASTER|CLIENT|SERVICE|SHARED|SUBSCRIPTION|SESSION|ADMIN|DEPLOY|LICENSE|SSH|GPG|HMAC|AES|RSA"
    r"|AWS|AZURE|GCP|GOOGLE|OPENAI|ANTHROPIC|GEMINI|COHERE|MISTRAL|STRIPE|TWILIO|SENDGRID|DATADOG|SUPABASE|PINECONE"
    r"|MAPBOX|MAPTILER|ARCGIS|ESRI|PLANET|SENTINEL|SENTINELHUB|EARTHDATA|FIRMS|OPENCAGE|GRAPHHOPPER|CDS)_KEYS?\d*$",
    re.IGNORECASE,
)
# What else may hold a secret in an environment: a variable that is missed is seen, a leak is not.
_SUSPECT_NAME = lazily(
    r"(?:KEYS?|TOKENS?|SECRETS?|PASS|PASSCODE|CREDS?)\d*$|(?:^|_)(?:WEBHOOK|NETRC)(?:_|$)",
    re.IGNORECASE,
)


# Where a word begins, also right behind an escape sequence that colours it (`\x1b[31m`).
_START = r"(?:\b|(?<=[\[0-9;][A-Za-z]))"
_SHAPES = lazily(
    rf"{_START}(?:"
    r"fsh_[A-Za-z0-9_-]{8,}|(?:fc|UDF)_[A-Za-z0-9]{16,}\b"  # Fused shared tokens; UDF_Some_Name is a name
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}\b"  # AWS access key ids
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{16,}"  # GitLab's, of people, triggers, jobs, …
    r"|sk-[A-Za-z0-9_-]{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{20,}={0,2}"  # connection strings of Azure
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r")"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
# A part of each of these shapes, which is looked for in a tenth of the time: hardly a text of a spec has one.
_HINTS = re.compile(
    "fsh_|fc_|UDF_|AKIA|ASIA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|sk-|xox[abprs]-|AccountKey=|"
    "SharedAccessKey=|eyJ|-----BEGIN "
)
_URL_PASSWORD = lazily(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://[^\s/:@]*):(?!\$\{secret\.\w+\}@)[^\s/@]+@(?:[^\s/@\"',;]*@)*", re.IGNORECASE
)
_URL_TOKEN = lazily(r"(?P<scheme>\bhttps?://)[^\s/:@?#]{20,}@")  # no name of a user is that long
_BEARER = lazily(r"(?P<word>\bBearer|-Bearer|Service-Token|Authorization\W{1,4}Basic)\s+\S+", re.IGNORECASE)
_SIGNED_QUERY = lazily(r"(?P<key>[?&](?:[^=&\s]*(?:signature|token|credential|sig)))=[^&\s'\"]+", re.IGNORECASE)
_TOKEN_PATH = lazily(r"(?P<path>/(?:by-token|realtime-shared)/)[^/?\s'\"]+")

# A part of whatever any of these finds; hardly a line of a log has one, and then none need be looked for.
_TRACES = lazily(
    f"{_HINTS.pattern}|://|/by-token/|/realtime-shared/"
    "|[Bb][Ee][Aa][Rr][Ee][Rr]|-[Tt][Oo][Kk\u212a][Ee][Nn]|[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz]|[?&]"
)

# Not secrets although their names look like it: where credentials come from, and what a shell sets.
_PUBLIC_NAMES = frozenset({"FUSED_CREDENTIAL_PROVIDER", "FUSED_AUTH_TOKEN_TYPE", "PWD", "SSH_AUTH_SOCK"})


def is_sensitive_name(name: str) -> bool:
    """Whether a variable of this name is expected to hold a secret."""
    return name not in _PUBLIC_NAMES and _NAME.search(words_apart(name)) is not None


def words_apart(name: str) -> str:
    """The name with an underscore between its words: `access_Token` for `accessToken` and `access-Token`."""
    return _WORD_STARTS.sub("_", name)


def _is_suspect_name(name: str) -> bool:
    """Whether a variable of this name may hold a secret."""
    return name not in _PUBLIC_NAMES and (is_sensitive_name(name) or _SUSPECT_NAME().search(name) is not None)


def looks_like_secret(value: str) -> bool:
    """Whether the text holds something of a known secret's shape."""
    if _HINTS.search(value) is not None and _SHAPES().search(value) is not None:
        return True
    scheme = value.find("://")
    if scheme < 0 or "@" not in value[scheme:]:
        return False
    return _URL_PASSWORD().search(value) is not None or _URL_TOKEN().search(value) is not None


def any_looks_like_secret(texts: Sequence[str]) -> bool:
    """The same of several: they are looked through together, and one by one where there is a reason to."""
    if _HINTS.search("\n".join(texts)) is None:
        texts = [text for text in texts if "://" in text]
    return any(map(looks_like_secret, texts))


def shown_env(env: Mapping[str, Any]) -> dict[str, Any]:
    """The environment as it may be shown: sensitive values masked, the others as they are; names of secrets stay."""
    return {name: bare(value) if is_named(value) else _shown(name, value) for name, value in env.items()}


def _shown(name: str, value: Any) -> Any:
    return MASK if value is not None and (is_sensitive_name(name) or looks_like_secret(str(value))) else value


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that could be a credential."""
    return {name: value for name, value in env.items() if not _is_suspect_name(name) and not looks_like_secret(value)}


def masked(value: Any, redact: Callable[[str], str]) -> Any:
    """Plain JSON with every text in it masked, names too."""
    match value:
        case Mapping():
            return {redact(str(name)): masked(item, redact) for name, item in value.items()}
        case list():
            return [masked(item, redact) for item in value]
        case str():
            return redact(value)
    return value


class Redactor:
    """Masks known secret values, in each of their `forms`, and known secret shapes in text.

    Of a value of several lines each line is masked as well, from `shortest_line` characters on.
    """

    def __init__(self, secrets: Iterable[str] = (), *, shortest_line: int = _SHORTEST_LINE) -> None:
        # Longest first, so that a secret containing another is masked whole; very short values would
        # turn ordinary text into stars.
        known = {
            part
            for secret in secrets
            if len(secret) >= _SHORTEST
            for form in forms(secret)
            for part in _in_lines(form, shortest_line)
            if len(part) >= _SHORTEST
        }
        self._know(known)

    def _know(self, known: Iterable[str]) -> None:
        self._secrets = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, self._secrets))) if self._secrets else None

    def with_more(self, secrets: Iterable[str]) -> "Redactor":
        """One that masks these as well."""
        both = Redactor()
        both._know({*self._secrets, *Redactor(secrets)._secrets})  # of the same class
        return both

    def hides(self, values: Iterable[str]) -> bool:
        """Whether all of these are masked, as far as they are long enough for it."""
        return set(self._secrets).issuperset(value for value in values if len(value) >= _SHORTEST)

    def __call__(self, text: str) -> str:
        # To look for each is quicker than for all by a pattern, and hardly a line has one.
        if self._known is not None and any(secret in text for secret in self._secrets):
            text = self._known.sub(MASK, text)
        if _TRACES().search(text) is None:
            return text
        text = _SHAPES().sub(MASK, text)
        text = _URL_PASSWORD().sub(rf"\g<scheme>:{MASK}@", text)
        text = _URL_TOKEN().sub(rf"\g<scheme>{MASK}@", text)
        text = _BEARER().sub(rf"\g<word> {MASK}", text)
        text = _SIGNED_QUERY().sub(rf"\g<key>={MASK}", text)
        return _TOKEN_PATH().sub(rf"\g<path>{MASK}", text)

    def pieces(
        self, pieces: Iterable[str], *, last: bool = True, kept_back: "deque[str] | None" = None
    ) -> Iterator[str]:
        """Mask pieces of one text, one by one, also where a known value is cut in two by their ends.

        As many come back, in their order. Without `last` more is to follow, so pieces at the end that may hold the
        beginning of a known value are kept back, and missing; in `kept_back` they are put for the next time.
        """
        if self._known is None:
            yield from map(self, pieces)
            return
        longest = len(self._secrets[0])
        held: deque[str] = deque()
        for piece in pieces:
            held.append(piece)
            self._mask_seam(held)
            # What lies further back than the longest value is part of no seam any more.
            while len(held) > 1 and (_size(held) - len(_bare(held[0])) >= longest or len(held) > 2 * longest):
                yield self(held.popleft())
        if not last:
            kept = deque[str]() if kept_back is None else kept_back
            while held and self.open_end("".join(map(_bare, held))):
                kept.appendleft(held.pop())  # as it is by now: its beginning may be the end of a value before it
        yield from map(self, held)

    def open_end(self, text: str) -> int:
        """How many characters at the end of the text may be the beginning of a known value that goes on behind it."""
        longest = len(self._secrets[0]) if self._secrets else 0
        sizes = range(min(longest - 1, len(text)), 0, -1)
        return next((size for size in sizes if self._is_beginning(text[-size:])), 0)

    def _is_beginning(self, text: str) -> bool:
        return any(len(secret) > len(text) and secret.startswith(text) for secret in self._secrets)

    def _mask_seam(self, held: "deque[str]") -> None:
        """Mask every known value that begins in an earlier piece and ends in the last one."""
        seam = _size(held) - len(_bare(held[-1]))
        span = self._crossing("".join(map(_bare, held)), seam)
        if span is None:
            return
        place = 0
        for index, piece in enumerate(held):
            text = _bare(piece)
            first, until = max(0, span[0] - place), min(len(text), span[1] - place)
            if first < until:
                held[index] = text[:first] + MASK + text[until:] + piece[len(text) :]
            place += len(text)

    def _crossing(self, text: str, seam: int) -> tuple[int, int] | None:
        """Where a known value begins before the seam and ends behind it."""
        longest = len(self._secrets[0])
        start, end = max(0, seam - longest), seam + longest
        while self._known is not None and (found := self._known.search(text, start, end)) and found.start() < seam:
            if found.end() > seam:
                return found.span()
            start = found.start() + 1
        return None


def _size(pieces: Iterable[str]) -> int:
    return sum(len(_bare(piece)) for piece in pieces)


def _in_lines(form: str, shortest_line: int) -> Iterator[str]:
    """How it may stand in a text that is cut into lines: whole, without its line ends, and each long line."""
    yield form
    lines = form.splitlines()
    if lines != [form]:
        yield "".join(lines)
        yield from (line for line in map(str.strip, lines) if len(line) >= shortest_line)


def _bare(piece: str) -> str:
    return piece.rstrip("\r\n")


redact = Redactor()
"""Masks by shape alone: for text whose secrets nobody has named."""


def sensitive_values(env: Mapping[str, Any]) -> Iterator[str]:
    """The values of this environment that are secrets; names of secrets are none."""
    for name, value in env.items():
        if value is not None and not is_named(value) and (is_sensitive_name(name) or looks_like_secret(str(value))):
            yield str(value)


def env_redactor(env: Mapping[str, Any]) -> Redactor:
    """A redactor that knows the sensitive values of this environment."""
    return Redactor(sensitive_values(env))
