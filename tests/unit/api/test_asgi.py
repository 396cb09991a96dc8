"""The adapter by which contract tests call an app in memory."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from fused_spec.api.http.transport import new_session
from tests.asgi import AsgiAdapter

URL = "http://127.0.0.1/echo"


async def echo(request: Request) -> JSONResponse:
    pieces = [len(piece) async for piece in request.stream() if piece]
    return JSONResponse(
        {
            "method": request.method,
            "query": dict(request.query_params),
            "host": request.headers["host"],
            "pieces": pieces,
            "ready": request.app.state.ready,
        }
    )


async def stream(_: Request) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        for number in range(3):
            yield str(number).encode() * 10

    return StreamingResponse(body())


async def crash(_: Request) -> JSONResponse:
    raise LookupError("a bug of the app")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.ready = True
    yield
    app.state.ready = False


@pytest.fixture
def app() -> Starlette:
    methods = ["GET", "POST"]
    routes = [Route("/echo", echo, methods=methods), Route("/stream", stream), Route("/crash", crash)]
    return Starlette(routes=routes, lifespan=lifespan)


@pytest.fixture
def adapter(app: Starlette) -> Iterator[AsgiAdapter]:
    with AsgiAdapter(app) as adapter:
        yield adapter


@pytest.fixture
def session(adapter: AsgiAdapter) -> requests.Session:
    session = new_session()
    session.mount("http://", adapter)
    return session


def test_an_app_is_called_in_memory(session: requests.Session, adapter: AsgiAdapter) -> None:
    answer = session.get(URL, params={"a": "1"}).json()
    assert (answer["method"], answer["query"], answer["host"]) == ("GET", {"a": "1"}, "127.0.0.1")
    assert adapter.seen == ["GET /echo?a=1"]


def test_the_app_lives_from_startup_to_shutdown(app: Starlette) -> None:
    with AsgiAdapter(app):
        assert app.state.ready
    assert not app.state.ready


def test_a_body_arrives_piece_by_piece(session: requests.Session) -> None:
    assert session.post(URL, data=iter([b"12", b"345"])).json()["pieces"] == [2, 3]


def test_an_answer_comes_back_whole(session: requests.Session) -> None:
    assert session.get("http://127.0.0.1/stream").text == "0" * 10 + "1" * 10 + "2" * 10


def test_a_crash_is_a_500_and_is_kept(session: requests.Session, adapter: AsgiAdapter) -> None:
    assert session.get("http://127.0.0.1/crash").status_code == 500
    assert isinstance(adapter.crashes[0], LookupError)


@pytest.mark.parametrize("reached", [True, False])
def test_a_fault_strikes_once_before_or_after_the_app(
    session: requests.Session, adapter: AsgiAdapter, reached: bool
) -> None:
    adapter.fail(requests.ReadTimeout(), reached=reached, method="POST", path="/echo")
    assert session.get(URL).ok
    with pytest.raises(requests.ReadTimeout):
        session.post(URL)
    assert adapter.seen.count("POST /echo") == int(reached)
    assert session.post(URL).ok
