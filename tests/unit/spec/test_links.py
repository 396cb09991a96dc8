"""Links on the way to the specs: one that leads out of the project in which it lies is refused."""

from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve
from tests.unit.spec.reading import SMALLEST_JOB


def make(folder: Path, name: str) -> Path:
    """A project with one job."""
    (folder / "specs").mkdir(parents=True)
    (folder / "fused-spec.yaml").write_text(f"apiVersion: fused-spec/v1\nproject: {{name: t, id: id-of-{name}}}\n")
    (folder / "specs" / "a.yaml").write_text(SMALLEST_JOB)
    (folder / "specs" / "area.py").write_text("@fused.udf\ndef udf():\n    return 1\n")
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return make(tmp_path / "ours", "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return make(tmp_path / "theirs", "theirs")


def scope(resolution: Resolution) -> str:
    assert resolution.diagnostics == ()
    assert len(resolution.desired) == 1
    return resolution.project.scope


def refusal(resolution: Resolution) -> Diagnostic:
    [problem] = resolution.diagnostics
    assert (problem.code, resolution.desired) == ("outside-project", ())
    return problem


def test_a_folder_that_links_into_another_project_is_refused(ours: Path, theirs: Path) -> None:
    (ours / "more").symlink_to("../theirs/specs")
    problem = refusal(resolve(["more"], cwd=ours))
    assert problem.message == f"more links out of the project {ours} into another ({theirs})"
    assert problem.hint == f"name {theirs / 'specs'} itself if that is meant, or copy it into this project"


@pytest.mark.parametrize("typed", ["more/specs", "more/specs/a.yaml", "more", "./specs/../more/specs"])
def test_a_link_in_the_middle_of_a_path_counts(ours: Path, theirs: Path, typed: str) -> None:
    (ours / "more").symlink_to(theirs)
    refusal(resolve([typed], cwd=ours))


@pytest.mark.parametrize("typed", ["ours/more/a.yaml", "ours/more"])
def test_the_link_counts_wherever_the_command_runs(ours: Path, theirs: Path, typed: str) -> None:
    (ours / "more").symlink_to(theirs / "specs")
    refusal(resolve([typed], cwd=ours.parent))
    refusal(resolve([str(ours.parent / typed)], cwd=ours.parent))


def test_a_link_out_of_the_project_to_no_project_is_refused(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_text(SMALLEST_JOB)
    (ours / "more").symlink_to("../elsewhere")
    assert "links out of the project" in refusal(resolve(["more"], cwd=ours)).message


def test_a_link_into_a_project_within_this_one_is_refused(ours: Path) -> None:
    make(ours / "inner", "inner")
    (ours / "more").symlink_to("inner/specs")
    refusal(resolve(["more"], cwd=ours))


def test_a_link_within_the_project_is_followed(ours: Path) -> None:
    (ours / "more").symlink_to("specs")
    assert scope(resolve(["more"], cwd=ours)) == "id-of-ours"


def test_a_checkout_behind_a_link_is_itself(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "checkout").symlink_to(ours)
    assert scope(resolve(["checkout/specs"], cwd=tmp_path)) == "id-of-ours"
    assert scope(resolve([str(tmp_path / "checkout" / "specs")], cwd=tmp_path)) == "id-of-ours"


@pytest.mark.parametrize("typed", ["specs", "specs/a.yaml", ".", "../checkout/specs"])
def test_a_working_folder_behind_a_link_is_itself(ours: Path, tmp_path: Path, typed: str) -> None:
    (tmp_path / "checkout").symlink_to(ours)
    assert scope(resolve([typed], cwd=tmp_path / "checkout")) == "id-of-ours"


def test_a_project_that_is_named_by_its_own_path_is_no_crossing(ours: Path, theirs: Path) -> None:
    assert scope(resolve(["../theirs/specs"], cwd=ours)) == "id-of-theirs"


def test_without_a_project_around_it_a_link_leads_where_it_leads(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ours / "specs")
    assert scope(resolve(["link"], cwd=tmp_path)) == "id-of-ours"


def test_a_state_folder_may_lie_behind_a_link(ours: Path, tmp_path: Path) -> None:
    (tmp_path / "large-disk").mkdir()
    (ours / ".fused-spec").symlink_to(tmp_path / "large-disk")
    assert scope(resolve(["specs"], cwd=ours)) == "id-of-ours"


def test_a_project_file_that_links_to_another_project_is_refused(ours: Path, theirs: Path) -> None:
    (ours / "fused-spec.yaml").unlink()
    (ours / "fused-spec.yaml").symlink_to(theirs / "fused-spec.yaml")
    resolution = resolve(["specs"], cwd=ours)
    [problem] = resolution.diagnostics
    assert (problem.code, str(problem.location)) == ("outside-project", "fused-spec.yaml:1:1")
    assert resolution.project.scope != "id-of-theirs"


def test_a_project_file_may_link_to_one_below_it(ours: Path) -> None:
    (ours / "shared").mkdir()
    (ours / "fused-spec.yaml").rename(ours / "shared" / "project.yaml")
    (ours / "fused-spec.yaml").symlink_to("shared/project.yaml")
    assert scope(resolve(["specs"], cwd=ours)) == "id-of-ours"


def test_an_empty_project_file_is_told(ours: Path) -> None:
    (ours / "fused-spec.yaml").write_text("# nothing\n")
    assert [problem.code for problem in resolve(["specs"], cwd=ours).diagnostics] == ["empty-document"]
