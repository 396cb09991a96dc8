"""The workflow to copy, walked through step by step: what runs on GitHub's machines runs here, with the actions played.

Each run of it has a machine of its own: a fresh clone and an empty home. Only artifacts outlive it.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.command import COMMAND, Shell
from tests.acceptance.conftest import REPOSITORY
from tests.acceptance.served import Served, serving
from tests.waiting import PATIENCE

WORKFLOW: Any = yaml.safe_load((REPOSITORY / "docs/examples/fused-spec.yml").read_text(encoding="utf-8"))
PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n"
JOB = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}}}
spec:
  run: {{when: {when}}}
  config:
    steps:
      - type: udf
        udf: {{file: a.py}}
"""
UDF = "import fused\n\n@fused.udf\ndef udf():\n    return 1\n"

# What the runner has: `gh` with the artifacts of a folder, and `pip`, which has nothing left to do.
GH = """\
#!{python}
import json, os, shutil, sys
store = os.environ["ARTIFACT_STORE"]
if os.path.exists(f"{{store}}/down"):
    sys.exit("gh: HTTP 502")
words = sys.argv[1:]
if words[0] == "api" and "POST" in words:
    shutil.copy("plan.md", os.path.expanduser("~/comment.md"))
elif words[0] == "api":
    for name in sorted(os.listdir(store)):
        with open(f"{{store}}/{{name}}/about.json") as file:
            about = json.load(file)
        run = about["workflow_run"]
        ours = run["head_repository_id"] == run["repository_id"] and run["head_branch"] == "main"
        if about["name"] in words[2] and ours and not about["expired"]:
            print(about["created_at"], run["id"])
elif words[:2] == ["run", "download"]:
    shutil.copytree(f"{{store}}/{{int(words[2]):04d}}/content", words[words.index("--dir") + 1])
else:
    sys.exit(f"gh {{words}} is not played")
"""


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """A repository, its artifacts, and the machines that run its workflow."""

    folder: Path
    service: Served
    runs: list[int] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "artifacts"

    def prepare(self) -> None:
        for name in ("artifacts", "bin", "repository/specs"):
            (self.folder / name).mkdir(parents=True)
        for name, text in (("gh", GH.format(python=sys.executable)), ("pip", "#!/bin/sh\n")):
            (self.folder / "bin" / name).write_text(text)
            (self.folder / "bin" / name).chmod(0o755)
        (self.folder / "bin/fused-spec").symlink_to(COMMAND)
        repository = self.folder / "repository"
        (repository / "fused-spec.yaml").write_text(PROJECT)
        (repository / "specs/a.py").write_text(UDF)
        jobs = (JOB.format(name=name, when=when) for name, when in (("changing", "on-change"), ("once", "once")))
        (repository / "specs/jobs.yaml").write_text("".join(jobs))
        self.git(repository, "init", "--quiet", "--initial-branch", "main")
        self.git(repository, "add", ".")
        self.git(repository, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "specs")

    def git(self, folder: Path, *words: str) -> None:
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)

    def run(self, job: str, *, repository_id: int = 1) -> dict[str, str]:
        """Run a job of the workflow on a new machine; how each of its named steps ended, and what the last one said."""
        self.runs.append(len(self.runs) + 1)
        machine = self.folder / f"machine-{self.runs[-1]}"
        (machine / "home").mkdir(parents=True)
        outcomes: dict[str, str] = {"said": ""}
        failed = False
        for step in WORKFLOW["jobs"][job]["steps"]:
            if (failed and not step.get("if")) or not self.is_wanted(step, outcomes, failed=failed):
                outcomes[step.get("name", "")] = "skipped"
                continue
            code, said = self.play(step, machine, repository_id) if "uses" in step else self.execute(step, machine)
            failed = failed or (code != 0 and not step.get("continue-on-error"))
            outcomes[step.get("name", "")] = "success" if code == 0 else "failure"
            outcomes[step.get("id", "")] = outcomes[step.get("name", "")]
            outcomes["said"] += said
        return outcomes

    def is_wanted(self, step: Mapping[str, Any], outcomes: Mapping[str, str], *, failed: bool) -> bool:
        """What the steps' conditions ask for, as far as this workflow has any."""
        match step.get("if"):
            case None:
                return True
            case "always() && steps.archive.outcome == 'success'":
                return outcomes.get("archive") == "success"
            case "success() || steps.plan.outcome == 'failure'":
                return not failed or outcomes.get("plan") == "failure"
            case other:
                raise AssertionError(f"the condition {other} is not played")

    def execute(self, step: Mapping[str, Any], machine: Path) -> tuple[int, str]:
        env = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(machine / "home"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "team/specs",
            "GITHUB_WORKSPACE": str(machine / "work"),
            "GITHUB_STEP_SUMMARY": str(machine / "summary.md"),
            "ARTIFACT_STORE": str(self.store),
            **{name: self.told(value) for name, value in {**WORKFLOW["env"], **step.get("env", {})}.items()},
            "FUSED_SPEC_BASE_URL": self.service.url,  # goes before the target of the workflow
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=machine / "work",
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def told(self, value: str) -> str:
        """What the runner puts in the place of an expression."""
        known = {
            "${{ secrets.FUSED_AUTH_TOKEN }}": self.service.token,
            "${{ secrets.FUSED_AUTH_TOKEN_TYPE }}": "Bearer",
            "${{ github.token }}": "token",
            "${{ github.repository }}": "team/specs",
            "${{ github.event.pull_request.number }}": "7",
        }
        for expression, meaning in known.items():
            value = value.replace(expression, meaning)
        assert "${{" not in value
        return value

    def play(self, step: Mapping[str, Any], machine: Path, repository_id: int) -> tuple[int, str]:
        """What an action does."""
        match step["uses"].partition("@")[0]:
            case "actions/checkout":
                self.git(machine, "clone", "--quiet", str(self.folder / "repository"), "work")
            case "actions/upload-artifact":
                self.keep(machine / "work" / step["with"]["path"], step["with"]["name"], repository_id)
            case "actions/setup-python":
                pass
            case other:
                raise AssertionError(f"{other} is not played")
        return 0, ""

    def keep(self, folder: Path, name: str, repository_id: int) -> None:
        if not folder.exists():
            return
        number = self.runs[-1]
        place = self.store / f"{number:04d}"
        shutil.copytree(folder, place / "content")
        run = {"id": number, "head_branch": "main", "repository_id": 1, "head_repository_id": repository_id}
        about = {"name": name, "expired": False, "created_at": f"2026-01-01T00:{number:02d}:00Z", "workflow_run": run}
        (place / "about.json").write_text(json.dumps(about))

    def purge(self) -> None:
        """Have the service forget every run."""
        with closing(sqlite3.connect(self.service.state / "service.db", timeout=30)) as database, database:
            database.execute("DELETE FROM runs")

    @property
    def starts(self) -> int:
        """How many runs there are in the history."""
        with closing(sqlite3.connect(self.service.state / "service.db", timeout=30)) as database:
            return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHub]:
    shell = Shell(folder=tmp_path / "service", home=tmp_path / "home")
    for folder in (shell.folder, shell.home):
        folder.mkdir()
    with serving(shell) as service:
        github = GitHub(folder=tmp_path, service=service)
        github.prepare()
        yield github


