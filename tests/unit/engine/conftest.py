from pathlib import Path

import pytest


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty storage, which this process reads `fd://` from."""
    folder = tmp_path / "storage"
    folder.mkdir()
    monkeypatch.setenv("FUSED_SPEC_STORAGE", str(folder))
    return folder
