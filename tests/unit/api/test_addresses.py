import pytest

from fused_spec.api.errors import InvalidArgument, Unreadable
from fused_spec.api.http.addresses import checked_base_url, checked_id, checked_target, path, same_origin

HOSTED = "https://www.fused.io/server/v1"


@pytest.mark.parametrize(
    "url", [HOSTED, "http://127.0.0.1:8080/server/v1", "http://localhost/server/v1", "http://[::1]:1/server/v1"]
)
def test_a_base_url_is_https_or_on_this_machine(url: str) -> None:
    assert checked_base_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://example.test/server/v1",
        "http://127.0.0.1.example.test/",
        "ftp://example.test",
        "www.fused.io/server/v1",
        "https://user:word@example.test",
        "https://example.test/?a=1",
        "https://example.test/#a",
        "https://example.test:port/",
        "https://good.test\\@bad.test/",
        "https://exa mple.test/",
        "https://ex\u0430mple.test/",
        "",
    ],
)
def test_any_other_base_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgument, match="base URL"):
        checked_base_url(url)


def test_a_trailing_slash_of_the_base_url_is_dropped() -> None:
    assert checked_base_url(HOSTED + "/") == HOSTED


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://100.100.100.200/",
        "https://0.0.0.0/",
        "http://127.0.0.1:9/",
        "https://localhost/",
        "http://example.test/",
        "file:///etc/passwd",
        "https://user@example.test/",
        "//example.test/",
        "/relative",
    ],
)
def test_a_url_that_leads_inside_is_not_followed(url: str) -> None:
    with pytest.raises(Unreadable, match="not followed"):
        checked_target(url, base_url=HOSTED)


def test_a_public_https_url_is_followed() -> None:
    assert checked_target("https://bucket.s3.example.test/a?X-Amz-Signature=b", base_url=HOSTED)


def test_a_local_service_may_lead_to_this_machine() -> None:
    assert checked_target("http://127.0.0.1:2/a", base_url="http://localhost:1/server/v1")


def test_the_services_own_address_may_be_of_any_kind() -> None:
    assert checked_target("https://169.254.1.1/a", base_url="https://169.254.1.1/server/v1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.test/x", "https://a.test:443/y", True),
        ("https://a.test/x", "https://a.test:8443/x", False),
        ("https://a.test/x", "https://b.test/x", False),
        ("http://127.0.0.1/x", "https://127.0.0.1/x", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


@pytest.mark.parametrize("text", ["../../user/self", "a?x=1", "a#b", "a/b", "a%2Fb", "", ".", "-a", "a\n", 5, None])
def test_what_is_no_id_never_becomes_a_url(text: object) -> None:
    with pytest.raises(InvalidArgument, match="not a job id"):
        checked_id(text, "job id")


def test_segments_are_quoted_and_the_at_sign_is_not() -> None:
    assert path("udf", "by-user-email", "dev@example.test", "by-slug", "a/b c?") == (
        "udf/by-user-email/dev@example.test/by-slug/a%2Fb%20c%3F"
    )


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_that_moves_in_the_path_is_refused(segment: str) -> None:
    with pytest.raises(InvalidArgument):
        path("udf", segment)
