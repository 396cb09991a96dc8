"""Files of the team's storage, and bringing local inputs there."""

import io
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import geopandas
import pytest
from shapely import Point

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, InvalidArgument
from fused_spec.api.http.uploads import Source, form, opened
from tests.unit.api.loopback import Loopback, Seen, leads_to, raw, says


@pytest.fixture
def api(server: Loopback, api: FusedAPI) -> FusedAPI:
    """A client that knows the preferred instance; it asks for it once."""
    server.on("GET /realtime-instance/available", says([{"client_id": "local"}]))
    api._automatic_realtime_client_id()
    server.seen.clear()
    return api


FIELDS = {"key": "a/ä", "policy": "p=="}


def parts(seen: Seen) -> list[Message]:
    whole = b"Content-Type: " + seen.headers["Content-Type"].encode() + b"\r\n\r\n" + seen.body
    return message_from_bytes(whole).get_payload()  # type: ignore[return-value]


def accept_uploads(server: Loopback) -> None:
    signed = {"url": f"{server.host}/blob?s=1", "fields": FIELDS}
    server.on("GET /files/sign-upload", says(signed))
    server.on("GET /files/sign-upload-temp", says({"signed_post": signed, "storage_url": "s3://t/x.bin"}))
    server.on("POST //blob", raw(b"", status=204))


def test_an_upload_posts_the_signed_fields_and_then_the_file(server: Loopback, api: FusedAPI) -> None:
    accept_uploads(server)
    api.upload("fd://a/ä b", b"12345")
    assert server.calls[0] == "GET /files/sign-upload?path=fd%3A%2F%2Fa%2F%C3%A4+b&content_length=5&client_id=local"
    names = [part.get_param("name", header="Content-Disposition") for part in parts(server.seen[1])]
    assert names == ["key", "policy", "file"]
    assert parts(server.seen[1])[2].get_payload(decode=True) == b"12345"


def test_an_upload_sends_no_credentials_to_the_storage(server: Loopback, api: FusedAPI) -> None:
    accept_uploads(server)
    api.upload("fd://a", b"1")
    assert not {"Authorization", "Fused-Py-Version"} & set(server.seen[1].headers)


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "memory"])
def test_an_upload_takes_bytes_paths_and_open_files(server: Loopback, api: FusedAPI, tmp_path: Path, kind: str) -> None:
    accept_uploads(server)
    content = bytes(range(256)) * 3000
    local = tmp_path / "in.bin"
    local.write_bytes(content)
    with local.open("rb") as file:
        file.read(7)
        sources: dict[str, Source] = {"bytes": content, "path": local, "file": file, "memory": io.BytesIO(content)}
        api.upload("fd://a", sources[kind])
    part = parts(server.seen[1])[2]
    assert part.get_payload(decode=True) == content
    assert part.get_filename() == ("in.bin" if kind in ("path", "file") else "file")


@pytest.mark.parametrize("status", [404, 405])
def test_a_service_without_signed_uploads_gets_the_bytes_itself(server: Loopback, api: FusedAPI, status: int) -> None:
    server.on("GET /files/sign-upload", says({"detail": "x"}, status=status))
    server.on("PUT /files/upload", says(None))
    api.upload("fd://a", b"12345")
    assert (server.seen[1].body, server.seen[1].headers["Content-Length"]) == (b"12345", "5")
    assert server.seen[1].headers["Content-Type"] == "application/octet-stream"


