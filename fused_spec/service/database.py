"""Open the service's SQLite file: in WAL mode, with the schema of this version, or not at all."""

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

from fused_spec.errors import FusedSpecError

_VERSION = 2
_CHANGES = {
    2: """ALTER TABLE runs ADD COLUMN tile TEXT;
          CREATE TABLE schedules (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                                  udf_id TEXT NOT NULL, content TEXT NOT NULL, last_run INTEGER) STRICT;"""
}
"""What brings a file from the version before to this one; schema.sql is that of the newest."""


def open_database(path: Path) -> sqlite3.Connection:
    """The connection, in autocommit mode; every statement is a transaction of its own.

    Raises `FusedSpecError` for a file that is damaged, not ours, or of another version; it is left as it is.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # what was answered survives a power cut
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        raise FusedSpecError(
            f"{path} cannot be used: {error}",
            hint="nothing was changed; move the file away to begin with an empty history, or give another --state",
        ) from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    with closing(connection.execute("PRAGMA user_version")) as cursor:
        version: int = cursor.fetchone()[0]
    if version == _VERSION:
        return
    if 0 < version < _VERSION:
        changes = " ".join(_CHANGES[number] for number in range(version + 1, _VERSION + 1))
        connection.executescript(f"BEGIN; {changes} PRAGMA user_version = {_VERSION}; COMMIT;")
        return
    if version != 0:
        raise FusedSpecError(
            f"{path} was written by a later version of the service (its format is {version}, ours {_VERSION})",
            hint="use the fused-spec that wrote it, or give another --state",
        )
    schema = files("fused_spec.service").joinpath("schema.sql").read_text(encoding="utf-8")
    connection.executescript(f"BEGIN; {schema} PRAGMA user_version = {_VERSION}; COMMIT;")
