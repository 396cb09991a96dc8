"""`logs`, through the installed command: whose line it is, from the service, the archive, and with nobody there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.conftest import in_folder
from tests.schemas import schema_of

UDF = """\
import sys

import fused


@fused.udf
def udf(tile: int, token: str = "nothing"):
    print(f"tile {tile}")
    print(f"warning of {tile}", file=sys.stderr)
    if tile == 13:
        raise ValueError("no such tile")
    return tile
"""
SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
spec:
  config:
    steps: [{type: udf, udf: {file: tiles.py}, input: [10, 11, 12, 13, 14], ignore_chunk_error: true}]
"""
PROJECT = "apiVersion: fused-spec/v1\nproject: {name: logs, id: 0d5b1c7e-70a5}\n"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    for shell in in_folder(tmp_path_factory.mktemp("logs")):
        shell.write("fused-spec.yaml", PROJECT)
        shell.write("specs/tiles.py", UDF)
        shell.write("specs/tiles.yaml", SPEC)
        assert shell.run("apply", "specs").code == 0
        yield shell


@pytest.fixture(params=["live", "archived"])
def shell(applied: Shell, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """The project whose service has the run, and the same whose service has forgotten it."""
    if request.param == "live":
        yield applied
        return
    log = next(applied.folder.glob(".fused-spec/service/jobs/*/log.jsonl"))
    log.rename(log.with_suffix(".away"))
    yield applied
    log.with_suffix(".away").rename(log)


def lines(shell: Shell, *options: str) -> list[str]:
    ended = shell.run("logs", "tiles", *options)
    assert ended.code == 0
    return ended.out.splitlines()


def entries(shell: Shell, *options: str) -> list[tuple[object, ...]]:
    told = [json.loads(line) for line in lines(shell, *options, "--output", "json")]
    assert all(set(one) == set(schema_of("logs")["required"]) for one in told)
    return [(one["task"], one["stream"], one["text"]) for one in told]


def test_each_line_has_its_task_and_its_stream(shell: Shell) -> None:
    found = entries(shell)
    assert (0, "stdout", "tile 10") in found
    assert (4, "stderr", "warning of 14") in found
    assert (3, "stderr", "ValueError: no such tile") in found
    assert found[0] == (None, "service", "step 1 of 1: udf")


def test_the_lines_of_one_task_are_printed_alone(shell: Shell) -> None:
    assert lines(shell, "--task", "2") == ["tile 12", "warning of 12"]


def test_the_lines_of_failed_tasks_are_printed_alone(shell: Shell) -> None:
    found = lines(shell, "--failed")
    assert found[:2] == ["tile 13", "warning of 13"]
    assert "ValueError: no such tile" in found
    assert not any("12" in line for line in found)


def test_the_last_lines_are_printed_alone(shell: Shell) -> None:
    whole = lines(shell)
    assert lines(shell, "--tail", "2") == whole[-2:]
    assert lines(shell, "--tail", "999") == whole


def test_lines_with_a_text_are_printed_alone(shell: Shell) -> None:
    assert sorted(lines(shell, "--grep", "warning")) == [f"warning of {tile}" for tile in range(10, 15)]


def test_choices_go_together(shell: Shell) -> None:
    assert entries(shell, "--task", "2", "--grep", "tile", "--tail", "1") == [(2, "stdout", "tile 12")]
    assert lines(shell, "--task", "99") == []


def test_old_lines_can_be_left_out(shell: Shell) -> None:
    assert lines(shell, "--since", "9h") == lines(shell)


def test_time_task_and_stream_stand_in_front_where_they_are_asked_for(shell: Shell) -> None:
    [line] = lines(shell, "--task", "2", "--grep", "warning", "--timestamps")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 +2 stderr  warning of 12", line)


def test_following_a_run_that_is_over_prints_what_is_chosen(shell: Shell) -> None:
    assert lines(shell, "--task", "2", "-f") == ["tile 12", "warning of 12"]


def test_failed_tasks_cannot_be_followed(applied: Shell) -> None:
    ended = applied.run("logs", "tiles", "-f", "--failed")
    assert (ended.code, "before it is known to fail" in ended.err) == (2, True)


def test_a_service_that_is_down_is_told_and_the_archive_is_read(applied: Shell) -> None:
    url = applied.service["url"]
    applied.stop_service()
    ended = applied.run("--base-url", url, "logs", "tiles", "--task", "1")
    assert (ended.code, ended.out.splitlines()) == (0, ["tile 11", "warning of 11"])
    assert "from the archive" in ended.err
