"""What a shell is told at the tab key: commands, options, and what the project declares; and never an error."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.cli.completion.answering import answer, answered
from fused_spec.cli.completion.installing import install
from fused_spec.cli.completion.shells import SHELLS, script
from fused_spec.cli.main import commands, run
from tests.loading import HEAVY, SPECS, loaded_by

PROJECT = """\
apiVersion: fused-spec/v1
project: {name: tiles, id: 5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11}
variables:
  quality: {type: string, default: draft, enum: [draft, final], description: "How good: it is"}
  fast: {type: boolean, default: false}
  root: {type: string, default: "fd://x"}
targets:
  dev: {base_url: https://www.fused.io/server/v1, scope: dev}
"""
SPECS_OF_IT = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
matrix:
  month: {from: 2024-01, through: 2024-03}
  region: [us, eu]
  exclude: [{month: 2024-03, region: eu}]
spec:
  region: ${matrix.region}
  config: {steps: [{type: udf, udf: {code: "def udf(): ...", parameters: {out: "${var.root}/${matrix.month}"}}}]}
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tidy}
spec: {config: {steps: [{type: udf, udf: {code: "def udf(): ..."}}]}}
---
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: area}
spec: {udf: {code: "def udf(): ..."}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: area-url}
spec: {udf: {ref: area}, sink: {file: .secrets/area}}
"""
RUN = "0f2b1c3d-1111-4222-8333-444455556666"

Completed = Callable[[str], list[str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "fused-spec.yaml").write_text(PROJECT)
    (tmp_path / "specs/all.yaml").write_text(SPECS_OF_IT)
    monkeypatch.chdir(tmp_path)
    for name in ("FUSED_SPEC_TARGET", "FUSED_SPEC_BASE_URL", "FUSED_SPEC_STATE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def told(line: str, shell: str = "fish") -> list[str]:
    """What a shell is told, a line for each word."""
    return answered(f"{shell}_complete", commands, {"COMP_LINE": f"fused-spec {line}", "COMP_WORD": ""}).splitlines()


def words(line: str) -> list[str]:
    return [one.partition(",")[2].partition("\t")[0] for one in told(line)]


def test_commands_are_told_with_what_they_do(project: Path) -> None:
    assert told("valid") == ["plain,validate\tCheck specs, offline and with no account."]


def test_options_are_told_after_a_hyphen(project: Path) -> None:
    assert words("plan --det") == ["--detailed-exitcode"]


def test_commands_of_a_group_are_told(project: Path) -> None:
    assert words("tokens ro") == ["rotate"]


def test_values_that_an_option_chooses_from_are_told(project: Path) -> None:
    assert words("plan --output m") == ["markdown"]


@pytest.mark.parametrize("option", ["--select", "--rerun", "--retry"])
def test_jobs_and_groups_are_told_and_a_group_may_be_opened(project: Path, option: str) -> None:
    assert words(f"plan {option} ti") == ["tiles", "tiles[", "tidy"]


def test_a_group_says_how_many_cells_it_has(project: Path) -> None:
    assert told("plan --select tile") == ["plain,tiles\t5 cells by month, region", "open,tiles["]


@pytest.mark.parametrize(
    ("typed", "become"),
    [
        ("tiles[", ["tiles[month=", "tiles[region="]),
        ("'tiles[mo", ["tiles[month="]),
        ("tiles[day", []),
        ("tiles[month=2024-02", ["tiles[month=2024-02]", "tiles[month=2024-02,"]),
        ("tiles[month=2024-02|2024-01", ["tiles[month=2024-02|2024-01]", "tiles[month=2024-02|2024-01,"]),
        ("tiles[month=2024-02,", ["tiles[month=2024-02,region="]),
        ("tiles[region=eu,month=", ["2024-01", "2024-02"]),
        ("tiles[month=2024-03,region=", ["tiles[month=2024-03,region=us]"]),
        ("tidy[", []),
        ("nothing[", []),
    ],
)
def test_dimensions_and_elements_are_told_within_the_brackets(project: Path, typed: str, become: list[str]) -> None:
    expected = [one if "[" in one else f"{typed}{one}]" for one in become]
    assert words(f"plan --select {typed}") == expected


def test_cells_go_by_their_own_names_where_the_group_cannot_be_meant(project: Path) -> None:
    assert words("plan --select tiles-2024-02") == ["tiles-2024-02-us", "tiles-2024-02-eu"]


def test_a_word_behind_an_equals_sign_is_told_with_its_option(project: Path) -> None:
    assert words("plan --select=tid") == ["--select=tidy"]


def test_the_specs_that_are_named_are_read(project: Path) -> None:
    (project / "other.yaml").write_text("apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tint}\n")
    assert words("plan other.yaml --select ti") == ["tint"]


def test_a_job_that_is_not_in_the_target_is_not_told(project: Path) -> None:
    other = "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tint, targets: [dev]}\nspec: {}\n"
    (project / "specs/other.yaml").write_text(other)
    assert ("tint" in words("plan --select ti"), "tint" in words("--target dev plan --select ti")) == (False, True)


def test_targets_are_told(project: Path) -> None:
    assert words("status --target ") == ["local", "hosted", "dev"]


def test_both_targets_that_are_compared_are_told(project: Path) -> None:
    assert words("render specs --diff dev ") == ["local", "hosted", "dev"]


def test_variables_are_told_with_what_they_are(project: Path) -> None:
    assert told("plan --var ") == ["open,quality=\tHow good: it is", "open,fast=\tboolean", "open,root=\tstring"]


@pytest.mark.parametrize(
    ("typed", "values"), [("quality=f", ["quality=final"]), ("fast=", ["fast=true", "fast=false"]), ("root=", [])]
)
def test_values_of_variables_are_told_where_they_are_few(project: Path, typed: str, values: list[str]) -> None:
    assert words(f"plan --var {typed}") == values


def test_tokens_are_told(project: Path) -> None:
    assert words("tokens rotate ") == ["area-url"]


def test_kinds_are_told(project: Path) -> None:
    assert words("schema U") == ["Udf", "UdfAccessToken"]


@pytest.mark.parametrize("typed", ["FS20", "unknown-fi"])
def test_codes_are_told_by_number_and_by_word(project: Path, typed: str) -> None:
    assert words(f"explain {typed}")
    assert all(word.startswith(typed) for word in words(f"explain {typed}"))


def test_paths_are_left_to_the_shell(project: Path) -> None:
    assert told("plan sp") == ["file,sp"]


def test_single_jobs_are_told_where_a_run_is_meant(project: Path) -> None:
    assert words("logs ti") == [*(f"tiles-2024-0{month}" for month in ("1-us", "1-eu", "2-us", "2-eu", "3-us")), "tidy"]


def test_archived_runs_are_told_once_an_id_is_begun(project: Path) -> None:
    folder = project / f".fused-spec/archive/5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11/runs/Job/tidy/{RUN}"
    folder.mkdir(parents=True)
    (folder / "receipt.json").write_text("{}")
    assert (told("show 0f"), words("show 1f"), RUN in words("show ")) == ([f"plain,{RUN}\ttidy"], [], False)


def test_jobs_that_left_the_specs_are_told_where_a_run_is_meant(project: Path) -> None:
    folder = project / f".fused-spec/archive/5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11/runs/Job/tint/{RUN}"
    folder.mkdir(parents=True)
    (folder / "receipt.json").write_text("{}")
    assert (told("logs tin"), told("plan --rerun tin")) == (["plain,tint\tleft the specs"], [])


def test_runs_that_earlier_commands_met_are_told_if_they_are_of_the_project(project: Path) -> None:
    mark = {"v": 1, "scope": "5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11", "kind": "Job", "name": "tidy", "digest": "d1:0"}
    mark |= {"attempt": 1, "tries": 1, "nonce": "n" * 32, "settings": {}}
    lines = [
        {"id": RUN, "marker": mark},
        {"id": f"a{RUN[1:]}", "marker": None},
        {"id": "b", "marker": {**mark, "scope": "o"}},
    ]
    cache = project / ".fused-spec/cache/markers-x.jsonl"
    cache.parent.mkdir(parents=True)
    cache.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert [words(f"show {begun}") for begun in ("0f", "a", "b")] == [[RUN], [], []]


def test_an_archive_in_a_bucket_is_not_asked(project: Path) -> None:
    (project / "fused-spec.yaml").write_text(f"{PROJECT}archive: s3://nowhere/runs\n")
    assert words("show 0f") == []


def test_broken_specs_hide_nothing_of_the_others(project: Path) -> None:
    (project / "specs/broken.yaml").write_text("kind: [\n")
    (project / "specs/wrong.yaml").write_text(
        "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: [1]}\nmatrix: 3\n"
    )
    assert words("plan --select tid") == ["tidy"]


def test_a_matrix_that_is_wrong_goes_by_its_name(project: Path) -> None:
    wrong = "apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tint}\nmatrix: {month: {}}\nspec: {}\n"
    (project / "specs/wrong.yaml").write_text(wrong)
    assert words("plan --select tin") == ["tint"]


def test_a_name_that_a_terminal_would_act_on_is_not_told(project: Path) -> None:
    (project / "fused-spec.yaml").write_text(PROJECT.replace("final]", "f\u00adinal]"))
    assert words("plan --var quality=") == ["quality=draft"]


@pytest.mark.parametrize(
    "line",
    [
        "nothing ",
        "plan --nothing x",
        "'",
        "\\",
        "plan --select '",
        "plan --target nowhere --select ti",
        "plan - --select t",
    ],
)
def test_a_line_that_cannot_be_understood_gets_no_error(
    project: Path, capfdbinary: pytest.CaptureFixture[bytes], line: str
) -> None:
    assert answer("bash_complete", commands, {"COMP_LINE": f"fused-spec {line}", "COMP_WORD": ""}) == 0
    assert capfdbinary.readouterr().err == b""


@pytest.mark.parametrize("file", ["fused-spec.yaml", "specs/all.yaml"])
def test_a_file_that_cannot_be_read_gets_no_error(
    project: Path, capfdbinary: pytest.CaptureFixture[bytes], file: str
) -> None:
    (project / file).write_bytes(b"\xff\xfe\x00: [")
    assert answer("zsh_complete", commands, {"COMP_LINE": "fused-spec plan --select t"}) == 0
    assert capfdbinary.readouterr().err == b""


@pytest.mark.parametrize("asked", ["bash", "tcsh_complete", "_", "complete"])
def test_what_no_shell_asks_gets_no_error(capfdbinary: pytest.CaptureFixture[bytes], asked: str) -> None:
    assert (answer(asked, commands, {}), capfdbinary.readouterr().err) == (0, b"")


def test_the_command_answers_a_shell_and_does_nothing_else(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("_FUSED_SPEC_COMPLETE", "fish_complete")
    monkeypatch.setenv("COMP_LINE", "fused-spec init ")
    assert (
        run(["init"]),
        capfdbinary.readouterr().err,
        [one.name for one in project.iterdir() if "udf" in one.name],
    ) == (
        0,
        b"",
        [],
    )


def test_nothing_is_looked_for_outside_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job.yaml").write_text("apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: tint}\n")
    monkeypatch.chdir(tmp_path)
    assert words("plan --select ") == []


def test_bash_replaces_what_stands_behind_its_last_break(project: Path) -> None:
    env = {"COMP_LINE": "fused-spec plan --select tiles[month=2024-03,r", "COMP_WORD": "2024-03,r"}
    assert answered("bash_complete", commands, env) == "open,2024-03,region=\n"


def test_bash_gets_blanks_escaped_outside_of_quotes_alone(project: Path) -> None:
    (project / "fused-spec.yaml").write_text(PROJECT.replace("[draft, final]", '["so so"]').replace("draft", "so so"))
    line = "fused-spec plan --var quality="
    assert answered("bash_complete", commands, {"COMP_LINE": line, "COMP_WORD": ""}) == "plain,so\\ so\n"
    quoted = {"COMP_LINE": "fused-spec plan --var 'quality=", "COMP_WORD": "quality="}
    assert answered("bash_complete", commands, quoted) == "plain,quality=so so\n"


def test_zsh_gets_three_lines_for_each_word(project: Path) -> None:
    assert told("plan --var q", "zsh") == ["open", "quality=", "How good: it is"]


@pytest.mark.parametrize(
    ("line", "may_load", "modules"),
    [
        ("fused-spec sta", set(), 40),
        ("fused-spec status --target d", SPECS, 160),
        ("fused-spec plan --select t", SPECS, 255),
        ("fused-spec show 0f", SPECS, 300),
    ],
)
def test_an_answer_loads_no_client_and_few_modules(project: Path, line: str, may_load: set[str], modules: int) -> None:
    loaded = loaded_by(cwd=project, env={"_FUSED_SPEC_COMPLETE": "fish_complete", "COMP_LINE": line})
    assert (HEAVY - may_load) & loaded.packages == set()
    assert len(loaded.modules) <= modules, loaded.modules


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script_of_a_shell(shell: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["completion", shell]) == 0
    assert capfdbinary.readouterr().out.decode() == f"{script(shell).rstrip()}\n"


@pytest.mark.parametrize(("shell", "read_by"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_an_installed_script_is_read_by_each_new_shell(shell: str, read_by: str, tmp_path: Path) -> None:
    (tmp_path / read_by).write_text("# mine, without a line feed")
    done = install(shell, tmp_path, {})
    line = f"source {tmp_path}/.local/share/fused-spec/completion.{shell} # completion of fused-spec\n"
    assert (done.script.read_text(), done.is_new) == (script(shell), True)
    assert (tmp_path / read_by).read_text() == f"# mine, without a line feed\n{line}"


def test_a_script_that_is_installed_again_is_read_once(tmp_path: Path) -> None:
    first, second = install("bash", tmp_path, {}), install("bash", tmp_path, {})
    assert (first.is_new, second.is_new) == (True, False)
    assert (tmp_path / ".bashrc").read_text().count("source") == 1


def test_fish_looks_for_scripts_by_itself(tmp_path: Path) -> None:
    assert install("fish", tmp_path, {}) == (tmp_path / ".config/fish/completions/fused-spec.fish", None, False)


def test_folders_that_the_environment_names_are_used(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": f"{tmp_path}/data", "ZDOTDIR": f"{tmp_path}"}
    assert install("zsh", tmp_path / "home", env)[:2] == (
        tmp_path / "data/fused-spec/completion.zsh",
        tmp_path / ".zshrc",
    )
