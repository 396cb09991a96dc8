"""Which rights are named to which kernel, and what a restricted process may write to."""

import os
from pathlib import Path

import pytest

from fused_spec.engine.processes.forking import fork
from fused_spec.system import landlock

needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="this system has no Landlock")


@pytest.mark.parametrize(("version", "unknown"), [(1, 0b111 << 13), (2, 0b110 << 13), (3, 0b100 << 13), (5, 0)])
def test_no_right_is_named_that_the_kernel_does_not_know(version: int, unknown: int) -> None:
    assert landlock.rights((1 << 16) - 1, version) == (1 << 16) - 1 - unknown


def restricted(places: list[Path], *paths: Path) -> list[bool]:
    """Of each path, whether a restricted process can write there."""
    read, write = os.pipe()
    if fork() == 0:
        landlock.restrict_writing(places)
        os.write(write, bytes(map(_can_write, paths)))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answers = stream.read()
    os.wait()
    return [bool(answer) for answer in answers]


def _can_write(path: Path) -> bool:
    try:
        path.write_text("x")
    except PermissionError:
        return False
    return True


@needs_landlock
def test_what_is_named_can_be_written_with_all_below_it_and_nothing_else(tmp_path: Path) -> None:
    for name in ("named/deep", "other"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    asked = [tmp_path / "named" / "deep" / "a", tmp_path / "file", tmp_path / "other" / "a", tmp_path / "a"]
    assert restricted([tmp_path / "named", tmp_path / "file"], *asked) == [True, True, False, False]


@needs_landlock
def test_a_place_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    assert restricted([tmp_path / "gone", tmp_path], tmp_path / "a") == [True]


@needs_landlock
def test_a_place_that_is_a_link_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "named").symlink_to(tmp_path / "other")
    assert restricted([tmp_path / "named"], tmp_path / "other" / "a") == [False]


@needs_landlock
def test_a_path_through_a_link_leads_to_where_it_leads(tmp_path: Path) -> None:
    for name in ("named", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "named" / "out").symlink_to(tmp_path / "other")
    assert restricted([tmp_path / "named"], tmp_path / "named" / "out" / "a") == [False]
