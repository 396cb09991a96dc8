"""One call, whatever the network does: how often it is sent, what it may take, where credentials go."""

import gzip
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, InvalidArgument, NoCredentials, TimedOut, Unreachable, Unreadable
from fused_spec.api.http.limits import Limits
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.service_identity import HEADER
from tests.unit.api.conftest import TOKEN, FakeTime
from tests.unit.api.loopback import Loopback, Reply, breaks_off, drips, leads_to, raw, resets, says

SHORT = Limits(attempt=0.2, total=0.2)
STEP = {"type": "udf", "udf": {"name": "n", "entrypoint": "n", "code": "@fused.udf\ndef n(): ..."}}


def failing(status: int) -> Reply:
    return says({"detail": "later"}, status=status)


@pytest.mark.parametrize(
    "reply",
    [
        *(failing(status) for status in (408, 413, 429, 500, 502, 503, 504)),
        says({}, status=503, headers={"Retry-After": "1"}),
        says({}, status=413, headers={"Retry-After": "1"}),
        leads_to("/server/v1/run"),
        leads_to("/server/v1/run", status=308),
        resets,
        breaks_off,
        raw(b"<html>"),
        says([]),
    ],
)
def test_a_start_is_sent_exactly_once(server: Loopback, api: FusedAPI, reply: Reply) -> None:
    server.on("POST /run", reply)
    with pytest.raises(requests.RequestException):
        api.start_job(STEP)
    assert server.calls == ["POST /run"]


@pytest.mark.parametrize(
    "reply", [resets, breaks_off, failing(502), raw(b"<html>"), says({}), leads_to("https://a.test")]
)
def test_a_start_without_a_clear_answer_is_unknown(server: Loopback, api: FusedAPI, reply: Reply) -> None:
    server.on("POST /run", reply)
    with pytest.raises((ApiError, Unreachable, Unreadable)) as caught:
        api.start_job(STEP)
    assert caught.value.sent is None


@pytest.mark.parametrize("reply", [failing(502), failing(503), failing(504), failing(429), resets, breaks_off])
def test_a_read_is_repeated_after_what_may_pass(server: Loopback, transport: Transport, reply: Reply) -> None:
    server.on("GET /a", reply, reply, says({"x": 1}))
    assert transport.call("GET", "a").read_as(dict) == {"x": 1}


@pytest.mark.parametrize("status", [400, 404, 408, 500])
def test_a_read_is_not_repeated_after_what_will_not_pass(server: Loopback, transport: Transport, status: int) -> None:
    server.on("GET /a", failing(status))
    with pytest.raises(ApiError):
        transport.call("GET", "a")
    assert len(server.seen) == 1


def test_a_read_gives_up_after_three_repeats(server: Loopback, transport: Transport, time: FakeTime) -> None:
    server.on("GET /a", failing(502))
    with pytest.raises(ApiError):
        transport.call("GET", "a")
    assert (len(server.seen), time.slept) == (4, [0.25, 0.5, 1.0])


@pytest.mark.parametrize(("asked", "waited"), [("7", 7.0), ("21600", 60.0), ("soon", 0.25), ("0", 0.25)])
def test_a_server_may_ask_for_a_pause_of_a_minute_at_most(
    server: Loopback, transport: Transport, time: FakeTime, asked: str, waited: float
) -> None:
    server.on("GET /a", says({}, status=429, headers={"Retry-After": asked}), says({}))
    transport.call("GET", "a")
    assert time.slept == [waited]


def test_a_service_that_is_too_busy_is_asked_until_it_is_not(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", *[failing(429)] * 9, says({"x": 1}))
    assert transport.call("GET", "a").read_as(dict) == {"x": 1}


def test_repeats_end_where_the_total_ends(server: Loopback, transport: Transport, time: FakeTime) -> None:
    server.on("GET /a", says({}, status=503, headers={"Retry-After": "50"}))
    with pytest.raises(ApiError):
        transport.call("GET", "a")
    assert time.slept == [50.0]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_is_never_repeated(server: Loopback, transport: Transport, method: str) -> None:
    server.on(f"{method} /a", failing(503))
    with pytest.raises(ApiError):
        transport.call(method, "a")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "after",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n",
    ],
)
def test_an_answer_that_drips_is_cut_off(server: Loopback, transport: Transport, after: bytes) -> None:
    server.on("POST /a", drips(server, after=after))
    with pytest.raises(TimedOut) as caught:
        transport.call("POST", "a", limits=SHORT)
    assert caught.value.sent is None


