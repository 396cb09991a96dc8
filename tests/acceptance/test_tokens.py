"""Tokens by the installed command: rotated, checked, and locked; their values are in the sink and nowhere else."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fused_spec.reconcile.store.lease import Holder, local_lock
from tests.acceptance.command import Ended, Shell
from tests.acceptance.conftest import in_folder
from tests.archived import archived
from tests.schemas import schema_of
from tests.waiting import until

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: t, id: tttttttt-1}\n"
SPECS = """\
apiVersion: fused-spec/v1
kind: Udf
metadata: {name: points}
spec: {udf: {file: a.py}}
---
apiVersion: fused-spec/v1
kind: UdfAccessToken
metadata: {name: tiles}
spec: {udf: {ref: points}, expires: 90d, sink: {file: .secrets/tiles}}
"""
UDF = "@fused.udf\ndef udf(x: int = 0):\n    return x\n"
SLOW = """\
@fused.udf
def udf():
    import time
    from pathlib import Path
    Path({flag!r}).touch()
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A project whose token was made; each test leaves it in order."""
    for shell in in_folder(tmp_path_factory.mktemp("tokens") / "work"):
        shell.write("fused-spec.yaml", PROJECT)
        shell.write("specs/a.yaml", SPECS)
        shell.write("specs/a.py", UDF)
        applied = shell.run("apply", "specs")
        assert applied.code == 0, applied.err
        yield shell


def value(shell: Shell) -> str:
    return (shell.folder / ".secrets/tiles").read_text(encoding="utf-8").strip()


def in_form(ended: Ended) -> dict[str, object]:
    """The document, which is of the published form."""
    schema = schema_of("tokens")
    Draft202012Validator(schema).validate(ended.document)
    return ended.document  # type: ignore[no-any-return]


def test_a_rotated_token_has_another_value_that_is_shown_nowhere(project: Shell) -> None:
    former = value(project)
    rotated = project.run("tokens", "rotate", "tiles")
    assert (rotated.code, rotated.out) == (
        0,
        "tiles: a new value is in .secrets/tiles and works; the former one is disabled.\n",
    )
    assert value(project) != former
    assert not [one for one in (former, value(project)) if one in rotated.out + rotated.err]


def test_a_rotated_token_is_well(project: Shell) -> None:
    rotated = in_form(project.run("tokens", "rotate", "tiles", "--revoke-now", "--output", "json"))
    checked = project.run("tokens", "check", "--output", "json")
    assert (checked.code, in_form(checked)["well"], rotated["well"]) == (0, True, True)


@pytest.mark.thorough
def test_an_overlap_is_told_with_its_end(project: Shell) -> None:
    rotated = project.run("tokens", "rotate", "tiles", "--overlap", "7d")
    assert "the former one works until " in rotated.out
    assert "former   works until " in project.run("tokens", "show", "tiles").out
    assert project.run("tokens", "rotate", "tiles").code == 0


@pytest.mark.thorough
def test_an_overlap_and_its_opposite_exclude_each_other(project: Shell) -> None:
    ended = project.run("tokens", "rotate", "tiles", "--overlap", "7d", "--revoke-now")
    assert (ended.code, "exclude each other" in ended.err) == (2, True)


def test_a_lost_sink_is_a_change_that_an_apply_carries_out(project: Shell) -> None:
    kept = value(project)
    (project.folder / ".secrets/tiles").unlink()
    assert project.run("plan", "specs", "--detailed-exitcode").code == 4
    checked = project.run("tokens", "check")
    assert (checked.code, checked.out) == (
        1,
        "tiles: its sink is not there\n  next: `fused-spec apply` writes its value again\n",
    )
    assert project.run("apply", "specs").code == 0
    assert value(project) == kept
    assert stat.S_IMODE((project.folder / ".secrets/tiles").stat().st_mode) == 0o600
    assert project.run("plan", "specs", "--detailed-exitcode").code == 0


def test_a_token_that_expired_is_told_and_works(project: Shell) -> None:
    project.write("specs/a.yaml", SPECS.replace("90d", "2020-01-31"))
    try:
        checked, planned = project.run("tokens", "check"), project.run("plan", "specs", "--detailed-exitcode")
        assert (checked.code, planned.code) == (1, 0)
        assert "next: its value was made after that day; write a later day as its `expires`" in checked.out
        assert "ago, and still works; its value was made after that day" in planned.out
        assert project.run("tokens", "fetch", "tiles", "--format", "json").code == 0
        assert "2020-01-31" in project.run("tokens", "list").out
    finally:
        project.write("specs/a.yaml", SPECS)


@pytest.mark.thorough
def test_a_rotation_waits_for_no_apply_and_says_who_is_at_work(project: Shell) -> None:
    with local_lock(project.folder / ".fused-spec/locks/local.lock", Holder(host="elsewhere", pid=1, run_url=None)):
        ended = project.run("tokens", "rotate", "tiles", "--output", "json")
    assert (ended.code, ended.document["error"]["exit_code"]) == (7, 7)


def test_a_name_that_no_spec_declares_is_told_with_the_nearest(project: Shell) -> None:
    ended = project.run("tokens", "rotate", "tile")
    assert (ended.code, 'did you mean "tiles"?' in ended.err) == (1, True)


@pytest.mark.thorough
def test_a_rotation_that_is_killed_at_its_proof_leaves_the_former_value(project: Shell, tmp_path: Path) -> None:
    flag, former = tmp_path / "called", value(project)
    project.write("specs/a.py", SLOW.format(flag=str(flag)))
    assert project.run("apply", "specs").code == 0
    rotation = project.start("tokens", "rotate", "tiles")
    until(flag.exists, "the call that proves the value")
    os.kill(rotation.pid, signal.SIGKILL)
    rotation.communicate()
    assert value(project) != former
    project.write("specs/a.py", UDF)
    planned = project.run("plan", "specs")
    assert "a value besides its own still works, and is disabled" in planned.out
    assert project.run("apply", "specs").code == 0
    assert value(project) == former
    assert project.run("tokens", "fetch", "tiles", "--format", "json").out == "0"
    assert project.run("tokens", "check").code == 0


@pytest.mark.thorough
def test_no_value_is_in_any_file_of_the_state_but_the_database_of_the_service(project: Shell) -> None:
    values = [value(project)]
    for words in (("rotate", "tiles", "--overlap", "1h"), ("rotate", "tiles")):
        project.run("tokens", *words)
        values.append(value(project))
    project.run("plan", "specs", "--out", "kept.plan")
    project.run("apply", "specs", "--output", "json")
    service = project.folder / ".fused-spec/service"
    folders = [one for one in (project.folder / ".fused-spec").iterdir() if one != service]
    kept = b"".join(map(archived, [one for one in folders if one.is_dir()]))
    kept += (project.folder / "kept.plan").read_bytes() + (service / "service.log").read_bytes()
    assert not [one for one in values if one.encode() in kept]
