"""A storage for each test, and a cluster for all that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.engine.cluster import Cluster, cluster


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty storage, which this process reads `fd://` from."""
    folder = tmp_path / "storage"
    folder.mkdir()
    monkeypatch.setenv("FUSED_SPEC_STORAGE", str(folder))
    return folder


@pytest.fixture(scope="module")  # an idle cluster takes a tenth of a processor
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers; whoever ends one of them starts a cluster of its own."""
    with cluster(tmp_path_factory.mktemp("dask"), workers=2) as one:
        yield one
