"""Sinks of tokens: a file, a line of one, a block for GitHub; what stands around a value stays as it is."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.configuration.token_sinks import Command, EnvFile, GitHub
from fused_spec.errors import Misconfigured
from fused_spec.reconcile.saved.lines import block_of, value_in, with_value
from fused_spec.reconcile.saved.sinks import check_sink, put_back, read_sink, sink_trouble, write_sink


@pytest.fixture
def env(tmp_path: Path) -> EnvFile:
    return EnvFile(tmp_path / ".env", "TILES")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"TILES=new\n"),
        (b"A=1\n", b"A=1\nTILES=new\n"),
        (b"A=1", b"A=1\nTILES=new\n"),
        (b"TILES=old\nB=2\n", b"TILES=new\nB=2\n"),
        (b"A=1\r\nTILES=old\r\nB=2\r\n", b"A=1\r\nTILES=new\r\nB=2\r\n"),
        (b"export TILES=old", b"export TILES=new"),
        (b"TILES_2=old\nXTILES=old\n# TILES=old\n", b"TILES_2=old\nXTILES=old\n# TILES=old\nTILES=new\n"),
        (b"TILES='old'\n\xff\xfe \t\nTILES=older\n", b"TILES=new\n\xff\xfe \t\nTILES=new\n"),
    ],
)
def test_one_line_is_replaced_or_added(env: EnvFile, before: bytes, after: bytes) -> None:
    env.path.write_bytes(before)
    write_sink(env, b"new\n")
    assert env.path.read_bytes() == after
    assert stat.S_IMODE(env.path.stat().st_mode) == 0o600


@given(st.binary(max_size=200), st.from_regex(rb"[A-Za-z0-9_-]{1,20}", fullmatch=True))
def test_what_was_written_into_any_content_is_read_again_and_nothing_else_is_touched(rest: bytes, value: bytes) -> None:
    written = with_value(rest, "TILES", value)
    assert value_in(written, "TILES") == value
    assert with_value(written, "TILES", value) == written


@given(st.binary(max_size=200).filter(lambda content: value_in(content, "TILES") is None))
def test_what_is_taken_back_leaves_the_other_lines(rest: bytes) -> None:
    assert with_value(with_value(rest, "TILES", b"x"), "TILES", None).removesuffix(b"\n") == rest.removesuffix(b"\n")


def test_a_file_that_is_not_there_is_made(env: EnvFile) -> None:
    assert sink_trouble(env, "new") == "is not there"
    write_sink(env, b"new\n")
    assert (sink_trouble(env, "new"), read_sink(env)) == (None, b"new")


def test_a_line_tells_what_it_lacks(env: EnvFile) -> None:
    env.path.write_text("A=1\n")
    assert sink_trouble(env, "new") == "has no such line"
    env.path.write_text("TILES=other\n")
    assert sink_trouble(env, "new") == "holds another value"
    env.path.write_text("TILES='new'\n")
    env.path.chmod(0o644)
    assert sink_trouble(env, "new") == "is readable by others"


def test_what_is_put_back_is_as_it_was(env: EnvFile) -> None:
    env.path.write_text("A=1\nTILES=old\n")
    held = read_sink(env)
    write_sink(env, b"new\n")
    put_back(env, held)
    assert env.path.read_text() == "A=1\nTILES=old\n"
    put_back(env, None)
    assert env.path.read_text() == "A=1\n"


def test_a_file_that_held_nothing_else_goes_again(env: EnvFile) -> None:
    write_sink(env, b"new\n")
    put_back(env, None)
    assert not env.path.exists()


def test_a_workflow_gets_a_block_and_masks_the_value_first(tmp_path: Path) -> None:
    told: list[str] = []
    file = tmp_path / "github_env"
    file.write_text("A=1\n")
    sink = GitHub("env", "TILES", file, lambda line: told.append(f"{line} before {file.read_text()!r}"))
    assert sink_trouble(sink, "new") == "is not there"
    write_sink(sink, b"new\n")
    assert told == ["::add-mask::new before 'A=1\\n'"]
    assert sink_trouble(sink, "new") is None
    first, value, last = file.read_text().removeprefix("A=1\n").splitlines()
    assert (first, value) == (f"TILES<<{last}", "new")


@given(st.binary(max_size=100))
def test_no_value_ends_its_own_block(value: bytes) -> None:
    end = block_of("A", value).splitlines()[-1]
    assert end not in value


def test_where_no_workflow_runs_nothing_is_known_and_nothing_is_made() -> None:
    sink = GitHub("env", "TILES")
    assert sink_trouble(sink, "new") is None
    with pytest.raises(Misconfigured, match="is for a workflow, and none runs here"):
        check_sink(sink)


def test_a_command_gets_the_value_and_tells_nothing() -> None:
    given_: list[bytes] = []
    sink = Command(("gh",), Path("/"), {}, given_.append)
    write_sink(sink, b"new\n")
    assert (given_, read_sink(sink), sink_trouble(sink, "new")) == ([b"new\n"], None, None)
