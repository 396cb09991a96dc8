"""A project to write specs into."""

from pathlib import Path

import pytest

from tests.unit.spec.language.projects import SmallProject


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)
