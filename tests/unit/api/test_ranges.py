"""Parts of contents behind signed URLs, from servers that know ranges and from those that do not."""

import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from fused_spec.api.errors import ApiError, Unreadable
from fused_spec.api.http.ranges import RemoteContent
from fused_spec.api.http.transport import Transport
from tests.unit.api.conftest import TOKEN
from tests.unit.api.loopback import Loopback, Reply, raw

CONTENT = bytes(range(256)) * 40


def answered(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def ranged(content: bytes = CONTENT, total: int | None = None) -> Reply:
    """As S3 answers."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", handler.headers.get("Range", ""))
        if match is None:
            answered(handler, 200, content)
            return
        start = int(match[1]) if match[1] else max(0, len(content) - int(match[2]))
        end = min(int(match[2]) + 1, len(content)) if match[1] and match[2] else len(content)
        if start >= end:
            answered(handler, 416, b"", Content_Range=f"bytes */{len(content)}")
        else:
            said = f"bytes {start}-{end - 1}/{total or len(content)}"
            answered(handler, 206, content[start:end], Content_Range=said)

    return reply


def content(server: Loopback, transport: Transport, *, known: bool = True) -> RemoteContent:
    url = f"{server.host}/blob"
    return RemoteContent(transport, lambda: url, known=url if known else None)


def test_the_end_comes_with_how_long_the_whole_is(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", ranged())
    assert content(server, transport).tail(10) == (CONTENT[-10:], len(CONTENT))
    assert content(server, transport).tail(10**6) == (CONTENT, len(CONTENT))


def test_a_part_is_one_request(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", ranged())
    assert content(server, transport).part(5, 300) == CONTENT[5:300]
    assert [seen.headers["Range"] for seen in server.seen] == ["bytes=5-299"]


def test_no_credentials_go_there(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", ranged())
    content(server, transport).part(0, 1)
    assert TOKEN not in str(dict(server.seen[0].headers))


def test_a_server_that_knows_no_ranges_is_asked_once(server: Loopback, transport: Transport, tmp_path: Path) -> None:
    server.on("GET //blob", raw(CONTENT))
    whole = content(server, transport)
    assert whole.tail(10) == (CONTENT[-10:], len(CONTENT))
    assert whole.part(5, 300) == CONTENT[5:300]
    whole.save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT
    assert len(server.seen) == 1


def test_a_content_without_a_byte_has_no_end(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", ranged(b""))
    assert content(server, transport).tail(10) == (b"", 0)


def test_all_of_it_is_saved(server: Loopback, transport: Transport, tmp_path: Path) -> None:
    server.on("GET //blob", ranged())
    content(server, transport).save(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == CONTENT


def test_a_url_that_has_expired_is_made_anew(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", raw(b"expired", status=403))
    server.on("GET //fresh", ranged())
    renewed = RemoteContent(transport, lambda: f"{server.host}/fresh", known=f"{server.host}/blob")
    assert renewed.part(0, 3) == CONTENT[:3]
    assert renewed.part(3, 6) == CONTENT[3:6]
    assert [seen.target for seen in server.seen] == ["/blob", "/fresh", "/fresh"]


def test_what_is_gone_is_an_error(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", raw(b"", status=404))
    with pytest.raises(ApiError) as caught:
        content(server, transport).part(0, 3)
    assert caught.value.is_gone


@pytest.mark.parametrize("said", ["bytes 0-2", "", "bytes 0-2/x"])
def test_a_part_of_which_it_is_not_said_where_it_is_is_not_believed(
    server: Loopback, transport: Transport, said: str
) -> None:
    server.on("GET //blob", lambda handler: answered(handler, 206, b"abc", Content_Range=said))
    with pytest.raises(Unreadable):
        content(server, transport).tail(3)


def test_a_part_that_is_shorter_than_was_asked_for_is_not_believed(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", lambda handler: answered(handler, 206, b"abc", Content_Range="bytes 0-2/1000"))
    with pytest.raises(Unreadable, match="other bytes"):
        content(server, transport).part(0, 10)


def test_an_end_that_is_longer_than_was_asked_for_is_not_believed(server: Loopback, transport: Transport) -> None:
    server.on("GET //blob", lambda handler: answered(handler, 206, b"abcdef", Content_Range="bytes 0-5/6"))
    with pytest.raises(Unreadable, match="other bytes"):
        content(server, transport).tail(3)
