"""Annotations and SARIF name files as GitHub looks for them."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fused_spec.cli.terminal.console import Console
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.runner_paths import placed
from fused_spec.cli.terminal.spec_text import Sources
from fused_spec.views.documents.reports.sarif import sarif_document
from tests.unit.views.things import problem

Place = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The path of a problem in a file, by the name that was shown for it, for a command in a folder of the checkout."""
    root = tmp_path.resolve() / "checkout"
    (root / "infra/specs").mkdir(parents=True)
    (root / ".git").mkdir()

    def found(shown: str, *, cwd: str = "infra", env: Mapping[str, str] | None = None) -> str:
        here = (root / cwd).resolve()
        context = Context(
            console=Console(stdout=io.StringIO(), stderr=io.StringIO()),
            sources=Sources(cwd=here, read_stdin=lambda: b""),
            env={name: value.format(root=root) for name, value in (env or {}).items()},
            cwd=here,
            home=tmp_path,
        )
        [one] = placed([problem(path=shown)], context)
        return one.location.path.replace(str(root), "ROOT")

    return found


@pytest.mark.parametrize(
    ("shown", "cwd", "path"),
    [
        ("specs/a.yaml", "infra", "infra/specs/a.yaml"),
        ("./a.yaml", ".", "a.yaml"),
        ("specs/../specs/./a.yaml", "infra", "infra/specs/a.yaml"),
        ("../specs/a.yaml", "infra", "specs/a.yaml"),
        ("specs//a.yaml", "infra", "infra/specs/a.yaml"),
    ],
)
@pytest.mark.parametrize("env", [{}, {"GITHUB_WORKSPACE": "{root}"}, {"GITHUB_WORKSPACE": "{root}/infra/.."}])
def test_a_path_counts_from_the_root(place: Place, env: dict[str, str], shown: str, cwd: str, path: str) -> None:
    assert place(shown, cwd=cwd, env=env) == path


def test_an_absolute_path_in_the_checkout_counts_from_the_root(place: Place, tmp_path: Path) -> None:
    assert place(f"{tmp_path}/checkout/infra/specs/a.yaml") == "infra/specs/a.yaml"


def test_the_workspace_goes_before_the_checkout(place: Place) -> None:
    assert place("specs/a.yaml", env={"GITHUB_WORKSPACE": "{root}/.."}) == "checkout/infra/specs/a.yaml"


def test_a_workspace_that_is_elsewhere_leaves_the_checkout(place: Place) -> None:
    assert place("specs/a.yaml", env={"GITHUB_WORKSPACE": "/nowhere"}) == "infra/specs/a.yaml"


def test_a_file_that_a_link_leads_to_is_named_where_it_is(place: Place, tmp_path: Path) -> None:
    (tmp_path / "checkout/infra/linked").symlink_to("specs")
    assert place("linked/a.yaml") == "infra/specs/a.yaml"


def test_without_a_checkout_a_path_counts_from_here(place: Place, tmp_path: Path) -> None:
    (tmp_path / "checkout/.git").rmdir()
    assert place("./specs/a.yaml") == "specs/a.yaml"


def test_a_checkout_below_the_current_folder_counts_too(place: Place) -> None:
    assert place("checkout/infra/specs/a.yaml", cwd="..") == "infra/specs/a.yaml"


def test_a_file_outside_is_named_by_its_absolute_path(place: Place, tmp_path: Path) -> None:
    assert place("../../other/a.yaml") == f"{tmp_path.resolve()}/other/a.yaml"


def test_standard_input_is_no_file(place: Place) -> None:
    assert place("<stdin>") == "<stdin>"


def test_a_file_outside_has_an_address_in_sarif() -> None:
    [result] = sarif_document([problem(path="/other/my job.yaml")], version="1")["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///other/my%20job.yaml"}
