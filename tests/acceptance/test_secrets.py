"""Secrets by the installed command: a job has them, and nothing else ever does."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Ended, Shell
from tests.acceptance.conftest import in_folder
from tests.canaries import PRINTS, Canary

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: secrets, id: ssssssss-1}
secrets:
  DB: {from: {env: HEIGHTS_DB}}
  FILE: {from: {file: ~/db.txt}}
  TOLD: {from: {file: told.txt}, rerun_on_change: true}
  ASKED: {from: {command: [cat, asked.txt]}}
secrets_key: {from: {env: SECRETS_KEY}}
"""
JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}}}
spec:
  env: {{DB: "${{secret.{secret}}}", DSN: "postgres://me:${{secret.{secret}}}@host/db"}}
  config: {{steps: [{{type: udf, udf: {{file: a.py, parameters: {{fails: {fails}}}}}}}]}}
"""
KEY = "key-of-thirty-two-bytes-or-more-0123456789"
WORDS = ("validate", "render", "plan", "status")


class Project:
    """A project with a secret of each source, and what was said while it was applied."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.canaries = {name: Canary() for name in ("DB", "FILE", "TOLD", "ASKED")}
        self.said: list[Ended] = []
        (shell.home / "db.txt").write_text(f"{self.canaries['FILE'].value}\n", encoding="utf-8")
        shell.write("told.txt", self.canaries["TOLD"].value)
        shell.write("asked.txt", self.canaries["ASKED"].value)
        shell.write("fused-spec.yaml", PROJECT)
        shell.write("specs/a.py", PRINTS)

    def job(self, name: str, secret: str = "DB", *, fails: bool = False) -> None:
        self.shell.write(f"specs/{name}.yaml", JOB.format(name=name, secret=secret, fails=str(fails).lower()))

    def run(self, *words: str, **env: str) -> Ended:
        told = {"HEIGHTS_DB": self.canaries["DB"].value, "SECRETS_KEY": KEY}
        ended = self.shell.run(*words, **{**told, **env})
        self.said.append(ended)
        return ended

    def leaks(self) -> list[str]:
        """Forms of any secret in what was said, and in all that is kept by the client."""
        text = "\n".join(one.out + one.err for one in self.said)
        state = self.shell.folder / ".fused-spec"
        kept = [one for one in state.iterdir() if one.name != "service" and any(map(Path.is_file, one.rglob("*")))]
        return [
            *(form for one in self.canaries.values() for form in one.seen_in(text)),
            *(form for one in self.canaries.values() for folder in kept for form in one.seen_below(folder)),
        ]


