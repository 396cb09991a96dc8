"""Read a git reference of a spec or of a UDF's code.

Its parts reach the command line of git and the names of files, so what git would not read as it looks is refused here.
No message shows a password.
"""

import re
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from fused_spec.errors import FusedSpecError
from fused_spec.messages.patterns import lazily

_WEB = lazily(r"https://(?P<host>github\.com|gitlab\.com)/(?P<repo>[\w.-]+/[\w.-]+?)(?:\.git)?/(?:-/)?(?:tree|blob)/")
_PLAIN = lazily(r"git\+(?P<url>(?:https|ssh|file)://(?:[^@/\s]+@)?[^@\s]+)@(?P<ref>[^:@\s]+)(?::(?P<path>\S*))?")
_COMMIT = lazily(r"[0-9a-f]{40}")
_LONGEST = 4096  # characters, as of a path

# Also where the rest is no reference: it is shown nowhere, and sent nowhere.
_PASSWORD = lazily(r"(?:git\+\w+://[^/\s]*:[^/\s]*@|https://[^/\s]*:[^/\s]*@git(?:hub|lab)\.com/)")
_TOKEN_AS_USER = lazily(r"gh[a-z]_|github_pat_|glpat-|.{40}")
_HOST = lazily(r"\w[\w.-]*")
_UNUSABLE = lazily("[\x00-\x1f\x7f\ud800-\udfff]")
# What git allows in no name of a branch or tag; some of it makes an expression, which may search and count.
_NO_REF = lazily(r"[-/.]|.*(?:\.\.|@\{|[\s~^:?*\[\\])", re.DOTALL)


class GitUnavailable(FusedSpecError):
    """A reference that cannot be read here."""


class GitReference(Struct, frozen=True, kw_only=True):
    """A path in a repository at a commit, branch or tag."""

    repository: str
    ref: str
    path: str

    @property
    def is_pinned(self) -> bool:
        """Whether it names a whole commit, which means the same content for ever."""
        return is_commit(self.ref)

    def __str__(self) -> str:
        return f"git+{self.repository}@{self.ref}:{self.path}"


def parse(text: str) -> GitReference | None:
    """The reference in a web page's URL (`…/tree/REF/PATH`) or in `git+URL@REF:PATH`; None for other text.

    In the URL of a page a REF is one word: a branch whose name holds `/` needs the other form. Raises `GitUnavailable`
    for a reference that nobody should follow.
    """
    if _PASSWORD().match(text) is not None:
        raise _holds_password()
    if (web := _WEB().match(text)) is not None:
        ref, _, path = text[web.end() :].partition("/")
        repository = f"https://{web['host']}/{web['repo']}"
    elif (plain := _PLAIN().fullmatch(text)) is not None:
        repository, ref, path = normal(plain["url"]), plain["ref"], plain["path"] or ""
    else:
        return None
    if not ref:
        return None
    if not is_usable(text):
        raise GitUnavailable(
            f"a git reference holds a control character, or more than {_LONGEST} characters", hint="check the reference"
        )
    _check_url(repository)
    if _NO_REF().match(ref) is not None:
        raise GitUnavailable(f'"{ref}" is no name in git', hint="name a commit, branch or tag")
    return GitReference(repository=repository, ref=ref, path=path.strip("/"))


def normal(url: str) -> str:
    """One spelling of a repository's URL."""
    scheme, colon, rest = url.partition("://")
    return scheme + colon + rest.rstrip("/").removesuffix(".git")


def is_usable(text: str) -> bool:
    """Whether a command line and the name of a file can hold the text."""
    return len(text) <= _LONGEST and _UNUSABLE().search(text) is None


def is_commit(ref: str) -> bool:
    """Whether a word is a whole commit."""
    return _COMMIT().fullmatch(ref) is not None


def _check_url(url: str) -> None:
    """Raise `GitUnavailable` unless the URL names a host, or this machine's root, and a path below it."""
    scheme, _, rest = url.partition("://")
    place, *names = unquote(rest).split("/")
    if scheme == "file":
        if place or not any(names) or not {".", ".."}.isdisjoint(names):
            raise GitUnavailable(
                f"{url} is no absolute path of a repository",
                hint="write git+file:///folder/repository@REF:PATH; for a repository beside this project, its own "
                "URL, and where it is under clones in fused-spec.yaml",
            )
        return
    if not _has_host(url) or not any(names) or not {".", ".."}.isdisjoint(names):
        raise GitUnavailable(
            f"{url} is no URL of a repository: it needs a host, a port that is a number if any, and a path",
            hint="write git+https://HOST/REPO@REF:PATH, or git+ssh://git@HOST/REPO@REF:PATH",
        )


def _has_host(url: str) -> bool:
    try:
        place = urlsplit(url)
        host, port = place.hostname or "", place.port
        if ":" in host:
            ip_address(host)
    except ValueError:  # brackets without an address, a port that is none
        return False
    user = unquote(place.username or "")
    if place.scheme == "https" and _TOKEN_AS_USER().match(user) is not None:
        raise _holds_password()
    # What begins with a hyphen is an option to ssh.
    return port != 0 and not user.startswith("-") and (":" in host or _HOST().fullmatch(host) is not None)


def _holds_password() -> GitUnavailable:
    return GitUnavailable(
        "a git URL holds a password or a token",
        hint="remove it from the URL, change it, and let git's credential helper know the new one",
    )
