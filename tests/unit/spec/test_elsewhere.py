"""What specs of a project declare that a command was not given."""

from pathlib import Path

import pytest

from fused_spec.spec.model import DEFAULT_SCOPE, Key, Kind, Project, Resolution
from fused_spec.spec.project import elsewhere
from fused_spec.spec.project.elsewhere import Elsewhere, look_elsewhere

JOB = "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tiles}\nspec: {}\n"
TILES = Key(kind=Kind.JOB, name="tiles")


def seen(folder: Path, *given: str, exclude: tuple[str, ...] = (), scope: str = "p1") -> Elsewhere:
    project = Project(name="p", scope=scope, root=folder, state=folder / ".fused-spec", exclude=exclude)
    return look_elsewhere(Resolution(project=project, desired=(), files=tuple(folder / name for name in given)))


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_a_file_that_was_not_given_declares_what_it_names(tmp_path: Path) -> None:
    write(tmp_path, "more/a.yaml", JOB)
    assert seen(tmp_path).declares(TILES)


def test_a_file_that_was_given_declares_nothing_elsewhere(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", JOB)
    assert not seen(tmp_path, "a.yaml").declares(TILES)


def test_a_given_file_is_known_behind_a_link(tmp_path: Path) -> None:
    write(tmp_path, "specs/a.yaml", JOB)
    (tmp_path / "linked").symlink_to(tmp_path / "specs")
    assert not seen(tmp_path, "linked/a.yaml").declares(TILES)


def test_the_same_name_of_another_kind_is_another_thing(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", JOB)
    assert not seen(tmp_path).declares(Key(kind=Kind.TOKEN, name="tiles"))


def test_each_document_of_a_file_has_its_own_kind(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", f"{JOB}---\n{JOB.replace('Job', 'Udf').replace('tiles', 'at')}")
    assert seen(tmp_path).declared == {TILES, Key(kind=Kind.UDF, name="at")}


@pytest.mark.parametrize(
    "text",
    [
        '{"apiVersion": "fused-spec/v1", "kind": "Job", "metadata": {"name": "tiles"}}',
        "apiVersion: 'fused-spec/v1'\nkind: 'Job'\nmetadata:\n  labels: {a: b}\n  name: 'tiles'\n",
        f"{JOB}  broken: [\n",
    ],
    ids=["json", "quoted", "invalid"],
)
def test_any_way_to_write_a_spec_is_seen(tmp_path: Path, text: str) -> None:
    write(tmp_path, "a.yaml", text)
    assert seen(tmp_path).declares(TILES)


@pytest.mark.parametrize("name", [".hidden/a.yaml", "node_modules/a.yaml", "drafts/a.yaml", "old.yaml"])
def test_what_a_walk_leaves_out_declares_nothing(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, JOB)
    assert not seen(tmp_path, exclude=("drafts/", "old.yaml")).declares(TILES)


def test_a_folder_with_a_project_file_is_another_project(tmp_path: Path) -> None:
    write(tmp_path, "other/fused-spec.yaml", "apiVersion: fused-spec/v1\n")
    write(tmp_path, "other/specs/a.yaml", JOB)
    assert not seen(tmp_path).declares(TILES)


def test_comments_and_other_yaml_declare_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "".join(f"# {line}\n" for line in JOB.splitlines()))
    write(tmp_path, "b.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: tiles}\n")
    assert not seen(tmp_path).declares(TILES)


def test_where_there_is_too_much_to_look_at_everything_may_be_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.yaml", "a: 1\n")
    monkeypatch.setattr(elsewhere, "_MOST_FILES", 0)
    assert seen(tmp_path).declares(TILES)


def test_without_a_project_nothing_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", JOB)
    assert not seen(tmp_path, scope=DEFAULT_SCOPE).declares(TILES)


def test_what_another_file_was_called_is_declared_there(tmp_path: Path) -> None:
    write(tmp_path, "more/a.yaml", JOB.replace("name: tiles", "name: raster, moved_from: [cells, tiles]"))
    assert seen(tmp_path).declares(TILES)


@pytest.mark.parametrize(
    ("matrix", "name", "declares"),
    [
        ("{month: [a]}", "tiles-2024-05", True),
        ("{month: [a]}", "tilesets-2024-05", False),
        ('{month: [a], name: "t-${matrix.month}"}', "t-2024-05", True),
        ('{month: [a], name: "${matrix.month}-of-tiles"}', "2024-05-of-tiles", True),
    ],
)
def test_the_cells_of_a_matrix_that_was_not_given_are_declared(
    tmp_path: Path, matrix: str, name: str, declares: bool
) -> None:
    write(tmp_path, "a.yaml", f"{JOB}matrix: {matrix}\n")
    assert seen(tmp_path).declares(Key(kind=Kind.JOB, name=name)) is declares
