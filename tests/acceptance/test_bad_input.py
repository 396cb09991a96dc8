"""Everything that a person can get wrong: a message to act on, the right exit code, and nothing started."""

import json

import pytest

from tests.acceptance.command import Ended, Shell

JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: areas}
spec:
  instance_type: m5.large
  region: us-west-2
  disk_size_gb: 10
  env: {LEVEL: debug}
  config:
    steps:
      - type: udf
        udf: {file: area.py}
"""
UDF = "@fused.udf\ndef udf():\n    return 1\n"

# what is wrong → the spec, the UDF, and what the message holds
SPECS = {
    "unknown field": (JOB.replace("region", "zone"), UDF, ':6:3: error[FS701]: unknown field "zone"'),
    "wrong type": (JOB.replace("{LEVEL: debug}", "debug"), UDF, "write a mapping"),
    "misspelt kind": (JOB.replace("kind: Job", "kind: Jbo"), UDF, 'did you mean "Job"?'),
    "misspelt instance type": (JOB.replace("m5.large", "m5.lrge"), UDF, 'did you mean "m5.large"?'),
    "bad region": (JOB.replace("us-west-2", "somewhere"), UDF, "write a region such as us-west-2"),
    "disk not positive": (JOB.replace("disk_size_gb: 10", "disk_size_gb: 0"), UDF, "write a number from 1 to 999"),
    "disk no number": (JOB.replace("disk_size_gb: 10", "disk_size_gb: big"), UDF, "takes a whole number"),
    "malformed env": (JOB.replace("LEVEL", "1LEVEL"), UDF, "a variable's name holds letters, digits and _"),
    "missing udf file": (JOB.replace("area.py", "gone.py"), UDF, "gone.py does not exist"),
    "syntax error": (JOB, "@fused.udf\ndef udf(:\n", "specs/area.py:2:9: error[FS801]: not valid Python"),
    "missing entrypoint": (JOB, "def area():\n    return 1\n", "has no function decorated with @fused.udf"),
    "duplicate names": (f"{JOB}---\n{JOB}", UDF, 'another Job is named "areas"'),
    "circular needs": (
        f"{JOB}  needs: [b]\n---\n{JOB.replace('areas', 'b')}  needs: [areas]\n",
        UDF,
        "needs go in a circle: areas → b → areas",
    ),
    "unreadable input": (
        JOB.replace(
            "- type: udf\n        udf: {file: area.py}", "- {type: partition_geospatial, input: {file: a.gpkg}}"
        ),
        UDF,
        "a.gpkg does not exist",
    ),
    "not yaml": ("a: [\n", UDF, "check the brackets and commas"),
    "a secret": (JOB.replace("LEVEL: debug", "API_TOKEN: abcdefgh"), UDF, "is the name of a secret"),
}


def started_nothing(shell: Shell) -> bool:
    return not (shell.folder / ".fused-spec").exists()


def explains(ended: Ended) -> bool:
    """A message without a traceback, and with a next step."""
    return "Traceback" not in ended.err and ("hint:" in ended.err or "Usage:" in ended.err)


ONE_OF_EACH = {"unknown field", "syntax error", "circular needs", "not yaml", "a secret"}
"""One from each of those that find something wrong; the others are thorough."""


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in ONE_OF_EACH else [pytest.mark.thorough]) for case in SPECS]
)
def test_an_invalid_spec_ends_with_3_and_starts_nothing(shell: Shell, case: str) -> None:
    spec, udf, message = SPECS[case]
    shell.write("specs/area.py", udf)
    shell.write("specs/a.yaml", spec)
    ended = shell.run("apply", "specs")
    assert (ended.code, started_nothing(shell)) == (3, True)
    assert explains(ended)
    assert message in ended.err


def test_validate_tells_the_same_as_json(shell: Shell) -> None:
    shell.write("specs/area.py", UDF)
    shell.write("specs/a.yaml", JOB.replace("region", "regin"))
    ended = shell.run("validate", "specs", "--output", "json")
    assert ended.code == 3
    assert ended.document == {
        "format_version": "1",
        "valid": False,
        "diagnostics": [
            {
                "severity": "error",
                "code": "unknown-field",
                "id": "FS701",
                "message": 'unknown field "regin"',
                "hint": 'did you mean "region"?',
                "file": "specs/a.yaml",
                "line": 6,
                "column": 3,
                "path": "spec.regin",
            }
        ],
    }


@pytest.mark.parametrize("command", ["validate", "render", "plan", "apply"])
def test_an_empty_folder_is_told(shell: Shell, command: str) -> None:
    (shell.folder / "specs").mkdir()
    ended = shell.run(command, "specs")
    assert (ended.code, started_nothing(shell)) == (3, True)
    assert "no *.yaml or *.yml in specs" in ended.err + ended.out


def with_job(shell: Shell) -> Shell:
    shell.write("specs/area.py", UDF)
    shell.write("specs/a.yaml", JOB)
    return shell


def test_no_service_at_the_base_url_ends_with_8(shell: Shell) -> None:
    credentials = {"FUSED_AUTH_TOKEN": "some-token", "FUSED_AUTH_TOKEN_TYPE": "Bearer"}
    ended = with_job(shell).run("apply", "specs", "--base-url", "http://127.0.0.1:9/server/v1", **credentials)
    assert (ended.code, explains(ended)) == (8, True)
    assert "nothing answers at http://127.0.0.1:9/server/v1" in ended.err


def test_wrong_credentials_end_with_8_and_are_not_shown(shell: Shell) -> None:
    with_job(shell).run("plan", "specs")
    credentials = {"FUSED_AUTH_TOKEN": "a-wrong-token", "FUSED_AUTH_TOKEN_TYPE": "Bearer"}
    url = shell.service["url"].replace("127.0.0.1", "localhost")
    ended = shell.run("apply", "specs", "--base-url", url, **credentials)
    assert (ended.code, explains(ended)) == (8, True)
    assert "a-wrong-token" not in ended.err + ended.out
    assert shell.run("jobs", "--output", "json").document["jobs"] == []


def test_no_credentials_at_all_ends_with_8_and_says_how_to_get_some(shell: Shell) -> None:
    ended = with_job(shell).run("plan", "specs", "--target", "hosted")
    assert (ended.code, explains(ended)) == (8, True)
    assert "log in with the fused package" in ended.err


def test_an_unknown_target_ends_with_2(shell: Shell) -> None:
    ended = with_job(shell).run("plan", "specs", "--target", "hostd")
    assert (ended.code, explains(ended)) == (2, True)
    assert 'did you mean "hosted"?' in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "specs", "--select", "nope"),
        ("apply", "specs", "--adopt", "nope"),
        ("apply", "specs", "--rerun", "nope"),
        ("apply", "specs", "--retry", "nope"),
        ("plan", "specs", "--base-url", "nonsense"),
        ("plan", "specs", "--target", "hostd"),
        ("apply", "--output", "json"),
    ],
)
@pytest.mark.thorough
def test_a_wrong_value_of_a_flag_ends_with_2_and_is_a_document_where_json_was_asked_for(
    shell: Shell, words: tuple[str, ...]
) -> None:
    ended = with_job(shell).run(*words, "--output", "json")
    assert (ended.code, explains(ended)) == (2, True)
    assert ended.document["error"]["exit_code"] == 2


@pytest.mark.parametrize("command", [("logs", "areas"), ("show", "areas"), ("wait", "areas"), ("cancel", "areas")])
@pytest.mark.thorough
def test_a_name_that_never_ran_is_told(shell: Shell, command: tuple[str, str]) -> None:
    ended = shell.run(*command)
    assert (ended.code, explains(ended)) == (1, True)


def test_an_error_is_a_document_where_json_was_asked_for(shell: Shell) -> None:
    ended = with_job(shell).run("plan", "specs", "--target", "hosted", "--output", "json")
    assert ended.document["error"]["exit_code"] == ended.code == 8


def test_a_state_folder_that_cannot_be_written_is_told(shell: Shell) -> None:
    shell.write("state", "a file")
    ended = with_job(shell).run("plan", "specs", FUSED_SPEC_STATE="state")
    assert (ended.code, explains(ended)) == (74, True)


def test_init_overwrites_nothing(shell: Shell) -> None:
    assert shell.run("init").code == 0
    spec = (shell.folder / "specs/hello.yaml").read_bytes()
    again = shell.run("init")
    assert (again.code, explains(again)) == (1, True)
    assert (shell.folder / "specs/hello.yaml").read_bytes() == spec


def test_what_init_writes_is_applied_at_once(shell: Shell) -> None:
    shell.run("init", "project")
    inside = Shell(folder=shell.folder / "project", home=shell.home)
    try:
        applied = inside.run("apply", "specs/", "--output", "json")
        assert applied.code == 0, applied.err
        assert [outcome["status"] for outcome in applied.document["outcomes"]] == ["succeeded"]
    finally:
        inside.stop_service()


def test_specs_come_from_standard_input_too(shell: Shell) -> None:
    shell.write("area.py", UDF)
    ended = shell.run("validate", "-", stdin=JOB)
    assert (ended.code, ended.out) == (0, "1 spec in 1 file is valid\n")


def test_the_schemas_are_found_by_the_installed_command(shell: Shell) -> None:
    schema = json.loads(shell.run("schema", "Job").out)
    assert schema["title"] == "Job"
