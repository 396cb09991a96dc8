"""Signed URLs hold for one use, one path and a while."""

from urllib.parse import parse_qs, urlsplit

from fused_spec.service.storage.signing import Signer


def signer(now: float = 1000.0, secret: bytes = b"secret") -> Signer:
    return Signer(secret=secret, now=lambda: now)


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_signed_path_holds() -> None:
    assert signer().holds("GET", "/a b", **query(signer().sign("GET", "/a b")))


def test_it_holds_for_no_other_use_or_path() -> None:
    signed = query(signer().sign("GET", "/a"))
    assert not signer().holds("UPLOAD", "/a", **signed)
    assert not signer().holds("GET", "/b", **signed)


def test_it_ends_after_an_hour() -> None:
    signed = query(signer(now=1000).sign("GET", "/a"))
    assert signer(now=4600).holds("GET", "/a", **signed)
    assert not signer(now=4601).holds("GET", "/a", **signed)


def test_its_end_cannot_be_moved() -> None:
    signed = query(signer().sign("GET", "/a"))
    assert not signer().holds("GET", "/a", "9999999999", signed["signature"])


def test_another_secret_or_none_does_not_hold() -> None:
    assert not signer().holds("GET", "/a", **query(signer(secret=b"other").sign("GET", "/a")))
    assert not signer().holds("GET", "/a", "", "")


def test_the_secret_follows_from_the_token_and_is_not_shown() -> None:
    assert Signer.of("token").secret == Signer.of("token").secret != Signer.of("other").secret
    assert "secret" not in repr(signer())
