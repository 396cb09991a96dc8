"""Files that a command adds: new ones, inside the project, and all of them or none."""

from pathlib import Path

import pytest

from fused_spec.cli.adopting.new_files import NewFiles, new_files
from fused_spec.errors import Misconfigured


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"mine")
    with pytest.raises(Misconfigured, match=r"a\.py is there already"):
        NewFiles(tmp_path).write({"a.py": b"other"})
    assert (tmp_path / "a.py").read_bytes() == b"mine"


def test_a_file_with_just_this_content_stays(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"same")
    assert NewFiles(tmp_path).write({"a.py": b"same"}) == []


def test_an_error_takes_back_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(Misconfigured), new_files(tmp_path) as files:
        files.write({"new/a": b"1", "b": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    project = tmp_path / "project"
    project.mkdir()
    (project / "a").symlink_to(outside)
    with pytest.raises(Misconfigured):
        NewFiles(project).write({"a": b"1"})
    assert not outside.exists()


def test_a_folder_that_leads_out_of_the_project_is_not_written_to(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (project / "specs").symlink_to(outside)
    with pytest.raises(Misconfigured, match="leads out of the project"):
        NewFiles(project).write({"specs/a.yaml": b"1"})
    assert not list(outside.iterdir())
