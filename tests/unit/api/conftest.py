from collections.abc import Iterator

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.settings import Credentials
from tests.unit.api.loopback import Loopback

TOKEN = "a-token-nobody-may-see"


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def transport(server: Loopback, time: FakeTime) -> Iterator[Transport]:
    credentials = Credentials(access_token=TOKEN, auth_scheme="Fused-Env-Bearer")
    transport = Transport(server.url, credentials, clock=time.clock, sleep=time.sleep, random=lambda: 1.0)
    yield transport
    transport.close()


@pytest.fixture
def api(transport: Transport) -> FusedAPI:
    return FusedAPI.over(transport)
