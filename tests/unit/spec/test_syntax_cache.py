"""What is kept of the syntax of UDFs: it changes no answer, whatever became of it, and holds no text but names."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.udfs import allowed_values, functions, python_source, syntax_cache
from fused_spec.spec.udfs.python_source import BadSyntax, Syntax, syntax_of
from fused_spec.spec.udfs.syntax_cache import FILE, SyntaxCache

SOURCE = """
import fused
import sklearn.cluster
SIDE = "counties"
@fused.udf
def udf(tile: int, *, minimum: float = 2.0, **more):
    fused.load(SIDE)
    return fused.load("area/helpers").f(fused.utils.common)
def other(a, b: "str" = 1): pass
"""
SECRETS = [
    "@fused.udf(default_parameters={'key': 'hunter2hunter2'})\ndef udf(key): pass",
    "from typing import Literal\ndef udf(key: Literal['hunter2hunter2']): pass",
    "def udf(): fused.load('fsh_hunter2hunter2')",
    "def udf(): fused.load('https://user:hunter2hunter2@host/udf')",
    "def udf(): fused.load('" + "ab12" * 16 + "')",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "cache"


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources whose syntax was looked at."""
    sources: list[str] = []

    def look(source: str) -> Syntax | BadSyntax:
        sources.append(source)
        return syntax_of(source)

    monkeypatch.setattr(syntax_cache, "syntax_of", look)
    return sources


def kept(folder: Path, *sources: str) -> Path:
    """The file after a command that looked at these sources."""
    cache = SyntaxCache(folder)
    for source in sources:
        cache.syntax_of(source)
    cache.keep()
    return folder / FILE


def test_what_was_looked_at_is_not_looked_at_again(folder: Path, looked: list[str]) -> None:
    kept(folder, SOURCE)
    assert SyntaxCache(folder).syntax_of(SOURCE) == syntax_of(SOURCE)
    assert looked == [SOURCE]


def test_within_a_command_a_source_is_looked_at_once(folder: Path, looked: list[str]) -> None:
    cache = SyntaxCache(folder)
    assert cache.syntax_of(SOURCE) == cache.syntax_of(SOURCE)
    assert looked == [SOURCE]


def test_a_look_that_found_nothing_new_leaves_nothing_behind(folder: Path) -> None:
    SyntaxCache(folder).keep()
    assert not folder.exists()


@pytest.mark.parametrize(("where", "what", "other"), [(sys, "version", "4.0"), (syntax_cache, "_LOOKING", ("text",))])
def test_another_version_looks_anew(
    folder: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch, where: object, what: str, other: object
) -> None:
    kept(folder, SOURCE)
    with monkeypatch.context() as patch:
        patch.setattr(where, what, other)
        syntax_cache._versions.cache_clear()
        SyntaxCache(folder).syntax_of(SOURCE)
    syntax_cache._versions.cache_clear()
    assert looked == [SOURCE, SOURCE]


def test_the_version_covers_every_module_that_looks_at_a_source() -> None:
    looking = {module.__name__.rpartition(".")[2] for module in (python_source, functions, allowed_values)}
    assert looking < set(syntax_cache._LOOKING)


@pytest.mark.parametrize("source", SECRETS)
def test_no_text_that_may_be_a_secret_is_kept(folder: Path, source: str) -> None:
    content = kept(folder, SOURCE, source).read_bytes()
    assert b"hunter2" not in content
    assert b"ab12ab12" not in content


def test_the_texts_of_a_source_are_not_kept(folder: Path) -> None:
    content = kept(folder, "SECRET = 'hunter2'\ndef udf(a=1): return 'hunter2'  # hunter2").read_bytes()
    assert b"hunter2" not in content


def test_nobody_else_can_read_or_write_it(folder: Path) -> None:
    file = kept(folder, SOURCE)
    assert [path.stat().st_mode & 0o777 for path in (folder, file)] == [0o700, 0o600]


def test_git_does_not_see_it(folder: Path) -> None:
    kept(folder, SOURCE)
    assert (folder / ".gitignore").read_text() == "*\n"


def lie(file: Path, told: object) -> None:
    with sqlite3.connect(file) as database:
        database.execute("UPDATE syntax SET told = ?", (told,))
    database.close()


def torn(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 3])


def linked(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def another_table(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as database:
        database.execute("CREATE VIEW syntax AS SELECT 1 AS key, 2 AS told")
    database.close()
    file.chmod(0o600)


WAYS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "empty": lambda file: file.write_bytes(b""),
    "torn": torn,
    "no database": lambda file: file.write_bytes(b"x" * 9000),
    "a link": linked,
    "another table": another_table,
    "written by others": lambda file: file.chmod(0o666),
    "in a folder of others": lambda file: file.parent.chmod(0o777),
    "no JSON": lambda file: lie(file, "{"),
    "other JSON": lambda file: lie(file, '{"a": 1}'),
    "of other types": lambda file: lie(file, '[[[1,"2",3,4,5,6,[7],[8],{"9":10}]],[[1,2,3]]]'),
    "too short": lambda file: lie(file, '[[["udf",1]],[]]'),
    "bytes": lambda file: lie(file, b"\xff\xfe"),
    "a number": lambda file: lie(file, 5),
    "nested deeply": lambda file: lie(file, "[" * 60_000),
    "huge": lambda file: lie(file, "[" + " " * 100_000 + "[],[]]"),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_not_written_here_is_not_believed(folder: Path, looked: list[str], way: str) -> None:
    WAYS[way](kept(folder, SOURCE))
    assert SyntaxCache(folder).syntax_of(SOURCE) == syntax_of(SOURCE)
    assert looked == [SOURCE, SOURCE]


@pytest.mark.parametrize("way", ["deleted", "empty", "torn", "no database", "other JSON"])
def test_what_is_torn_ends_no_command_and_is_written_anew(folder: Path, way: str) -> None:
    WAYS[way](kept(folder, SOURCE))
    kept(folder, SOURCE, "def udf(): pass")
    assert SyntaxCache(folder).syntax_of("def udf(): pass") == syntax_of("def udf(): pass")


def test_two_commands_may_keep_at_once(folder: Path, looked: list[str]) -> None:
    first, second = SyntaxCache(folder), SyntaxCache(folder)
    first.syntax_of("def a(): pass")
    second.syntax_of("def b(): pass")
    first.keep()
    second.keep()
    third = SyntaxCache(folder)
    assert [isinstance(third.syntax_of(f"def {name}(): pass"), Syntax) for name in "ab"] == [True, True]
    assert len(looked) == 2


def test_its_size_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax_cache, "_MOST_ROWS", 5)
    file = kept(folder, *(f"def f{number}(): pass" for number in range(20)))
    with sqlite3.connect(file) as database:
        [(count,)] = database.execute("SELECT count(*) FROM syntax").fetchall()
    database.close()
    assert count == 5


def test_a_folder_that_cannot_be_made_ends_no_command(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    kept(tmp_path / "state" / "cache", SOURCE)
    assert (tmp_path / "state").read_text() == "a file"


@given(st.text(alphabet="abAB_09 ():,=*\n@.\"'", max_size=60))
def test_what_is_kept_comes_back_as_it_was(source: str) -> None:
    found = syntax_of(source)
    told = syntax_cache._encoded(found) if isinstance(found, Syntax) else None
    assert told is None or syntax_cache._decoded(told) == found
