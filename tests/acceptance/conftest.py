"""Folders to work in, each with its own local service, which is stopped afterwards."""

import shutil
import uuid
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
def shared_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a service that the first command starts, and that runs to the end of all tests."""
    for shell in in_folder(tmp_path_factory.mktemp("shared") / "work"):
        state = shell.folder / ".fused-spec/service"
        state.mkdir(parents=True)
        yield state


@pytest.fixture
def neighbour(tmp_path: Path, shared_state: Path) -> Iterator[Shell]:
    """A project with a history of its own, at a service that other tests use, too, and that waits for no job of its."""
    shell = Shell(folder=tmp_path / "work", home=tmp_path / "home")
    shell.home.mkdir()
    shell.write("fused-spec.yaml", f"apiVersion: fused-spec/v1\nproject: {{name: roads, id: {uuid.uuid4()}}}\n")
    (shell.folder / ".fused-spec").mkdir()
    (shell.folder / ".fused-spec/service").symlink_to(shared_state)
    yield shell
    if (shared_state / "service.json").exists():
        runs = shell.run("jobs", "--output", "json").document["jobs"]
        left = [run["job_id"] for run in runs if run["status"] not in ("succeeded", "failed", "cancelled")]
        assert not left or shell.run("cancel", *left).code == 0


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The examples, applied once."""
    folder = tmp_path_factory.mktemp("examples")
    for shell in in_folder(folder):
        shutil.copytree(REPOSITORY / "specs", folder / "specs")
        shutil.copy(REPOSITORY / "fused-spec.yaml", folder)
        yield shell
