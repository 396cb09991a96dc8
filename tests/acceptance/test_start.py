"""What looks at runs, beside a real service, loads nothing that makes or carries out any."""

from collections.abc import Iterator
from functools import cache

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.conftest import in_folder
from tests.loading import GEOSPATIAL, SERVICE, SHOWN, Loaded, loaded_by

SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: hello}
spec:
  config:
    steps:
      - {type: udf, udf: {code: "@fused.udf\\ndef udf():\\n    return 1\\n"}}
"""

LOOKING = [("plan", "hello.yaml"), ("status", "hello.yaml"), ("jobs",)]


@pytest.fixture(scope="module")
def beside_a_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    for shell in in_folder(tmp_path_factory.mktemp("start") / "work"):
        shell.write("hello.yaml", SPEC)
        assert shell.run("plan", "hello.yaml").code == 0
        yield shell


@cache
def loaded(shell: Shell, words: tuple[str, ...]) -> Loaded:
    found = loaded_by(*words, cwd=shell.folder, env=shell.env())
    assert found.code == 0
    return found


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_no_library_is_loaded_that_only_work_needs(beside_a_service: Shell, words: tuple[str, ...]) -> None:
    heavy = GEOSPATIAL | SERVICE | SHOWN | {"fsspec", "ijson", "filelock", "jsonschema"}
    assert heavy & loaded(beside_a_service, words).packages == set()


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
@pytest.mark.parametrize("room", ["reconcile.applying", "reconcile.starting", "engine", "service.http", "views.live"])
@pytest.mark.thorough
def test_no_room_is_entered_that_only_an_apply_needs(
    beside_a_service: Shell, words: tuple[str, ...], room: str
) -> None:
    assert loaded(beside_a_service, words).ours(room) == []


@pytest.mark.parametrize("words", LOOKING, ids=" ".join)
def test_few_modules_are_loaded_and_few_classes_written_at_the_start(
    beside_a_service: Shell, words: tuple[str, ...]
) -> None:
    found = loaded(beside_a_service, words)
    assert len(found.modules) <= 645
    assert len(found.dataclasses) <= 10, found.dataclasses


def test_an_apply_loads_nothing_geospatial_and_nothing_of_the_service(beside_a_service: Shell) -> None:
    packages = loaded(beside_a_service, ("apply", "hello.yaml")).packages
    assert (GEOSPATIAL | {"starlette", "uvicorn", "rich"}) & packages == set()
