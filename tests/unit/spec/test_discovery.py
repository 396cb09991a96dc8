import os
from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.files import discovery
from fused_spec.spec.files.discovery import SpecFile, find
from fused_spec.spec.files.limits import MAX_SPEC_BYTES
from fused_spec.spec.files.roots import project_root


def names(cwd: Path, *paths: str) -> list[str]:
    files, problems = find(paths, cwd=cwd, stdin=None)
    assert problems == []
    return [file.name for file in files]


def only_problem(cwd: Path, *paths: str) -> Diagnostic:
    [problem] = find(paths, cwd=cwd, stdin=None)[1]
    return problem


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    """A folder of specs in a working folder."""
    folder = tmp_path / "specs"
    (folder / "roads").mkdir(parents=True)
    for name in ("b.yaml", "a.yml", "roads/c.yaml"):
        (folder / name).write_text(f"name: {name}\n")
    return folder


def test_a_folder_stands_for_every_spec_below_it_in_order(specs: Path) -> None:
    assert names(specs.parent, "specs") == ["specs/a.yml", "specs/b.yaml", "specs/roads/c.yaml"]


def test_a_file_is_itself_whatever_its_suffix(specs: Path) -> None:
    (specs / "job.json").write_text("{}")
    assert names(specs.parent, "specs/job.json") == ["specs/job.json"]


def test_the_content_is_read_once_and_kept(specs: Path) -> None:
    [file] = find(["specs/b.yaml"], cwd=specs.parent, stdin=None)[0]
    assert file == SpecFile(name="specs/b.yaml", path=specs / "b.yaml", content=b"name: b.yaml\n")


def test_the_working_folder_is_not_part_of_a_name(specs: Path) -> None:
    assert names(specs, ".") == ["a.yml", "b.yaml", "roads/c.yaml"]


def test_an_absolute_path_stays_as_typed(specs: Path) -> None:
    assert names(specs, str(specs / "b.yaml")) == [str(specs / "b.yaml")]


@pytest.mark.parametrize("name", [".hidden.yaml", ".b.yaml.swp", "b.yaml~", ".#b.yaml", "#b.yaml#", "notes.md"])
def test_leftovers_of_editors_and_other_files_are_no_specs(specs: Path, name: str) -> None:
    (specs / name).write_text("x")
    assert len(names(specs.parent, "specs")) == 3


def test_folders_with_a_dot_are_not_entered(specs: Path) -> None:
    (specs / ".git").mkdir()
    (specs / ".git" / "d.yaml").write_text("x")
    assert len(names(specs.parent, "specs")) == 3


def test_the_project_file_is_no_spec(specs: Path) -> None:
    (specs / "fused-spec.yaml").write_text("x")
    assert len(names(specs.parent, "specs")) == 3


def test_the_project_file_by_name_is_told_to_be_no_spec(specs: Path) -> None:
    (specs / "fused-spec.yaml").write_text("x")
    assert only_problem(specs, "fused-spec.yaml").code == "project-file"


def test_a_file_named_twice_is_read_once(specs: Path) -> None:
    assert names(specs.parent, "specs/b.yaml", "specs", "specs/b.yaml") == [
        "specs/b.yaml",
        "specs/a.yml",
        "specs/roads/c.yaml",
    ]


def test_a_file_with_two_names_is_read_once(specs: Path) -> None:
    os.link(specs / "b.yaml", specs / "z.yaml")
    assert len(names(specs.parent, "specs")) == 3


def test_standard_input_is_read_for_a_hyphen() -> None:
    files, problems = find(["-", "-"], cwd=Path("/"), stdin=lambda: b"kind: Job\n")
    assert (files, problems) == ([SpecFile(name="<stdin>", path=None, content=b"kind: Job\n")], [])


def test_standard_input_is_refused_where_there_is_none() -> None:
    assert only_problem(Path("/"), "-").code == "unreadable"


def test_a_missing_path_names_the_likely_one(specs: Path) -> None:
    problem = only_problem(specs.parent, "spec")
    assert (problem.code, problem.hint) == ("no-such-path", 'did you mean "specs"?')


def test_a_missing_path_does_not_hide_the_others(specs: Path) -> None:
    files, problems = find(["nowhere", "specs/b.yaml"], cwd=specs.parent, stdin=None)
    assert (len(files), len(problems)) == (1, 1)


def test_a_folder_without_specs_names_what_was_looked_for(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, ".")
    assert (problem.code, problem.message) == ("empty-folder", "no *.yaml or *.yml in .")


def test_a_file_may_be_as_large_as_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * MAX_SPEC_BYTES)
    assert names(tmp_path, "a.yaml") == ["a.yaml"]


