"""What the syntax of sources told, kept on disk by their content, so that none is looked at twice.

It may be deleted at any time, and commands share it. Nothing depends on it: what cannot be read, or is not what this
version would have written, is looked at anew. It holds names of functions, parameters, modules and loaded UDFs, and no
other text of a source; a source with any more to tell is not kept.
"""

import hashlib
import json
import os
import re
import sqlite3
import stat
import sys
import weakref
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from fused_spec.spec.udfs.functions import Function
from fused_spec.spec.udfs.imports import Import
from fused_spec.spec.udfs.python_source import BadSyntax, Load, Syntax, syntax_of
from fused_spec.system.timings import Lookups

FILE = "syntax.sqlite"

_MOST_ROWS = 100_000
_MOST_BYTES = 128 << 20  # a file that is larger was not written here
_LONGEST = 1 << 16
_PATIENCE = 1.0  # seconds for which another command may write
_LOOKING = ("python_source", "functions", "allowed_values", "argument_kinds", "imports", "syntax_cache")
_TABLE = "CREATE TABLE IF NOT EXISTS syntax (key BLOB NOT NULL UNIQUE, told TEXT NOT NULL)"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(?:/[A-Za-z_][A-Za-z0-9_]{0,63})*")
_TOKEN = re.compile(r"(?:fsh|fc|UDF)_.*|[0-9a-f]{32,}")


