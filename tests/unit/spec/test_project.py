"""The project around a spec."""

from pathlib import Path

import pytest

from fused_spec.spec.project.project_file import find_project

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


def targets_problem(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    (tmp_path / "fused-spec.yaml").write_text(f"{PROJECT}{text}", encoding="utf-8")
    _, problems = find_project(tmp_path, cwd=tmp_path)
    assert all(problem.is_error for problem in problems)
    return [(str(problem.location), problem.message, str(problem.hint)) for problem in problems]


def test_two_targets_that_are_one_environment_are_told_with_both_places(tmp_path: Path) -> None:
    text = "targets:\n  dev: {base_url: https://f.example/v1}\n  prod: {base_url: https://f.example/v1}\n"
    [(place, message, hint)] = targets_problem(tmp_path, text)
    assert place == "fused-spec.yaml:5:20"
    assert '"dev" (fused-spec.yaml:4:19) and "prod" are one environment' in message
    assert "scope: prod" in hint


@pytest.mark.parametrize(
    "second",
    [
        "https://f.example/v1/",
        "https://F.example/v1",
        "https://f.example:443/v1",
        "https://f.example/v1, scope: dev",
    ],
)
def test_one_environment_is_seen_however_its_url_is_spelled(tmp_path: Path, second: str) -> None:
    first = "https://f.example/v1" + (", scope: dev" if "scope" in second else "")
    text = f"targets:\n  a: {{base_url: {first}}}\n  b: {{base_url: {second}}}\n"
    [(_, message, _)] = targets_problem(tmp_path, text)
    assert "are one environment" in message


@pytest.mark.parametrize(
    "targets",
    [
        "dev: {base_url: https://f.example/v1, scope: dev}\n  prod: {base_url: https://f.example/v1}",
        "dev: {base_url: https://f.example/v1, scope: dev}\n  prod: {base_url: https://f.example/v1, scope: prod}",
        "dev: {base_url: https://f.example/v1}\n  prod: {base_url: https://f.example/v2}",
        "dev: {base_url: https://f.example/v1, scope: a}\n  prod: {base_url: https://g.example/v1, scope: a}",
        "dev: {base_url: https://www.fused.io/server/v1}",
    ],
)
def test_targets_that_differ_in_service_or_scope_are_environments_of_their_own(tmp_path: Path, targets: str) -> None:
    assert targets_problem(tmp_path, f"targets:\n  {targets}\n") == []


@pytest.mark.parametrize("hosted", ["target: hosted\n", ""])
def test_the_name_hosted_counts_like_one_that_is_declared(tmp_path: Path, hosted: str) -> None:
    declared = "" if hosted else "  hosted: {base_url: https://www.fused.io/server/v1}\n"
    text = f"{hosted}targets:\n{declared}  prod: {{base_url: https://www.fused.io/server/v1}}\n"
    [(_, message, _)] = targets_problem(tmp_path, text)
    assert '"hosted"' in message


@pytest.mark.parametrize("scope", ["''", "", "~", "Prod", "a b", "a/b", "-a", "a.b", "7", f"{'a' * 33}"])
def test_a_scope_is_a_short_word(tmp_path: Path, scope: str) -> None:
    text = f"targets:\n  dev:\n    base_url: https://f.example/v1\n    scope: {scope}\n"
    [(place, message, hint)] = targets_problem(tmp_path, text)
    assert place.startswith("fused-spec.yaml:6:")
    assert "scope" in message + hint


def test_an_environment_is_marked_by_id_and_scope(tmp_path: Path) -> None:
    text = "targets: {dev: {base_url: https://f.example/v1, scope: dev}, prod: {base_url: https://f.example/v1}}\n"
    (tmp_path / "fused-spec.yaml").write_text(f"{PROJECT}{text}", encoding="utf-8")
    project, _ = find_project(tmp_path, cwd=tmp_path)
    dev, prod = (project.at(project.targets[name]) for name in ("dev", "prod"))
    assert (dev.scope, prod.scope) == ("0d5b1c7e-52b5.dev", "0d5b1c7e-52b5")
    assert dev.at(project.targets["dev"]).scope == dev.scope
