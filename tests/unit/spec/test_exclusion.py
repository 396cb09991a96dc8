"""`exclude:` in the project file."""

from pathlib import Path

import pytest

from fused_spec.spec.files.exclusion import exclusion
from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve
from tests.unit.spec.reading import SMALLEST_JOB

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n"


def covers(pattern: str, path: str, *, folder: bool = False) -> bool:
    return exclusion(Path("/p"), [pattern]).covers(path, folder=folder)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("compose.yml", "compose.yml"),
        ("compose.yml", "a/b/compose.yml"),
        ("/compose.yml", "compose.yml"),
        ("./compose.yml", "compose.yml"),
        ("./a/./b.yaml", "a/b.yaml"),
        ("a/compose.yml", "a/compose.yml"),
        ("*.tmpl.yaml", "a/b.tmpl.yaml"),
        ("a/*.yaml", "a/b.yaml"),
        ("a/**", "a/b/c.yaml"),
        ("**/c.yaml", "c.yaml"),
        ("**/c.yaml", "a/b/c.yaml"),
        ("a/**/c.yaml", "a/c.yaml"),
        ("a/**/c.yaml", "a/b/d/c.yaml"),
        ("b?.yaml", "b1.yaml"),
        ("b[0-9].yaml", "b1.yaml"),
        ("b[!0-9].yaml", "bx.yaml"),
        ("a+b(c).yaml", "a+b(c).yaml"),
        ("caf\u00e9.yaml", "cafe\u0301.yaml"),
    ],
)
def test_a_pattern_covers(pattern: str, path: str) -> None:
    assert covers(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("compose.yml", "xcompose.yml"),
        ("/compose.yml", "a/compose.yml"),
        ("a/compose.yml", "b/a/compose.yml"),
        ("a/*.yaml", "a/b/c.yaml"),
        ("*.yaml", "a.yml"),
        ("a/", "a"),
        ("b?.yaml", "b/.yaml"),
        ("b[!0-9].yaml", "b1.yaml"),
        ("a.yaml", "abyaml"),
        ("[", "a"),
    ],
)
def test_a_pattern_leaves_alone(pattern: str, path: str) -> None:
    assert not covers(pattern, path)


@pytest.mark.parametrize("pattern", ["a/", "a", "/a/", "**/a/"])
def test_a_pattern_covers_a_folder(pattern: str) -> None:
    assert covers(pattern, "a", folder=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with three specs, of which one lies in a folder of its own."""
    for name in ("specs/a.yaml", "specs/b.yaml", "specs/old/c.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SMALLEST_JOB.replace("areas", path.stem))
        (path.parent / "area.py").write_text("@fused.udf\ndef udf():\n    return 1\n")
    return tmp_path


def read(project: Path, exclude: str, *paths: str, cwd: str = ".") -> Resolution:
    (project / "fused-spec.yaml").write_text(f"{PROJECT}exclude: {exclude}\n")
    return resolve(paths or ["specs"], cwd=project / cwd)


def names(resolution: Resolution) -> list[str]:
    assert resolution.diagnostics == ()
    return [one.key.name for one in resolution.desired]


@pytest.mark.parametrize("exclude", ["[old/]", "[specs/old/]", '["**/old"]', '["specs/old/**"]', "[c.yaml]"])
def test_what_is_excluded_is_not_read(project: Path, exclude: str) -> None:
    assert names(read(project, exclude)) == ["a", "b"]


def test_patterns_count_from_the_project_file_wherever_the_command_runs(project: Path) -> None:
    assert names(read(project, "[/specs/old/]", ".", cwd="specs")) == ["a", "b"]


def test_a_file_that_is_named_is_read_though_it_is_excluded(project: Path) -> None:
    assert names(read(project, "[c.yaml, old/]", "specs", "specs/old/c.yaml")) == ["a", "b", "c"]


def test_a_folder_that_is_named_is_read_though_it_is_excluded(project: Path) -> None:
    assert names(read(project, "[old/]", "specs/old")) == ["c"]


def test_to_exclude_everything_is_told(project: Path) -> None:
    [problem] = read(project, '["*.yaml"]').diagnostics
    assert (problem.code, problem.message) == (
        "empty-folder",
        "no *.yaml or *.yml in specs but what exclude in fused-spec.yaml leaves out",
    )


def test_a_linked_folder_is_excluded_by_its_own_name(project: Path) -> None:
    (project / "specs" / "again").symlink_to("old")
    assert names(read(project, "[again]")) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "exclude", ['["!a.yaml"]', '["a\\\\b.yaml"]', '[""]', '["/"]', '["# a"]', '[" a"]', "a.yaml", "[1]"]
)
def test_a_pattern_that_means_nothing_is_an_error_of_the_project_file(project: Path, exclude: str) -> None:
    resolution = read(project, exclude)
    assert [problem.location.path for problem in resolution.diagnostics if problem.is_error] == ["fused-spec.yaml"]
    assert all(problem.hint for problem in resolution.diagnostics)