@pytest.fixture
def project(shell: Shell) -> Project:
    return Project(shell)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A job for each secret, one of which fails, applied once."""
    for shell in in_folder(tmp_path_factory.mktemp("secrets") / "work"):
        project = Project(shell)
        project.job("by-env")
        project.job("by-file", "FILE")
        project.job("by-command", "ASKED")
        project.job("rotates", "TOLD")
        project.job("fails", fails=True)
        ended = project.run("apply", "specs")
        assert (ended.code, "4 succeeded" in ended.out) == (1, True), ended
        yield project


def test_nothing_that_is_said_or_kept_holds_a_secret(applied: Project) -> None:
    for words in (("status",), ("jobs",), ("plan", "specs"), ("plan", "specs", "--output", "json")):
        applied.run(*words)
    for name in ("by-env", "by-file", "fails"):
        applied.run("logs", name)
        applied.run("show", name, "--output", "json")
        applied.run("wait", name)
    applied.run("render", "specs")
    applied.run("plan", "specs", "--out", "plan.json")
    applied.run("apply", "specs", "--retry", "fails", "--output", "json")
    assert applied.leaks() == []
    text = (applied.shell.folder / "plan.json").read_text(encoding="utf-8")
    assert [form for one in applied.canaries.values() for form in one.seen_in(text)] == []


def test_logs_are_masked_and_not_cut(applied: Project) -> None:
    logs = applied.run("logs", "by-file").out
    assert logs.count("***") >= 14
    assert "dsn postgres://me:***@host/db" in logs


def test_what_looks_at_specs_needs_no_value(applied: Project) -> None:
    for words in ("validate", "render"):
        assert applied.shell.run(words, "specs").code == 0


def test_without_its_value_a_change_cannot_be_told(applied: Project) -> None:
    ended = applied.run("plan", "specs", SECRETS_KEY="short")
    assert (ended.code, "secrets_key, from the variable SECRETS_KEY, has fewer than 32 bytes" in ended.err) == (2, True)


def test_a_rotation_starts_what_is_to_start_and_nothing_else(applied: Project) -> None:
    told, kept = applied.shell.folder / "told.txt", applied.canaries["TOLD"].value
    told.write_text(Canary().value, encoding="utf-8")
    ended = applied.run("plan", "specs", HEIGHTS_DB=Canary().value)
    told.write_text(kept, encoding="utf-8")
    assert "the value of ${secret.TOLD}" in ended.out
    assert "Plan: 1 to start" in ended.out


def test_everything_that_cannot_be_read_is_told_and_nothing_is_started(project: Project) -> None:
    project.job("by-env")
    project.job("by-file", "FILE")
    (project.shell.home / "db.txt").write_text("short", encoding="utf-8")
    project.said.append(project.shell.run("apply", "specs"))
    assert project.said[-1].code == 2
    assert "secret.DB cannot be read: the variable HEIGHTS_DB is not set" in project.said[-1].err
    assert "the file ~/db.txt gives fewer than 8 characters" in project.said[-1].err
    assert project.run("jobs", "--output", "json").document["jobs"] == []


def test_a_log_that_cannot_be_masked_now_is_kept_later(project: Project) -> None:
    project.job("by-env")
    assert project.run("apply", "specs", "--no-wait").code == 0
    assert project.shell.run("wait", "by-env").code == 0
    without = project.shell.run("apply", "specs", SECRETS_KEY=KEY)
    project.said.append(without)
    assert "not archived: secret.DB cannot be read" in without.out + without.err
    assert not (project.shell.folder / ".fused-spec/archive/ssssssss-1/runs").exists()
    assert project.run("apply", "specs").code == 0
    assert project.run("archive", "verify").code == 0
    assert project.leaks() == []


def test_a_failure_that_is_not_archived_is_told_without_its_words(project: Project) -> None:
    project.job("fails", fails=True)
    assert project.run("apply", "specs", "--no-wait").code == 0
    project.run("wait", "fails")
    project.said.append(project.shell.run("plan", "specs"))
    assert "it had secrets, so its log is read once an apply has archived it" in project.said[-1].out
    assert project.run("apply", "specs").code == 1
    assert "ValueError: ***" in project.run("plan", "specs").out
    assert project.leaks() == []


def test_a_log_whose_secret_nothing_declares_any_more_is_left_out(project: Project) -> None:
    project.job("by-env")
    assert project.run("apply", "specs", "--no-wait").code == 0
    assert project.shell.run("wait", "by-env").code == 0
    project.job("by-env", "OTHER")
    project.shell.write("fused-spec.yaml", PROJECT.replace("  DB:", "  OTHER:"))
    assert project.run("apply", "specs").code == 0
    assert "left out: it may hold secret.DB" in project.run("archive", "verify").out
    assert project.leaks() == []


def test_several_lines_fit_no_variable(project: Project) -> None:
    project.job("by-env")
    ended = project.run("apply", "specs", HEIGHTS_DB="first-line\nsecond-line")
    assert (ended.code, "secret.DB: a value of several lines fits no variable" in ended.err) == (2, True)
    assert "second-line" not in ended.err


def test_what_is_kept_is_for_its_owner_alone(applied: Project) -> None:
    mode = (applied.shell.folder / ".fused-spec/service").stat().st_mode
    assert stat.S_IMODE(mode) & 0o077 == 0
