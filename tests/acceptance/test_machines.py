"""What machines read of every command: a CI runner finds no command in it, and a script one document in UTF-8."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.acceptance.command import COMMAND, Shell
from tests.acceptance.conftest import in_folder
from tests.schemas import schema_of
from tests.waiting import PATIENCE

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n"
OBEYED = "##[error]canary"
LINE = "::stop-commands::canary"

JOBS = f"""\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: good, description: "{OBEYED}", labels: {{team: canary}}}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: "{OBEYED}.py", parameters: {{text: "{OBEYED}", more: "{LINE}\\n{LINE}"}}}}
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: bad}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: bad.py}}
        input: [{{x: "{OBEYED}"}}, {{x: "{LINE}"}}]
---
apiVersion: fused-spec/v1
kind: Udf
metadata: {{name: at, description: "{OBEYED}"}}
spec: {{udf: {{file: "{OBEYED}.py"}}}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {{name: at, description: "{OBEYED}"}}
spec: {{udf: {{ref: at}}, client_id: "{OBEYED}", sink: {{file: "sinks/{OBEYED}"}}}}
"""
GOOD = f'''\
import fused


@fused.udf
def udf(text="", more=""):
    """What it does:

    {LINE}
    {OBEYED}
    """
    print("{LINE}")
    print("{OBEYED}")
    print("##vso[task.setvariable variable=canary]x")
    print("fine\\r{LINE}")
    print("\\x1b[2J\\x1b]0;canary\\x07")
    return text
'''
BAD = f'import fused\n\n\n@fused.udf\ndef udf(x):\n    print("{LINE}")\n    raise ValueError("{OBEYED}\\n{LINE}")\n'
INVALID = f"""\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: x, description: "{OBEYED}"}}
spec:
  "{OBEYED}": 1
  "{LINE}": 1
  config:
    steps:
      - type: udf
        udf: {{file: broken.py}}
"""
BROKEN = f"@fused.udf\ndef udf(:\n{LINE}\n"
NOWHERE = "http://127.0.0.1:9/server/v1"


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a machine read of a command."""

    code: int
    out: bytes
    err: bytes


