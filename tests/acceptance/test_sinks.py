"""Where the values of tokens go, by the installed command: each new one once, and nobody else sees it."""

import sys
from pathlib import Path

import pytest

from tests.acceptance.command import Ended, Shell
from tests.archived import archived
from tests.gitlab import gitlab

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: t, id: tttttttt-1}
secrets: {VAULT: {from: {env: VAULT}}}
"""
SPECS = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {{name: points}}
spec: {{udf: {{file: a.py}}}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {{name: tiles}}
spec: {{udf: {{ref: points}}, sink: {sink}}}
"""
UDF = "@fused.udf\ndef udf(x: int = 0):\n    return x\n"
TAKES = """\
import os, pathlib, sys
if pathlib.Path("refuses").exists():
    sys.exit(f"no room for {sys.stdin.read()}")
with open("taken.txt", "a") as taken:
    print(sys.argv[1:], os.environ["VAULT_TOKEN"], sys.stdin.read(), file=taken, end="")
"""
COMMAND = f'{{command: ["{sys.executable}", takes.py, set, TILES], env: {{VAULT_TOKEN: "${{secret.VAULT}}"}}}}'
VAULT = {"VAULT": "correct-horse-battery"}


@pytest.fixture
def project(shell: Shell) -> Shell:
    shell.write("fused-spec.yaml", PROJECT)
    shell.write("specs/a.py", UDF)
    shell.write("takes.py", TAKES)
    return shell


def sink(shell: Shell, said: str) -> None:
    shell.write("specs/a.yaml", SPECS.format(sink=said))


def taken(shell: Shell) -> list[str]:
    """The values that the command was given, in order."""
    lines = (shell.folder / "taken.txt").read_text(encoding="utf-8").splitlines()
    start = f"['set', 'TILES'] {VAULT['VAULT']} "
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


def leaks(shell: Shell, value: str, *ended: Ended) -> bool:
    kept = [one for one in (shell.folder / ".fused-spec").iterdir() if one.is_dir() and one.name != "service"]
    text = "".join(one.out + one.err for one in ended)
    files = [folder for folder in kept if any(map(Path.is_file, folder.rglob("*")))]
    return value in text or any(value.encode() in archived(folder) for folder in files)


def test_a_line_of_a_file_holds_the_value_and_can_be_used(project: Shell) -> None:
    project.write(".env", "A=1\n# mine\n")
    sink(project, "{env_file: {path: .env, name: TILES}}")
    applied = project.run("apply", "specs")
    first, second, line = (project.folder / ".env").read_text(encoding="utf-8").splitlines()
    assert (applied.code, first, second, line.startswith("TILES=")) == (0, "A=1", "# mine", True)
    fetched = project.run("tokens", "fetch", "tiles", "--param", "x=7")
    assert (fetched.code, fetched.out.strip()) == (0, "7")
    assert project.run("tokens", "rotate", "tiles", "-y").code == 0
    assert (project.folder / ".env").read_text(encoding="utf-8").splitlines()[2] != line
    assert "No changes" in project.run("plan", "specs").out
    assert not leaks(project, line.removeprefix("TILES="), applied, fetched)


def test_a_command_is_given_each_value_once(project: Shell) -> None:
    sink(project, COMMAND)
    applied = project.run("apply", "specs", **VAULT)
    assert (applied.code, len(taken(project))) == (0, 1), applied.err
    assert "2 unchanged" in project.run("apply", "specs").out
    rotated = project.run("tokens", "rotate", "tiles", "-y", **VAULT)
    checked = project.run("tokens", "check")
    assert (rotated.code, checked.code, len(set(taken(project)))) == (0, 0, 2)
    assert not any(leaks(project, value, applied, rotated, checked) for value in (*taken(project), VAULT["VAULT"]))


def test_another_command_is_given_the_value_too(project: Shell) -> None:
    sink(project, COMMAND)
    project.run("apply", "specs", **VAULT)
    sink(project, COMMAND.replace("takes.py, set", "./takes.py, set"))
    assert "its sink lacks its value" in project.run("plan", "specs").out
    assert project.run("apply", "specs", **VAULT).code == 0
    [first, second] = taken(project)
    assert first == second


def test_what_a_command_did_not_take_is_no_value(project: Shell) -> None:
    sink(project, COMMAND)
    project.write("refuses", "")
    refused = project.run("apply", "specs", **VAULT)
    assert (refused.code, "did not take the value: it ended with 1" in refused.out + refused.err) == (1, True)
    assert "no room" not in refused.out + refused.err
    (project.folder / "refuses").unlink()
    assert project.run("apply", "specs", **VAULT).code == 0
    assert len(taken(project)) == 1


