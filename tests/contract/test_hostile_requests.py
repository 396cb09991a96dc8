"""Whatever a client sends to whichever route: an answer in the documented form, and never a fault of the service.

The routes are read from the app, so a new one is tried as soon as it is there. Hypothesis prints how to repeat what
it found.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount, Route

from fused_spec.service.app import create_app
from fused_spec.service.routes import jobs, realtime
from tests.asgi import AsgiAdapter
from tests.contract.asking import BASE, BODIES, TOKEN, Service, as_json
from tests.depth import examples

QUERY = (
    *("skip", "limit", "since_ms", "path", "extension", "content_length", "max_deletion_depth", "instance_type"),
    *("disk_size_gb", "region", "format", "dtype_out_vector", "expires", "signature", "n", "udf_type", "url"),
    *("file_name", "bbox_minx", "bbox_miny", "bbox_maxx", "bbox_maxy", "n_rows", "columns", "clip"),
)
HOSTILE = (
    *("", ".", "..", "../..", "%2e%2e", "..%2f..", "a/../../b", "\0", "fd://a\0b", "fd://../x", "fd://..%2f..%2fx"),
    *("/etc/passwd", "file:///etc/passwd", "s3://b/k", "fd://", "fd:///", "fd://a//b/", "fd://a.", "fd://a "),
    *("FD://a", "fd://" + "n" * 300, "fd://" + "d/" * 3000),
    *(
        "--5",
        "-1",
        "1e9",
        "9" * 5000,
        "٣",
        "NaN",
        "true",
        "null",
        "{",
        "[]",
    ),
    *("\u202e", "é", "\x7f", "' OR 1=1 --", "{{7*7}}", "%s%n", "https://github.com/a/b/tree/main/c", "Bearer"),
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
texts = st.sampled_from(HOSTILE) | st.text(max_size=30)


@st.composite
def changed(draw: st.DrawFn, content: Any) -> Any:
    """The content with something else in one place, or without that place."""
    if isinstance(content, dict | list) and content and draw(st.integers(0, 5)):
        places = list(content) if isinstance(content, dict) else list(range(len(content)))
        place = draw(st.sampled_from(places))
        copy = content.copy()
        if draw(st.integers(0, 4)):
            copy[place] = draw(changed(content[place]))
        else:
            del copy[place]
        return copy
    return draw(anything)


bodies = st.one_of(
    st.sampled_from(BODIES).flatmap(lambda body: st.just(body) | changed(body)).map(lambda body: as_json(body)),
    anything.map(lambda body: as_json(body)),
    st.binary(max_size=100),
    st.just(b""),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Fused-Py-Version": st.sampled_from(["1.11.0", "2.9.5", "", "1.", "é"]),
        "Fused-Run-Id": st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10),
        "Content-Type": st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/plain", ""]),
        "Range": st.sampled_from(["bytes=0-", "bytes=9-1", "bytes=-1", "x"]),
    },
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with AsgiAdapter(create_app(tmp_path_factory.mktemp("state") / "state", TOKEN)) as adapter:
        yield Service(adapter)


def endpoints() -> list[tuple[str, str]]:
    """Every method and path template of the app."""
    (mount,) = create_app(Path("unused"), TOKEN).routes
    assert isinstance(mount, Mount)
    return [
        (method, route.path)
        for route in mount.routes
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"})  # which is GET, cut short by the server
    ]


# what starts processes is tried less often
STARTING = ("/run", "/run/udf", "/cronjob/user-run", "/run/tiles", "/run/file", "/table/")
QUICK = [(method, path) for method, path in endpoints() if not any(part in path for part in STARTING)]
SLOW = [(method, path) for method, path in endpoints() if any(part in path for part in STARTING)]


def check(answer: requests.Response, crashes: list[Exception]) -> None:
    """In the documented form."""
    content = answer.content
    crashed, crashes[:] = list(crashes), []
    assert not crashed
    assert answer.status_code < 500 or answer.status_code == 504, content
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/json"
        detail = json.loads(content)["detail"]
        assert isinstance(detail, str if answer.status_code != 422 or isinstance(detail, str) else list)


def try_one(service: Service, data: st.DataObject, choice: list[tuple[str, str]]) -> None:
    method, template = data.draw(st.sampled_from(choice), label="route")
    path = "/".join(
        quote(data.draw(st.just(service.known[part.strip("{}").partition(":")[0]]) | texts, label=part), safe="")
        if part.startswith("{")
        else part
        for part in template.split("/")
    )
    query = data.draw(st.dictionaries(st.sampled_from(QUERY), texts, max_size=4), label="query")
    body = data.draw(bodies, label="body").replace(b"UDF_ID", service.known["udf_id"].encode())
    given = data.draw(headers, label="headers")
    if sum(map(len, query.values())) < 7000:
        check(service.ask(method, path, query=query, body=body, headers=given), service.adapter.crashes)


@examples(500)
@given(data=st.data())
def test_no_request_finds_a_fault(service: Service, data: st.DataObject) -> None:
    try_one(service, data, QUICK)


@examples(100)
@given(data=st.data())
def test_no_run_that_is_asked_for_finds_a_fault(service: Service, data: st.DataObject) -> None:
    try_one(service, data, SLOW)


def test_the_facts_of_a_run_come_whole_whatever_range_is_asked_for(service: Service) -> None:
    path = f"/run/by-id/{service.known['job_id']}/facts"
    assert service.ask("GET", path, headers={"Range": "bytes=9-1"}).status_code == 200


DEEP = b"[" * 100_000 + b"]" * 100_000
BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "deep": DEEP,
    "deep in a field": b'{"value": "a", "deep": ' + DEEP + b"}",
    "an endless number": b'{"value": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"value": NaN}',
    "infinity": b'{"value": "a", "x": 1e999}',
    "half a character": b'{"value": "\\ud800"}',
    "not UTF-8": b'{"value": "\xff"}',
    "a byte order mark": b'\xef\xbb\xbf{"value": "a"}',
    "a raw NUL": b'{"value": "a\0"}',
    "a wrong type": b'{"value": {"a": 1}}',
    "two values": b'{"value": "a"} {"value": "b"}',
}


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_body_that_is_none_is_a_422(service: Service, body: str) -> None:
    answer = service.ask("PUT", "/realtime/local/api/v1/secrets/bad", body=BAD_BODIES[body])
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert isinstance(answer.json()["detail"], list)


def test_of_a_field_that_comes_twice_the_last_counts(service: Service) -> None:
    service.ask("PUT", "/realtime/local/api/v1/secrets/twice", body=b'{"value": "a", "value": "b"}')
    assert service.ask("GET", "/realtime/local/api/v1/secrets/twice").json() == "b"


def test_a_packed_body_is_refused_unread(service: Service) -> None:
    answer = service.ask("POST", "/run", body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_body_that_says_it_is_huge_is_refused_unread(service: Service) -> None:
    answer = service.ask("POST", "/run", body=b"{", headers={"Content-Length": str(97 * 1024 * 1024)})
    assert answer.status_code == 413


def test_a_body_that_turns_out_huge_is_refused(service: Service) -> None:
    request = requests.PreparedRequest()
    request.method, request.url = "POST", f"{BASE}/run"
    request.headers = requests.structures.CaseInsensitiveDict({"Authorization": f"Bearer {TOKEN}"})
    request.body = iter([b"[" * 1024 * 1024] * 97)  # type: ignore[assignment]
    answer = service.adapter.send(request)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


@pytest.mark.parametrize("path", ["/nowhere", "/run/", "//run", "/run/by-id/", "/signed/../run", "/signed/%2e%2e/run"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_what_is_nowhere_is_told_so(service: Service, method: str, path: str) -> None:
    answer = service.ask(method, path)
    assert answer.status_code in (403, 404, 405)
    check_form(answer)


def check_form(answer: requests.Response) -> None:
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json()["detail"], str)
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"])
@pytest.mark.parametrize("path", ["/run", "/nowhere", "/job/self", "/realtime-shared/x/run", "/signed/upload"])
def test_a_web_page_is_refused_by_every_method_on_every_route(service: Service, method: str, path: str) -> None:
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = service.ask(method, path, headers=header)
        assert answer.status_code == 403
        check_form(answer)


@pytest.mark.parametrize("method, path", endpoints())
def test_every_route_but_the_open_ones_asks_for_the_token(service: Service, method: str, path: str) -> None:
    answer = service.ask(method, path.replace("{", "").replace("}", ""), headers={"Authorization": ""})
    is_open = path.startswith(("/health", "/signed/", "/realtime-shared/")) and method != "DELETE"
    assert (answer.status_code == 401) is not is_open


def test_every_answer_tells_browsers_to_keep_and_run_nothing(service: Service) -> None:
    for path in ("/health", "/nowhere", "/job/self"):
        answer = service.ask("GET", path)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox;")


def test_the_routes_that_start_something_are_among_those_tried() -> None:
    assert {route.path for route in (*jobs.routes, *realtime.routes)} <= {path for _, path in (*QUICK, *SLOW)}


# Signed uploads


def sign(service: Service, **query: str) -> dict[str, str]:
    signed = service.ask("GET", "/files/sign-upload", query=query).json()
    assert signed["url"] == f"{BASE}/signed/upload"
    fields: dict[str, str] = signed["fields"]
    return fields


def post_form(service: Service, fields: dict[str, str], content: bytes) -> requests.Response:
    made = requests.Request("POST", BASE, data=fields, files={"file": content}).prepare()
    headers = {"Authorization": "", "Content-Type": made.headers["Content-Type"]}
    assert isinstance(made.body, bytes)
    return service.ask("POST", "/signed/upload", body=made.body, headers=headers)


def test_a_signed_upload_takes_what_was_signed_and_no_more(service: Service) -> None:
    fields = sign(service, path="fd://signed/a.txt", content_length="5")
    assert post_form(service, fields, b"12345").status_code == 204
    assert post_form(service, fields, b"123456").status_code == 400
    assert service.ask("GET", "/files/get", query={"path": "fd://signed/a.txt"}).content == b"12345"


@pytest.mark.parametrize("field", ["key", "length", "expires", "signature"])
@pytest.mark.parametrize("value", ["", "9", "fd://signed/other.txt", "é", "9" * 5000])
def test_a_signed_upload_with_another_field_is_refused(service: Service, field: str, value: str) -> None:
    fields = {**sign(service, path="fd://signed/b.txt", content_length="5"), field: value}
    assert post_form(service, fields, b"12345").status_code == 403
    assert service.ask("GET", "/files/get", query={"path": "fd://signed/b.txt"}).status_code == 404


@pytest.mark.parametrize("path", ["fd://../x", "fd://a/../../x", "/etc/x", "s3://b/x", "fd://a\0"])
def test_nothing_is_signed_or_written_outside_the_storage(service: Service, path: str) -> None:
    for method, route in (("GET", "/files/sign-upload"), ("GET", "/files/sign"), ("PUT", "/files/upload")):
        assert service.ask(method, route, query={"path": path}, body=b"x").status_code == 400


def test_dots_that_are_encoded_twice_are_a_name_like_any_other(service: Service) -> None:
    fields = sign(service, path="fd://signed/%2e%2e/%2e%2e/x")
    assert post_form(service, fields, b"x").status_code == 204
    assert service.ask("GET", "/files/list", query={"path": "fd://signed/%2e%2e/%2e%2e"}).json() == [
        "fd://signed/%2e%2e/%2e%2e/x"
    ]
    first_generation = {"Fused-Py-Version": "1.14.0"}  # which quotes once more than the query does
    answer = service.ask("GET", "/files/get", query={"path": "fd://signed/%2e%2e/%2e%2e/x"}, headers=first_generation)
    assert answer.status_code == 400


def test_a_signed_address_opens_its_own_file_alone(service: Service) -> None:
    url = service.ask("GET", "/files/sign", query={"path": "fd://a/b.txt"}).json().removeprefix(BASE)
    assert service.ask("GET", url, headers={"Authorization": ""}).content == b"content"
    service.ask("PUT", "/files/upload", query={"path": "fd://a/c.txt"}, body=b"other")
    other = url.replace("b.txt", "c.txt")
    longer = url.replace("expires=", "expires=9")
    for changed_url in (other, longer, url[:-1], url.partition("?")[0]):
        assert service.ask("GET", changed_url, headers={"Authorization": ""}).status_code == 403


@pytest.mark.parametrize(
    "name", ["with blank", "é", "100%", "a+b&c=d", "q?x#y", "%2e%2e", "%41", "a;b", "~'()*!", "a:b@c"]
)
def test_a_signed_address_opens_a_file_of_any_name(service: Service, name: str) -> None:
    service.ask("PUT", "/files/upload", query={"path": f"fd://odd/{name}"}, body=name.encode())
    url = service.ask("GET", "/files/sign", query={"path": f"fd://odd/{name}"}).json().removeprefix(BASE)
    assert service.ask("GET", url, headers={"Authorization": ""}).content == name.encode()
