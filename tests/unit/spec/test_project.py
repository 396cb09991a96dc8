"""The project around a spec."""

from pathlib import Path

import pytest

from fused_spec.spec.project import find_project

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: roads, id: 0d5b1c7e-52b5}\n"


def test_the_nearest_project_file_upwards_counts(tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").write_text(PROJECT, encoding="utf-8")
    deep = tmp_path / "specs" / "more"
    deep.mkdir(parents=True)
    project, problems = find_project(deep, cwd=tmp_path)
    assert problems == ()
    assert (project.name, project.scope, project.root) == ("roads", "0d5b1c7e-52b5", tmp_path)
    assert project.state == tmp_path / ".fused-spec"


def test_without_a_project_file_the_scope_is_default_and_the_checkout_is_the_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "specs").mkdir()
    project, _ = find_project(tmp_path / "specs", cwd=tmp_path / "specs")
    assert (project.scope, project.root, project.state) == ("default", tmp_path, tmp_path / "specs" / ".fused-spec")


def test_targets_are_known_by_name_without_a_slash_at_their_end(tmp_path: Path) -> None:
    more = "target: staging\ntargets: {staging: {base_url: https://example.com/server/v1/}}\n"
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + more, encoding="utf-8")
    project, problems = find_project(tmp_path, cwd=tmp_path)
    assert problems == ()
    assert project.targets["staging"].base_url == "https://example.com/server/v1"
    assert project.default_target == "staging"


def test_images_are_known_by_name(tmp_path: Path) -> None:
    more = 'images: {batch-2024: {python: "3.12", requirements: [pandas==2.2.3]}}\n'
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + more, encoding="utf-8")
    project, problems = find_project(tmp_path, cwd=tmp_path)
    assert problems == ()
    assert project.images == {"batch-2024": {"python": "3.12", "requirements": ["pandas==2.2.3"]}}


@pytest.mark.parametrize("image", ["{python: 3.12}", '{python: "2.7"}', "{requirements: [--pre]}", "{packages: []}"])
def test_an_image_that_cannot_be_built_is_told(tmp_path: Path, image: str) -> None:
    (tmp_path / "fused-spec.yaml").write_text(f"{PROJECT}images: {{batch: {image}}}\n", encoding="utf-8")
    _, [problem] = find_project(tmp_path, cwd=tmp_path)
    assert problem.is_error
    assert str(problem.pointer).startswith("images.batch")


def test_an_unknown_default_target_is_told_with_the_likely_one(tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").write_text(f"{PROJECT}target: hostd\n", encoding="utf-8")
    _, [problem] = find_project(tmp_path, cwd=tmp_path)
    assert (str(problem.location), problem.hint) == ("fused-spec.yaml:3:9", 'did you mean "hosted"?')


def test_a_broken_project_file_is_told_and_still_marks_the_root(tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").write_text("project: [\n", encoding="utf-8")
    project, problems = find_project(tmp_path, cwd=tmp_path)
    assert problems
    assert project.root == tmp_path


def test_a_password_in_the_url_of_a_clone_is_told(tmp_path: Path) -> None:
    clones = "clones: {'https://me:hunter2@a.example/b': ../b}\n"
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + clones, encoding="utf-8")
    _, [problem] = find_project(tmp_path, cwd=tmp_path)
    assert (problem.code, problem.pointer, "hunter2" in problem.message) == ("secret", "clones", False)


@pytest.mark.parametrize("url", ["https://fused.example/server/v1", "https://www.fused.io.example/server/v1"])
def test_no_other_server_is_called_hosted(tmp_path: Path, url: str) -> None:
    more = f"targets:\n  hosted:\n    base_url: {url}\n"
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + more, encoding="utf-8")
    project, [problem] = find_project(tmp_path, cwd=tmp_path)
    assert (problem.code, problem.is_error, str(problem.location)) == ("reserved-name", True, "fused-spec.yaml:5:15")
    assert project.targets == {}


def test_no_server_is_called_local(tmp_path: Path) -> None:
    more = "targets: {local: {base_url: https://fused.example/server/v1}}\n"
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + more, encoding="utf-8")
    project, [problem] = find_project(tmp_path, cwd=tmp_path)
    assert problem.is_error
    assert project.targets == {}


def test_the_hosted_service_may_be_described(tmp_path: Path) -> None:
    more = "targets: {hosted: {base_url: https://www.fused.io/server/v1/, lists_within: 30s}}\n"
    (tmp_path / "fused-spec.yaml").write_text(PROJECT + more, encoding="utf-8")
    project, problems = find_project(tmp_path, cwd=tmp_path)
    assert problems == ()
    assert project.targets["hosted"].lists_within == 30
