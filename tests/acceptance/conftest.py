"""Folders to work in, each with its own local service, which is stopped afterwards."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Shell

REPOSITORY = Path(__file__).parents[2]


def in_folder(folder: Path) -> Iterator[Shell]:
    home = folder / "home"
    home.mkdir(parents=True)
    shell = Shell(folder=folder, home=home)
    yield shell
    shell.stop_service()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An empty folder."""
    yield from in_folder(tmp_path / "work")


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The examples, applied once."""
    folder = tmp_path_factory.mktemp("examples")
    for shell in in_folder(folder):
        shutil.copytree(REPOSITORY / "specs", folder / "specs")
        shutil.copy(REPOSITORY / "fused-spec.yaml", folder)
        yield shell