@pytest.mark.thorough
def test_nothing_starts_again_on_a_new_machine_after_a_purge(github: GitHub) -> None:
    first = github.run("apply")
    assert first["Apply"] == "success", first["said"]
    assert github.starts == 2
    github.purge()
    for _ in range(2):  # the archive is that of the run before, which brought it back itself
        again = github.run("apply")
        assert "Apply: 2 unchanged." in again["said"]
    assert github.starts == 0


@pytest.mark.thorough
def test_a_plan_of_a_pull_request_knows_what_the_archive_knows(github: GitHub) -> None:
    github.run("apply")
    github.purge()
    planned = github.run("plan")
    assert planned["Plan"] == "success", planned["said"]
    [summary] = github.folder.glob("machine-2/summary.md")
    assert "**No changes.** 2 unchanged" in summary.read_text(encoding="utf-8")


def test_a_pull_request_with_invalid_specs_gets_a_comment_with_its_problems(github: GitHub) -> None:
    specs = github.folder / "repository/specs/jobs.yaml"
    specs.write_text(specs.read_text().replace("udf: {file: a.py}", "udf: {fil: a.py}"))
    github.git(
        github.folder / "repository", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "x"
    )
    planned = github.run("plan")
    assert (planned["Plan"], planned["Comment"]) == ("failure", "success"), planned["said"]
    [comment] = github.folder.glob("machine-1/home/comment.md")
    said = comment.read_text(encoding="utf-8").splitlines()
    assert said[:2] == ["<!-- fused-spec plan -->", "**4 problems in the specs; nothing was planned.**"]


@pytest.mark.thorough
def test_an_archive_that_cannot_be_brought_back_ends_the_workflow_before_anything_starts(github: GitHub) -> None:
    github.run("apply")
    github.purge()
    (github.store / "down").touch()
    failed = github.run("apply")
    assert (failed["archive"], failed["Apply"], failed["Keep the archive"]) == ("failure", "skipped", "skipped")
    (github.store / "down").unlink()
    assert "Apply: 2 unchanged." in github.run("apply")["said"]
    assert github.starts == 0


@pytest.mark.thorough
def test_an_archive_of_a_fork_is_not_brought_back(github: GitHub) -> None:
    github.run("apply")
    github.run("apply", repository_id=2)
    shutil.rmtree(github.store / "0002/content")
    (github.store / "0002/content").mkdir()
    github.purge()
    assert "Apply: 2 unchanged." in github.run("apply")["said"]


def test_the_filter_of_artifacts_is_the_one_that_is_played_here() -> None:
    for job in ("plan", "apply"):
        [step] = [step for step in WORKFLOW["jobs"][job]["steps"] if step.get("id") == "archive"]
        assert " ".join(step["env"]["OURS"].split()) == (
            '.artifacts[] | select(.expired == false and .workflow_run.head_branch == "main" '
            "and .workflow_run.head_repository_id == .workflow_run.repository_id) "
            '| "\\(.created_at) \\(.workflow_run.id)"'
        )
        assert WORKFLOW["jobs"][job]["permissions"]["actions"] == "read"