class SyntaxCache:
    """Looks at sources, and remembers what it saw in the folder, which it makes when it has something to keep."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database: sqlite3.Connection | None = None
        self._is_open = False
        self._new: dict[bytes, str] = {}
        self._lookups = Lookups()
        self._remembered = lru_cache(maxsize=256)(self._looked_up)

    def syntax_of(self, source: str) -> Syntax | BadSyntax:
        """What the syntax tells, or why there is none."""
        return self._remembered(source) if len(source) <= _LONGEST else syntax_of(source)

    def _looked_up(self, source: str) -> Syntax | BadSyntax:
        key = _key(source)
        known = self._read(key)
        hits, misses = self._lookups
        if known is not None:
            self._lookups = Lookups(hits + 1, misses)
            return known
        self._lookups = Lookups(hits, misses + 1)
        found = syntax_of(source)
        if isinstance(found, Syntax) and (told := _encoded(found)) is not None:
            self._new[key] = told
        return found

    def lookups(self) -> Lookups:
        """What was looked up since this was asked the last time; a source that is remembered here is not."""
        told, self._lookups = self._lookups, Lookups()
        return told

    def keep(self) -> None:
        """Write what is new; where that cannot be done, it is looked at again the next time."""
        if not self._new:
            return
        with suppress(OSError, sqlite3.Error):
            self._close()
            _make_private(self._folder)
            with closing(sqlite3.connect(self._folder / FILE, timeout=_PATIENCE)) as database, database:
                database.execute("PRAGMA trusted_schema = OFF")
                database.execute("PRAGMA synchronous = OFF")  # what a lost machine tears is not believed
                database.execute(_TABLE)
                database.executemany("INSERT OR IGNORE INTO syntax VALUES (?, ?)", self._new.items())
                oldest = "DELETE FROM syntax WHERE rowid <= (SELECT max(rowid) FROM syntax) - ?"
                database.execute(oldest, (_MOST_ROWS,))
        self._new.clear()

    def _read(self, key: bytes) -> Syntax | None:
        if not self._is_open:
            self._is_open = True
            self._database = self._opened()
        if self._database is None:
            return None
        query = "SELECT told FROM syntax WHERE key = ? AND length(told) <= ?"
        try:
            row = self._database.execute(query, (key, _LONGEST)).fetchone()
            return _decoded(row[0]) if row is not None else None
        except sqlite3.OperationalError:
            self._close()  # another command writes, or there is no table yet
        except (sqlite3.Error, OverflowError):
            self._close()
            _discard(self._folder / FILE)
        except (ValueError, TypeError, LookupError, RecursionError):
            pass  # no row that was written here
        return None

    def _opened(self) -> sqlite3.Connection | None:
        path = self._folder / FILE
        try:
            if not (_is_ours_alone(self._folder, folder=True) and _is_ours_alone(path)):
                return None
            if path.stat().st_size > _MOST_BYTES:
                _discard(path)
                return None
            database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)
            weakref.finalize(self, database.close)  # whoever only looks closes nothing
            database.execute("PRAGMA trusted_schema = OFF")
        except (OSError, sqlite3.Error):
            return None
        return database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = None


def _key(source: str) -> bytes:
    return hashlib.sha256(_versions() + source.encode("utf-8", "surrogatepass")).digest()


@cache
def _versions() -> bytes:
    """Whatever decides what is told of a source: the code of this package that looks at it, and Python."""
    code = hashlib.sha256()
    for name in _LOOKING:
        code.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return f"{code.hexdigest()}\0{sys.version}\0".encode()


def _is_ours_alone(path: Path, *, folder: bool = False) -> bool:
    """Whether nobody else can have written it, and no checkout either: git makes nothing that private."""
    found = path.lstat()
    is_kind: Callable[[int], bool] = stat.S_ISDIR if folder else stat.S_ISREG
    return is_kind(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _make_private(folder: Path) -> None:
    """Have the folder and the file; raises `OSError` where they are not ours alone."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
    with suppress(FileExistsError):
        os.close(os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    if not (_is_ours_alone(folder, folder=True) and _is_ours_alone(folder / FILE)):
        raise PermissionError(f"{folder} is not ours alone")


def _discard(path: Path) -> None:
    """Away with a torn file; the next command begins another."""
    with suppress(OSError):
        path.unlink()


def _encoded(syntax: Syntax) -> str | None:
    """As JSON; None for what holds other texts of the source than names."""
    if any(one.allowed or one.default_parameters != () for one in syntax.functions):
        return None
    read = (*syntax.loads, *syntax.secrets)
    if not all(_NAME.fullmatch(load.text) and not _TOKEN.fullmatch(load.text) for load in read):
        return None
    told = [
        [
            [
                *(one.name, one.line, one.column, one.is_udf, one.open_ended, one.decorator_headers),
                *(one.parameters, one.required, dict(one.annotations)),
            ]
            for one in syntax.functions
        ],
        *([[load.text, load.line, load.column] for load in loads] for loads in (syntax.loads, syntax.secrets)),
        [[one.module, one.line, one.column, one.waits] for one in syntax.imports],
    ]
    text = json.dumps(told, separators=(",", ":"))
    return text if len(text) <= _LONGEST and _decoded(text) == syntax else None


def _decoded(told: Any) -> Syntax:
    """The syntax again; raises one of Python's errors for what was not written here."""
    functions, loads, secrets, imports = json.loads(told)
    return Syntax(
        functions=tuple(map(_function, functions)),
        loads=tuple(map(_load, loads)),
        secrets=tuple(map(_load, secrets)),
        imports=tuple(map(_import, imports)),
    )


def _function(told: list[Any]) -> Function:
    name, line, column, is_udf, open_ended, decorator_headers, parameters, required, annotations = told
    _expect(str, name, *parameters, *required, *annotations, *annotations.values())
    _expect(int, line, column)
    _expect(bool, is_udf, open_ended, decorator_headers)
    return Function(
        name=name,
        line=line,
        column=column,
        is_udf=is_udf,
        parameters=tuple(parameters),
        required=tuple(required),
        open_ended=open_ended,
        annotations=annotations,
        decorator_headers=decorator_headers,
    )


def _load(told: list[Any]) -> Load:
    text, line, column = told
    _expect(str, text)
    _expect(int, line, column)
    return Load(text=text, line=line, column=column)


def _import(told: list[Any]) -> Import:
    module, line, column, waits = told
    _expect(str, module)
    _expect(int, line, column)
    _expect(bool, waits)
    return Import(module=module, line=line, column=column, waits=waits)


def _expect(kind: type, *values: Any) -> None:
    if any(type(value) is not kind for value in values):
        raise TypeError(f"not written here: {kind.__name__} expected")
