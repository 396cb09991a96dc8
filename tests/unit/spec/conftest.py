"""A folder of specs to resolve, written from text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve

UDF = "import fused\n\n\n@fused.udf\ndef udf(n=1):\n    return n\n"

Resolve = Callable[..., Resolution]


@pytest.fixture
def resolved(tmp_path: Path) -> Resolve:
    """Write the given files below a project's `specs/`, and resolve them; `area.py` is there unless given."""
    (tmp_path / ".git").mkdir()

    def write_and_resolve(**files: str | bytes) -> Resolution:
        for name, content in {"area__py": UDF, **files}.items():
            path = tmp_path / "specs" / name.replace("__", ".").replace("___", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return resolve(["specs"], cwd=tmp_path)

    return write_and_resolve