def read(shell: Shell, *arguments: str, **env: str) -> Read:
    code, out, err = shell.read(*arguments, **env)
    return Read(code=code, out=out, err=err)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A project in which everything that can be foreign holds commands; applied once, and changed since."""
    for shell in in_folder(tmp_path_factory.mktemp("machines")):
        shell.write("fused-spec.yaml", PROJECT)
        shell.write(f"specs/{OBEYED}.yaml", JOBS)
        shell.write(f"specs/{OBEYED}.py", GOOD)
        shell.write("specs/bad.py", BAD)
        shell.write(f"invalid/{LINE}.yaml", INVALID)
        shell.write("invalid/broken.py", BROKEN)
        applied = read(shell, "apply", "specs")
        assert applied.code == 1
        assert_obeyed_by_nobody(applied)
        shell.write(f"specs/{OBEYED}.py", GOOD.replace("return text", f'return text + "{OBEYED}"'))
        yield shell


def assert_obeyed_by_nobody(result: Read, own: bytes = rb"(?!)") -> None:
    """No line of either stream is a command, but those of ours."""
    for stream in (result.out, result.err):
        for line in re.split(rb"\r\n|\r|\n", stream):
            assert not line.decode().lstrip().startswith("::") or re.match(own, line), line
            assert not re.search(rb"##\w*\[", line), line
            assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", re.sub(rb"\x1b\[[0-9;]*m", b"", line)), line


def each_once(lines: Sequence[tuple[str, ...]]) -> Iterator[Any]:
    """All these command lines; what uses a command again is thorough."""
    seen = set()
    for words in lines:
        command = words[: 2 if words[0] in ("tokens", "archive") else 1]
        yield pytest.param(words, marks=[pytest.mark.thorough] if command in seen else [])
        seen.add(command)


COMMANDS: list[tuple[str, ...]] = [
    ("validate", "specs"),
    ("validate", "specs", "--output", "json"),
    ("validate", "specs", "--output", "sarif"),
    ("validate", "specs", "--output", "gitlab"),
    ("validate", "specs", "--output", "junit"),
    ("validate", "specs", "--color", "always"),
    ("render", "specs"),
    ("render", "specs", "--output", "json"),
    ("lock", "specs"),
    ("plan", "specs"),
    ("plan", "specs", "--color", "always"),
    ("plan", "specs", "--output", "json"),
    ("plan", "specs", "--output", "markdown"),
    ("plan", "specs", "--rerun", OBEYED),
    ("plan", "specs", "--select", LINE),
    ("plan", "specs", "--archive", f"s4://{OBEYED}"),
    ("plan", "specs", "--target", OBEYED),
    ("plan", "specs", "--target", f"x\n{LINE}"),
    ("plan", "specs", f"--{OBEYED}\n{LINE}"),
    ("plan", f"{LINE}"),
    ("plan", "specs", "--base-url", f"{NOWHERE}/{OBEYED}"),
    ("apply", "specs", "--plan", OBEYED),
    ("apply", "--plan", LINE),
    ("status", "specs"),
    ("status", "specs", "--output", "json"),
    ("jobs",),
    ("jobs", "--output", "json"),
    ("show", "good"),
    ("show", "good", "--output", "json"),
    ("show", "bad"),
    ("show", OBEYED),
    ("logs", "good"),
    ("logs", "bad"),
    ("logs", "bad", "--timestamps"),
    ("logs", "bad", "--output", "json"),
    ("logs", LINE),
    ("logs", "good", "--grep", LINE),
    ("logs", "good", "--task", OBEYED),
    ("wait", "good", "bad"),
    ("cancel", "good"),
    ("cancel", OBEYED),
    ("archive", "verify"),
    ("archive", "verify", "--output", "json"),
    ("tokens", "list", "--specs", "specs"),
    ("tokens", "list", "--specs", "specs", "--output", "json"),
    ("tokens", "show", "at", "--specs", "specs"),
    ("tokens", "show", OBEYED, "--specs", "specs"),
    ("tokens", "check", "--specs", "specs"),
    ("tokens", "rotate", "at", "--specs", "specs"),
    ("status", "specs", "--all-targets"),
    ("tokens", "fetch", "at", "--specs", "specs", "-o", f"{OBEYED}.out"),
    ("schema", OBEYED),
    ("schema",),
    ("explain", OBEYED),
    ("explain",),
    ("explain", "--output", "markdown"),
    ("init", OBEYED),
    ("add", "job", OBEYED),
    ("add", "token", "new", "--udf", OBEYED),
    ("completion", "bash"),
    (OBEYED,),
    ("validate", "invalid"),
    ("validate", "invalid", "--output", "json"),
    ("validate", "invalid", "--output", "sarif"),
    ("validate", "invalid", "--output", "gitlab"),
    ("validate", "invalid", "--output", "junit"),
    ("render", "invalid"),
    ("lock", "invalid"),
    ("plan", "invalid"),
    ("plan", "invalid", "--output", "markdown"),
    ("apply", "invalid"),
    ("apply", "specs", "--retry"),
    ("apply", "specs", "--retry", "--output", "json"),
]


@pytest.mark.parametrize("arguments", list(each_once(COMMANDS)), ids=" ".join)
def test_no_line_of_a_command_is_a_command_to_a_runner(project: Shell, arguments: tuple[str, ...]) -> None:
    assert_obeyed_by_nobody(read(project, *arguments))


def test_annotations_are_the_only_commands_and_ours(project: Shell) -> None:
    result = read(project, "validate", "invalid", "--output", "github")
    assert result.code == 3
    assert_obeyed_by_nobody(result, own=rb"::error file=[^:\n]*,line=\d+,col=\d+,title=fused-spec FS\d+ [\w-]+::")


def test_annotations_name_files_from_the_workspace(project: Shell) -> None:
    below = Shell(folder=project.folder / "invalid", home=project.home)
    for output in ("github", "sarif", "gitlab"):
        result = read(below, "validate", "./", "--output", output, GITHUB_WORKSPACE=str(project.folder))
        assert b"invalid/broken.py" in result.out


JSON: list[tuple[str, ...]] = [
    ("validate", "specs"),
    ("validate", "invalid"),
    ("validate", "nowhere"),
    ("validate", "specs", "--strict"),
    ("render", "specs"),
    ("render", "invalid"),
    ("explain",),
    ("explain", "FS701"),
    ("explain", "FS999"),
    ("plan", "specs"),
    ("plan", "invalid"),
    ("plan", "specs", "--strict"),
    ("plan", "specs", "--out", "nodir/x.plan"),
    ("plan", "specs", "--out", "kept.plan"),
    ("plan", "specs", "--bogus"),
    ("plan", "specs", "--rerun", "none"),
    ("plan", "specs", "--archive", "s3://no-such-bucket/x"),
    ("plan", "specs", "--archive", "http://127.0.0.1:9/kept"),
    ("plan", "specs", "--archive", "webhdfs://127.0.0.1:9/kept"),
    ("plan", "specs", "--archive", "ftp://127.0.0.1:9/x"),
    ("plan", "specs", "--archive", "fused-spec.yaml"),
    ("plan", "specs", "--target", "hosted"),
    ("plan", "specs", "--base-url", NOWHERE),
    ("apply", "specs", "--archive", "fused-spec.yaml"),
    ("apply", "specs", "--retry"),
    ("apply", "specs", "--plan", "x"),
    ("apply", "--plan", "nowhere"),
    ("status", "specs"),
    ("status", "invalid"),
    ("jobs",),
    ("jobs", "--target", "hosted"),
    ("show", "good"),
    ("show", "none"),
    ("archive", "verify"),
    ("archive", "verify", "--archive", "ftp://127.0.0.1:9/x"),
    ("tokens", "list", "--specs", "specs"),
    ("tokens", "show", "at", "--specs", "specs"),
    ("tokens", "show", "none", "--specs", "specs"),
    ("tokens", "check", "--specs", "specs"),
    ("tokens", "check", "--specs", "invalid"),
    ("tokens", "rotate", "at", "--specs", "specs"),
    ("tokens", "rotate", "none", "--specs", "specs"),
    ("tokens", "rotate", "at", "--specs", "specs", "--archive", "fused-spec.yaml"),
    ("status", "specs", "--all-targets"),
]
NO_LOGIN = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}
LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}


def told(result: Read) -> Any:
    """The one document that a command printed, by its published schema."""
    document = json.loads(result.out.decode("utf-8"))
    assert result.out.endswith(b"\n")
    if "error" in document:
        schema = schema_of("error")
        jsonschema.validate(document, schema)
        assert document["error"]["exit_code"] == result.code
    return document


@pytest.mark.parametrize("arguments", list(each_once(JSON)), ids=" ".join)
def test_a_command_prints_exactly_one_document(project: Shell, arguments: tuple[str, ...]) -> None:
    result = read(project, *arguments, "--output", "json", **NO_LOGIN, **LOCALE)
    told(result)
    assert b"Traceback" not in result.err


@pytest.mark.parametrize(
    "url", ["s3://no-such-bucket/x", "http://127.0.0.1:9/kept", "webhdfs://127.0.0.1:9/kept", "ftp://127.0.0.1:9/x"]
)
def test_an_archive_that_cannot_be_reached_ends_with_8_and_its_url(project: Shell, url: str) -> None:
    result = read(project, "plan", "specs", "--archive", url, "--output", "json", **NO_LOGIN)
    assert result.code == 8
    assert url in told(result)["error"]["message"]
    assert told(result)["error"]["hint"]


def test_a_plan_that_cannot_be_kept_names_its_file(project: Shell) -> None:
    result = read(project, "plan", "specs", "--out", "nodir/x.plan", "--output", "json")
    assert result.code == 74
    assert "nodir/x.plan" in told(result)["error"]["message"]


def test_a_failure_is_told_to_scripts(project: Shell) -> None:
    outcomes = told(read(project, "apply", "specs", "--retry", "--output", "json"))["outcomes"]
    [failed] = [outcome for outcome in outcomes if outcome["name"] == "bad"]
    assert failed["error"] == f"ValueError: {OBEYED} {LINE}, at specs/bad.py:7"
    assert failed["failure"]["step"] == "step 1 of 1: udf"
    inputs = [{"index": 0, "value": {"x": OBEYED}}, {"index": 1, "value": {"x": LINE}}]
    assert failed["failure"]["input"] in inputs  # which of them fails first, chance decides
    assert failed["failure"]["exception"] == {"type": "ValueError", "message": f"{OBEYED} {LINE}"}
    assert failed["failure"]["seconds"] == failed["seconds"] > 0
    assert failed["failure"]["log"][-1].startswith("ERROR: step 1 of 1 (udf) failed")


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize("arguments", [("validate", "specs"), ("plan", "specs"), ("logs", "good"), ("schema",)])
def test_a_disk_that_is_full_is_told_without_a_traceback(
    project: Shell, arguments: tuple[str, ...], output: str
) -> None:
    form = ("--output", output) if arguments[0] in ("validate", "plan") else ()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, *arguments, *form],
            cwd=project.folder,
            env=project.env(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 74
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_stream_that_is_closed_is_no_fault(project: Shell, closed: int) -> None:
    command = f'"{COMMAND}" validate specs {closed}>&-' if closed else f'"{COMMAND}" validate specs <&-'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project.folder,
        env=project.env(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_result_that_cannot_be_written_ends_with_74_and_its_file(project: Shell) -> None:
    result = read(project, "tokens", "fetch", "at", "--specs", "specs", "-o", "nodir/x")
    assert (result.code, b"nodir/x" in result.err) == (74, True)