def test_any_other_failure_of_signing_is_a_failure(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /files/sign-upload", says({"detail": "x"}, status=400))
    with pytest.raises(ApiError):
        api.upload("fd://a", b"1")
    assert len(server.seen) == 1


def test_a_file_that_shrinks_while_it_is_read_is_not_sent_as_whole() -> None:
    with opened(io.BytesIO(b"12345")) as content:
        content.stream.read(3)
        with pytest.raises(InvalidArgument, match="became shorter"):
            b"".join(form({}, content))


def test_a_form_knows_its_length() -> None:
    with opened(b"12345") as content:
        body = form(FIELDS, content, boundary="b")
        assert len(b"".join(body)) == len(body)


@pytest.mark.parametrize("source", ["text", 5, None])
def test_what_has_no_bytes_is_not_uploaded(api: FusedAPI, source: object) -> None:
    with pytest.raises(InvalidArgument, match="cannot upload"):
        api.upload("fd://a", source)  # type: ignore[arg-type]


def test_a_missing_file_is_told_by_name(api: FusedAPI, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"none\.bin cannot be read: no such file"):
        api.upload("fd://a", tmp_path / "none.bin")


def test_a_temporary_upload_returns_where_a_step_reads_it(server: Loopback, api: FusedAPI) -> None:
    accept_uploads(server)
    assert api._upload_tmp("bin", b"12") == "s3://t/x.bin"
    assert server.calls[0] == "GET /files/sign-upload-temp?content_length=2&extension=bin&client_id=local"


def test_a_direct_temporary_upload_does_so_too(server: Loopback, api: FusedAPI) -> None:
    server.on("POST /files/upload-temp", says("s3://t/y.bin"))
    assert api._upload_tmp("bin", b"12") == "s3://t/y.bin"
    assert server.seen[1].body == b"12"


def test_a_geodataframe_becomes_parquet(server: Loopback, api: FusedAPI) -> None:
    accept_uploads(server)
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs=4326)
    assert api._replace_df_input(frame) == "s3://t/x.bin"
    sent = parts(server.seen[1])[2].get_payload(decode=True)
    assert geopandas.read_parquet(io.BytesIO(sent)).equals(frame)  # type: ignore[arg-type]
    assert "extension=parquet" in server.calls[0]


def test_a_path_keeps_its_suffix(server: Loopback, api: FusedAPI, tmp_path: Path) -> None:
    accept_uploads(server)
    (tmp_path / "in.tar.gz").write_bytes(b"x")
    api._replace_df_input(tmp_path / "in.tar.gz")
    assert server.calls[0].endswith("extension=gz&client_id=local")


@pytest.mark.parametrize("given", ["s3://a/b", ["s3://a", "s3://b"], None, 5])
def test_anything_else_stays_as_it_is(api: FusedAPI, given: object) -> None:
    assert api._replace_df_input(given) is given


def test_a_listing_is_urls_or_details(server: Loopback, api: FusedAPI) -> None:
    entry = {"url": "fd://a/b", "file_name": "b", "is_directory": False, "size": 3, "etag": "unknown here"}
    server.on("GET /files/list", says(["fd://a/b"]))
    server.on("GET /files/list-details", says([entry]))
    assert api.list("fd://a") == ["fd://a/b"]
    assert api.list("fd://a", details=True)[0].size == 3


def test_a_file_is_read_through_the_redirect(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /files/get", leads_to(f"{server.url}/blob"))
    server.on("GET /blob", raw(b"content"))
    assert api.get("fd://a") == b"content"


def test_a_download_writes_the_whole_file(server: Loopback, api: FusedAPI, tmp_path: Path) -> None:
    broken = raw(bytes(500_000), headers={"Content-Length": "600000", "Connection": "close"})
    server.on("GET /files/get", broken, raw(b"content"))
    api.download("fd://a", tmp_path / "a")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"content")]


def test_a_failed_download_leaves_what_was_there(server: Loopback, api: FusedAPI, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"before")
    server.on("GET /files/get", says({"detail": "x"}, status=404))
    with pytest.raises(ApiError):
        api.download("fd://a", str(tmp_path / "a"))
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a", b"before")]


def test_a_delete_tells_whether_anything_was_there(server: Loopback, api: FusedAPI) -> None:
    server.on("DELETE /files/delete", says(False))
    assert api.delete("fd://a", "unlimited") is False
    assert server.calls == ["DELETE /files/delete?path=fd%3A%2F%2Fa&max_deletion_depth=unlimited&client_id=local"]


def test_urls_are_signed_for_one_file_or_for_many(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /files/sign", says("https://s.test/a"))
    server.on("GET /files/sign_prefix", says({"fd://a/b": "https://s.test/b"}))
    assert api.sign_url("fd://a") == "https://s.test/a"
    assert api.sign_url_prefix("fd://a") == {"fd://a/b": "https://s.test/b"}
