"""All services of these tests share a forkserver."""

from collections.abc import Iterator

import pytest

from fused_spec.service.workers import forkserver
from tests.forkservers import Shared


@pytest.fixture(scope="package", autouse=True)
def shared_forkserver() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forkserver, "Forkserver", Shared)
        yield
    Shared.close_all()


@pytest.fixture(autouse=True)
def no_worker_goes_on() -> Iterator[None]:
    yield
    Shared.end_workers()