def test_a_larger_file_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * (MAX_SPEC_BYTES + 1))
    assert only_problem(tmp_path, "a.yaml").code == "too-large"


def test_too_much_on_standard_input_is_refused(tmp_path: Path) -> None:
    [problem] = find(["-"], cwd=tmp_path, stdin=lambda: b"#" * (MAX_SPEC_BYTES + 1))[1]
    assert problem.code == "too-large"


def test_too_many_files_end_the_search(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "MAX_FILES", 2)
    files, problems = find(["specs"], cwd=specs.parent, stdin=None)
    assert (len(files), [problem.code for problem in problems]) == (2, ["too-many-files"])


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert only_problem(tmp_path, "a.yaml").code == "not-a-file"


def test_a_device_is_refused() -> None:
    assert only_problem(Path("/"), "dev/null").code == "not-a-file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told_and_the_others_read(specs: Path) -> None:
    (specs / "b.yaml").chmod(0)
    files, problems = find(["specs"], cwd=specs.parent, stdin=None)
    assert (len(files), [problem.code for problem in problems]) == (2, ["unreadable"])


def test_a_link_inside_the_folder_is_followed(specs: Path) -> None:
    (specs / "kept").mkdir()
    (specs / "kept" / "d.txt").write_text("x")
    (specs / "d.yaml").symlink_to("kept/d.txt")
    assert "specs/d.yaml" in names(specs.parent, "specs")


def test_a_link_inside_the_project_is_followed(specs: Path) -> None:
    (specs.parent / "fused-spec.yaml").write_text("x")
    (specs.parent / "shared.yaml").write_text("x")
    (specs / "d.yaml").symlink_to("../shared.yaml")
    assert "specs/d.yaml" in names(specs.parent, "specs")


def test_a_link_out_of_the_project_is_refused_unread(specs: Path) -> None:
    (specs.parent / "secret.yaml").write_text("token: abc")
    (specs / "d.yaml").symlink_to("../secret.yaml")
    problem = only_problem(specs.parent, "specs")
    assert (problem.code, problem.location.path) == ("outside-project", "specs/d.yaml")


def test_a_link_out_of_the_project_is_refused_when_named_too(specs: Path) -> None:
    (specs / "d.yaml").symlink_to("/etc/hostname")
    assert only_problem(specs.parent, "specs/d.yaml").code == "outside-project"


def test_a_linked_folder_out_of_the_project_is_refused(specs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (specs / "other").symlink_to(tmp_path_factory.mktemp("other"))
    assert only_problem(specs.parent, "specs").code == "outside-project"


def test_a_link_to_a_folder_around_it_is_a_loop(specs: Path) -> None:
    (specs / "roads" / "again").symlink_to("..")
    assert only_problem(specs.parent, "specs").code == "link-loop"


def test_a_link_to_itself_is_a_loop(specs: Path) -> None:
    (specs / "d.yaml").symlink_to("d.yaml")
    assert only_problem(specs.parent, "specs").code == "link-loop"


def test_a_link_to_nothing_is_told(specs: Path) -> None:
    (specs / "d.yaml").symlink_to("gone.yaml")
    assert only_problem(specs.parent, "specs").code == "no-such-path"


@pytest.mark.parametrize("path", ["https://example.com/a.yaml", "s3://bucket/a.yaml", "git::https://example.com/a"])
def test_remote_specs_are_not_fetched(tmp_path: Path, path: str) -> None:
    assert only_problem(tmp_path, path).code == "remote-path"


@pytest.mark.parametrize("path", ["specs.tar.gz", "job.yaml.GZ", "specs.zip"])
def test_archives_are_not_opened(tmp_path: Path, path: str) -> None:
    assert only_problem(tmp_path, path).code == "archive"


def test_names_that_differ_in_case_alone_draw_a_warning(specs: Path) -> None:
    (specs / "B.yaml").write_text("x")
    problem = only_problem(specs.parent, "specs")
    assert (problem.code, problem.is_error) == ("case-clash", False)


def test_a_name_that_a_terminal_would_act_on_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\n.yaml").write_text("x")
    assert names(tmp_path, ".") == ["a\\x1b[2J\\n.yaml"]


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.yaml")).write_text("x")
    assert names(tmp_path, ".") == ["a\\udcff.yaml"]


def test_the_project_is_found_upwards(specs: Path) -> None:
    (specs.parent / "fused-spec.yaml").write_text("x")
    assert project_root(specs / "roads") == specs.parent


def test_without_a_project_file_there_is_no_project(specs: Path) -> None:
    assert project_root(specs) is None