def test_a_command_without_its_secret_is_not_run_and_no_token_is_made(project: Shell) -> None:
    sink(project, COMMAND)
    ended = project.run("apply", "specs")
    assert (ended.code, "secret.VAULT cannot be read: the variable VAULT is not set" in ended.err) == (2, True)
    assert "not created" in project.run("tokens", "check").out


def test_a_value_that_a_command_took_is_not_read_back(project: Shell) -> None:
    sink(project, COMMAND)
    project.run("apply", "specs", **VAULT)
    fetched = project.run("tokens", "fetch", "tiles")
    assert (fetched.code, "which nobody can read back" in fetched.err) == (1, True)


def test_each_apply_in_a_workflow_hands_the_value_over_masked(project: Shell) -> None:
    sink(project, "{github_env: TILES}")
    outside = project.run("apply", "specs")
    assert (outside.code, "is for a workflow, and none runs here" in outside.out + outside.err) == (1, True)
    for step in ("one", "two"):
        file = project.write(step, "")
        github = {"GITHUB_ACTIONS": "true", "GITHUB_ENV": str(file)}
        applied = project.run("apply", "specs", "-y", **github)
        name, value, end = file.read_text(encoding="utf-8").splitlines()
        assert (applied.code, name) == (0, f"TILES<<{end}")
        assert f"\n::add-mask::{value}\n" in f"\n{applied.err}"
        assert value not in applied.err.replace(f"::add-mask::{value}", "") + applied.out
        assert "No changes" in project.run("plan", "specs", **github).out


def test_a_variable_at_gitlab_holds_each_value_masked_and_hidden(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES, protected: true}}")
    with gitlab() as server:
        applied = project.run("apply", "specs", **server.env)
        first, held = server.value("TILES"), server.variables["TILES", "*"]
        assert (applied.code, held["masked"], held["hidden"], held["protected"]) == (0, True, True, True), applied.err
        assert "2 unchanged" in project.run("apply", "specs", **server.env).out
        rotated = project.run("tokens", "rotate", "tiles", "-y", **server.env)
        checked = project.run("tokens", "check", **server.env)
        assert (rotated.code, checked.code, server.value("TILES") != first) == (0, 0, True), rotated.err
        assert not any(leaks(project, value, applied, rotated, checked) for value in (first, server.value("TILES")))
        assert not leaks(project, server.env["GITLAB_TOKEN"], applied, rotated, checked)


def test_a_variable_that_somebody_removed_is_in_the_plan_and_written_again(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES}}")
    with gitlab() as server:
        project.run("apply", "specs", **server.env)
        first = server.value("TILES")
        server.variables.clear()
        assert "its sink lacks its value" in project.run("plan", "specs", **server.env).out
        assert project.run("apply", "specs", **server.env).code == 0
        assert server.value("TILES") == first


def test_a_checkout_without_memory_sees_that_the_variable_holds_the_value(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES}}")
    with gitlab() as server:
        project.run("apply", "specs", **server.env)
        (project.folder / ".fused-spec" / "archive").rename(project.folder / "elsewhere")
        assert "No changes" in project.run("plan", "specs", **server.env).out


def test_without_what_gitlab_needs_a_plan_says_nothing_and_no_token_is_made(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES}}")
    with gitlab() as server:
        refused = project.run("apply", "specs", CI_API_V4_URL=server.base_url)
        said = "the environment has no CI_PROJECT_ID (or `project` in the sink) and GITLAB_TOKEN"
        assert (refused.code, said in refused.out + refused.err) == (1, True)
        assert "not created" in project.run("tokens", "check").out
        project.run("apply", "specs", **server.env)
        before = len(server.calls)
        assert "No changes" in project.run("plan", "specs").out
        assert len(server.calls) == before


def test_what_gitlab_refuses_leaves_no_token(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES, project: geo/tiles, access_from: VARIABLES}}")
    with gitlab() as server:
        refused = project.run("apply", "specs", **server.env, VARIABLES="glpat-revoked")
        assert (refused.code, "does not accept the token in VARIABLES" in refused.out + refused.err) == (1, True), (
            refused
        )
        assert "glpat-revoked" not in refused.out + refused.err
        assert "not created" in project.run("tokens", "check").out
        assert project.run("apply", "specs", **server.env, VARIABLES=server.env["GITLAB_TOKEN"]).code == 0


def test_gitlab_is_asked_for_nothing_by_what_reads_specs_alone(project: Shell) -> None:
    sink(project, "{gitlab_variable: {name: TILES}}")
    with gitlab() as server:
        assert project.run("validate", "specs", **server.env).code == 0
        assert project.run("render", "specs", **server.env).code == 0
        assert not server.calls


def test_a_dotenv_report_is_refused_with_its_reason(project: Shell) -> None:
    sink(project, "{gitlab_dotenv: TILES}")
    assert "a dotenv report can be downloaded" in project.run("validate", "specs").out