def test_nothing_at_the_address_is_told_with_the_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/server/v1"
        with pytest.raises(Unreachable, match=f"nothing answers at {url}: connection refused") as caught:
            FusedAPI.over(Transport(url, None, sleep=lambda _: None))._health()
    assert caught.value.sent is False
    assert caught.value.hint


def test_a_name_that_does_not_resolve_was_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(Unreachable, match="name or service not known") as caught:
        Transport("https://nobody.test/server/v1", None).call("POST", "a", authenticated=False)
    assert caught.value.sent is False


def test_an_answer_over_the_size_limit_is_not_read(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", raw(b"[" + b" " * 5000 + b"]"))
    with pytest.raises(Unreadable, match="more than 4096 bytes"):
        transport.call("GET", "a", limits=Limits(size=4096))


def test_a_small_answer_that_unpacks_to_a_huge_one_is_not_read(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", raw(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unreadable, match="more than"):
        transport.call("GET", "a")


def test_an_answer_packed_twice_is_not_read(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", raw(b"", headers={"Content-Encoding": "gzip, gzip"}))
    with pytest.raises(Unreadable, match="compressed more than once"):
        transport.call("GET", "a")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1", b'{"a": \xff}', b"[]"])
def test_json_of_another_kind_is_unreadable(server: Loopback, transport: Transport, body: bytes) -> None:
    server.on("GET /a", raw(body))
    with pytest.raises(Unreadable, match=r"GET http://.*/a answered something unexpected"):
        transport.call("GET", "a").read_as(dict[str, int])


def test_an_unreadable_answer_is_not_quoted(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", says({"secret": "fsh_0123456789"}))
    with pytest.raises(Unreadable) as caught:
        transport.call("GET", "a").read_as(dict[str, int])
    assert "fsh_" not in str(caught.value)


def test_a_redirect_is_no_json(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", leads_to("https://example.test/"))
    with pytest.raises(Unreadable, match="a redirect"):
        transport.call("GET", "a").read_as(dict)


def test_every_call_says_who_it_is(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", says({}))
    transport.call("GET", "a")
    headers = server.seen[0].headers
    assert headers["Authorization"] == f"Fused-Env-Bearer {TOKEN}"
    assert headers["User-Agent"].startswith("fused-spec/")
    assert headers["Fused-Py-Version"] == "2.9.5"
    assert headers["Accept-Encoding"] == "identity"


def test_netrc_and_proxies_of_the_environment_are_ignored(
    server: Loopback, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.on("GET /a", says({}))
    transport.call("GET", "a")
    assert server.seen[0].headers["Authorization"].endswith(TOKEN)


def test_cookies_are_not_kept(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", says({}, headers={"Set-Cookie": "a=b; Path=/"}))
    transport.call("GET", "a")
    transport.call("GET", "a")
    assert "Cookie" not in server.seen[1].headers


def test_a_query_value_of_none_is_left_out(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", says({}))
    transport.call("GET", "a", query={"path": "fd://x y", "since_ms": None, "n": 0})
    assert server.calls == ["GET /a?path=fd%3A%2F%2Fx+y&n=0"]


def test_a_redirect_to_the_same_origin_keeps_the_credentials(server: Loopback, transport: Transport) -> None:
    server.on("GET /files/get", leads_to(f"{server.url}/blob"))
    server.on("GET /blob", raw(b"content"))
    assert transport.follow("files/get", query={}, limits=Limits()).body == b"content"
    assert "Authorization" in server.seen[1].headers


def test_a_redirect_to_another_origin_drops_them(server: Loopback, transport: Transport) -> None:
    with Loopback() as storage:
        server.on("GET /files/get", leads_to(f"{storage.host}/blob?signature=s"))
        storage.on("GET //blob", raw(b"content"))
        assert transport.follow("files/get", query={}, limits=Limits()).body == b"content"
    headers = storage.seen[0].headers
    assert not {"Authorization", "Fused-Py-Version"} & set(headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_goes_along_redirects_within_its_origin(server: Loopback, transport: Transport, status: int) -> None:
    server.on("GET /a", leads_to("/server/v1/b", status=status))
    server.on("GET /b", leads_to(f"{server.url}/c", status=status))
    server.on("GET /c", says([1]))
    assert transport.call("GET", "a").body == b"[1]"
    assert [seen.headers["Authorization"] for seen in server.seen] == [f"Fused-Env-Bearer {TOKEN}"] * 3


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_no_other_3xx_is_gone_along(server: Loopback, transport: Transport, status: int) -> None:
    server.on("GET /a", leads_to(f"{server.url}/b", status=status))
    assert transport.call("GET", "a").status == status
    assert len(server.seen) == 1


@pytest.mark.parametrize("location", ["https://example.test/a", "//example.test/a", "http://127.0.0.1:1/a", ""])
def test_a_redirect_to_another_origin_is_an_answer(server: Loopback, transport: Transport, location: str) -> None:
    server.on("GET /a", leads_to(location))
    assert transport.call("GET", "a").status == 307
    assert len(server.seen) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changes_something_goes_along_no_redirect(server: Loopback, transport: Transport, method: str) -> None:
    server.on(f"{method} /a", leads_to(f"{server.url}/b"))
    assert transport.call(method, "a", content={}).status == 307
    assert len(server.seen) == 1


def test_a_redirect_to_what_is_no_address_is_no_answer(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", leads_to("http://["))
    with pytest.raises(Unreadable, match="no address"):
        transport.call("GET", "a")


def test_redirects_without_end_are_left(server: Loopback, transport: Transport) -> None:
    server.on("GET /files/get", leads_to(f"{server.url}/files/get"))
    with pytest.raises(Unreadable, match="without end"):
        transport.follow("files/get", query={}, limits=Limits())


def test_a_second_origin_is_not_gone_to(server: Loopback, transport: Transport) -> None:
    with Loopback() as storage, Loopback() as elsewhere:
        server.on("GET /files/get", leads_to(f"{storage.host}/a"))
        storage.on("GET //a", leads_to(f"{elsewhere.host}/b"))
        with pytest.raises(Unreadable, match="not followed"):
            transport.follow("files/get", query={}, limits=Limits())
        assert (len(storage.seen), elsewhere.seen) == (1, [])


def test_a_signed_url_never_stands_in_an_error(server: Loopback, transport: Transport) -> None:
    server.on("GET //secret-path", raw(b"<html>", status=404))
    with pytest.raises(requests.HTTPError) as caught:
        transport.fetch(f"{server.host}/secret-path?X-Amz-Signature=abc")
    assert "secret-path" not in repr(caught.value) + str(caught.value)
    assert f"{server.host}/…" in str(caught.value)


def test_an_expired_signed_url_is_no_matter_of_credentials(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", failing(403))
    with pytest.raises(ApiError) as caught:
        transport.fetch(f"{server.host}/blob")
    assert type(caught.value) is ApiError


def test_a_token_in_a_path_never_stands_in_an_error(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /udf-access-token/by-token/fsh_0123456789", raw(b"", status=404))
    with pytest.raises(ApiError) as caught:
        api.get_udf_access_token("fsh_0123456789")
    assert "fsh_" not in repr(caught.value) + str(caught.value)


def test_without_credentials_nothing_is_sent(server: Loopback) -> None:
    with pytest.raises(NoCredentials) as caught:
        Transport(server.url, None).call("GET", "a")
    assert (server.seen, caught.value.sent) == ([], False)


@pytest.mark.parametrize("content", [{"n": float("nan")}, {"s": "\ud800"}, {"o": object()}])
def test_what_json_cannot_hold_is_not_sent(server: Loopback, transport: Transport, content: object) -> None:
    with pytest.raises(InvalidArgument, match="cannot be sent as JSON"):
        transport.call("POST", "a", content=content)
    assert server.seen == []


def test_threads_share_a_transport(server: Loopback, transport: Transport) -> None:
    server.on("GET /a", says({"x": 1}))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: transport.call("GET", "a").read_as(dict), range(40)))
    assert answers == [{"x": 1}] * 40


def test_a_transport_shows_no_credentials(transport: Transport) -> None:
    assert TOKEN not in repr(transport) + repr(vars(transport))


def test_a_service_is_known_by_the_id_that_it_tells(server: Loopback) -> None:
    transport = Transport(server.url, None)
    assert transport.service_id is None
    server.on("GET /health", says({}, headers={HEADER: "0" * 32}), says({}))
    for _ in range(2):
        transport.call("GET", "health", authenticated=False)
    assert transport.service_id == "0" * 32


@pytest.mark.parametrize("told", ["", "../../x", "not an id"])
def test_what_is_no_id_is_not_taken_for_one(server: Loopback, told: str) -> None:
    transport = Transport(server.url, None)
    server.on("GET /health", says({}, headers={HEADER: told}))
    transport.call("GET", "health", authenticated=False)
    assert transport.service_id is None


def test_a_server_to_which_the_service_points_does_not_name_the_service(server: Loopback) -> None:
    transport = Transport(server.url, None)
    with Loopback() as other:
        other.on("GET /health", says({}, headers={HEADER: "0" * 32}))
        transport.fetch(f"{other.url}/health")
    assert transport.service_id is None
