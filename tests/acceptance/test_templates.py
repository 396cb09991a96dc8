"""Projects that `init` writes: each holds, is planned and applied at once, offline, on one local service."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fused_spec.cli.specs.templates import TEMPLATES
from tests.acceptance.command import COMMAND, Ended, Shell
from tests.acceptance.conftest import in_folder
from tests.terminals import Terminal

pytestmark = pytest.mark.xdist_group("templates")

DECLARED = {
    "hello": {"Job/hello": "start"},
    "ingest": {"Job/cities": "start", "Job/countries": "start"},
    "map": {"Job/tiles": "start", "Udf/tiles": "create"},
    "token": {"Udf/daylight": "create", "UdfAccessToken/daylight": "create"},
    "backfill": {
        "Job/daylight-2024-01": "start",
        "Job/daylight-2024-02": "start",
        "Job/daylight-2024-03": "start",
        "Job/daylight-summary": "start",
    },
}


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """The folder of all projects, with the state that they share."""
    yield from in_folder(tmp_path_factory.mktemp("templates"))


class Project:
    """A project that was written from a template, and the commands in it."""

    def __init__(self, around: Shell, template: str, folder: str | None = None) -> None:
        self.shell = Shell(folder=around.folder / (folder or template), home=around.home)
        self._state = str(around.folder / ".fused-spec")
        if not self.shell.folder.exists():
            assert around.run("init", self.shell.folder.name, "--template", template).code == 0

    def run(self, *arguments: str) -> Ended:
        return self.shell.run(*arguments, FUSED_SPEC_STATE=self._state)


def test_there_is_a_test_of_every_template() -> None:
    assert set(DECLARED) == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_holds_without_a_warning(around: Shell, template: str) -> None:
    ended = Project(around, template).run("validate", "specs/", "--output", "json")
    assert (ended.code, ended.document["diagnostics"]) == (0, [])


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_planned_at_once(around: Shell, template: str) -> None:
    ended = Project(around, template).run("plan", "specs/", "--output", "json")
    assert (ended.code, ended.err.count("arning")) == (0, 0), ended.err
    assert {f"{one['kind']}/{one['name']}": one["action"] for one in ended.document["changes"]} == DECLARED[template]


@pytest.mark.thorough
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_applied_at_once_and_a_second_time_nothing_is(around: Shell, template: str) -> None:
    project = Project(around, template)
    applied = project.run("apply", "specs/", "--output", "json")
    assert applied.code == 0, applied.err
    assert {one["status"] for one in applied.document["outcomes"]} == {"succeeded"}
    again = project.run("plan", "specs/", "--detailed-exitcode")
    assert again.code == 0, again.out


@pytest.mark.thorough
def test_a_month_more_of_a_backfill_runs_that_month_and_what_reads_it(around: Shell) -> None:
    project = Project(around, "backfill")
    assert project.run("apply", "specs/").code == 0
    planned = project.run("plan", "specs/", "--var", "last_month=2024-04", "--output", "json")
    starts = [one["name"] for one in planned.document["changes"] if one["action"] == "start"]
    assert sorted(starts) == ["daylight-2024-04", "daylight-summary"]


@pytest.mark.thorough
def test_the_token_of_a_template_is_fetched(around: Shell) -> None:
    project = Project(around, "token")
    assert project.run("apply", "specs/").code == 0
    fetched = project.run("tokens", "fetch", "daylight", "--param", "latitude=90", "--format", "json")
    assert [month["hours"] for month in fetched.document][::6] == [0.0, 24.0]


def test_init_asks_two_questions_where_somebody_is_there_to_answer(shell: Shell) -> None:
    with asking(shell, "init", "asked") as terminal:
        told = terminal.until("Choose [hello]: ")
        terminal.type("nothing\n")
        terminal.until("Choose [hello]: ")
        terminal.type("ingest\n")
        terminal.until("Choose [local]: ")
        terminal.type("hosted\n")
        assert terminal.end()[0] == 0
    assert all(f"  {name} " in told for name in TEMPLATES)
    assert (shell.folder / "asked/specs/cities.yaml").exists()
    assert "target: hosted #" in (shell.folder / "asked/fused-spec.yaml").read_text()


def test_init_asks_nothing_that_was_said(shell: Shell) -> None:
    with asking(shell, "init", "said", "--template", "map", "--target", "local") as terminal:
        assert terminal.end()[0] == 0
    assert (shell.folder / "said/specs/tiles.yaml").exists()


def test_init_writes_nothing_when_nobody_answers(shell: Shell) -> None:
    with asking(shell, "init", "left") as terminal:
        terminal.until("Choose [hello]: ")
        terminal.type("\x03")
        assert terminal.end()[0] == 130
    assert not (shell.folder / "left").exists()


def test_a_job_a_udf_and_a_token_that_were_added_hold(around: Shell) -> None:
    project = Project(around, "hello", folder="added")
    for what in (("job", "my-job"), ("udf", "area-of"), ("token", "area-url")):
        assert project.run("add", *what).code == 0
    ended = project.run("validate", "specs/", "--output", "json")
    assert (ended.code, ended.document["diagnostics"]) == (0, [])


def asking(shell: Shell, *arguments: str) -> Terminal:
    env = {**shell.env(), "TERM": "xterm", "PATH": os.environ["PATH"]}
    return Terminal([str(COMMAND), *arguments], Path(shell.folder), env)
