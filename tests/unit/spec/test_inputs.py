"""Local inputs: the address of their content, and files that are not what their name says."""

from pathlib import Path

import pytest

from fused_spec.spec.files.named_files import Folder, Trouble
from fused_spec.spec.inputs.local_inputs import Inputs
from fused_spec.spec.model import LocalFile


def read(folder: Path, name: str, content: bytes) -> LocalFile | Trouble:
    (folder / name).write_bytes(content)
    return Inputs().read(name, Folder(path=folder, root=folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"PAR1....PAR1"),
        ("a.pq", b"PAR1....PAR1"),
        ("a.gpkg", b"SQLite format 3\0rest"),
        ("a.zip", b"PK\x03\x04rest"),
        ("a.geojson", b"\xef\xbb\xbf \n{}"),
        ("a.csv", b"x\n1\n"),
        ("a.csv", "x;Länge\n1;2\n".encode("utf-16")),
        ("a.csv", "x;Länge\n1;2\n".encode("utf-16-be")),
        ("a.TIF", b"II*\0rest"),
        ("a.weights", b"\0\1\2"),
    ],
)
def test_a_file_that_begins_as_its_suffix_says_is_taken(tmp_path: Path, name: str, content: bytes) -> None:
    file = read(tmp_path, name, content)
    assert isinstance(file, LocalFile)
    assert file.size == len(content)
    assert file.url.endswith(Path(name).suffix.lower())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"x,y\n1,2\n"),
        ("a.csv", b"PAR1\0\0\0\0"),
        ("a.geojson", b"<html>"),
        ("a.gpkg", b"version https://git-lfs.github.com/spec/v1\n"),
        ("a.csv", b""),
        ("a.shp", b"\0\0\x27\x0a"),
    ],
)
def test_a_file_that_is_not_what_its_suffix_says_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    trouble = read(tmp_path, name, content)
    assert isinstance(trouble, Trouble)
    assert trouble.hint


def test_the_same_content_has_the_same_address_whatever_its_name(tmp_path: Path) -> None:
    first, second = read(tmp_path, "a.csv", b"x\n"), read(tmp_path, "b.csv", b"x\n")
    assert isinstance(first, LocalFile)
    assert isinstance(second, LocalFile)
    assert first.url == second.url


def test_a_link_out_of_the_project_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.csv").write_text("x\n", encoding="utf-8")
    (project / "a.csv").symlink_to(tmp_path / "secret.csv")
    trouble = Inputs().read("a.csv", Folder(path=project, root=project))
    assert isinstance(trouble, Trouble)
    assert trouble.code == "outside-project"


def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.csv")
    trouble = Inputs().read("a.csv", Folder(path=tmp_path, root=tmp_path))
    assert isinstance(trouble, Trouble)
    assert trouble.code == "not-a-file"
