"""Open the service's SQLite file: in WAL mode, with the schema of this version, or not at all."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from fused_spec.errors import FusedSpecError
from fused_spec.service.state.private_file import create_private

_VERSION = 3
_CHECKED_SIZE = 64 * 1024 * 1024  # a larger file would take a second or more to look through
_HINT = "nothing was changed; move the file away to begin with an empty history, or give another --state"
_CHANGES = {
    2: """ALTER TABLE runs ADD COLUMN tile TEXT;
          CREATE TABLE schedules (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                                  udf_id TEXT NOT NULL, content TEXT NOT NULL, last_run INTEGER) STRICT;""",
    3: """CREATE TABLE collections (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                                    name TEXT NOT NULL UNIQUE, access_scope TEXT NOT NULL,
                                    allow_public_read INTEGER NOT NULL, dashboard_body TEXT,
                                    last_updated INTEGER NOT NULL) STRICT;
          INSERT INTO collections (id, name, access_scope, allow_public_read, last_updated)
          VALUES ('default', 'default', 'team', 0, 0);
          ALTER TABLE udfs RENAME TO udfs_before;
          CREATE TABLE udfs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
                             collection_id TEXT NOT NULL DEFAULT 'default', slug TEXT NOT NULL, udf_body TEXT NOT NULL,
                             udf_type TEXT NOT NULL, allow_public_read INTEGER NOT NULL,
                             allow_public_list INTEGER NOT NULL, UNIQUE (collection_id, slug)) STRICT;
          INSERT INTO udfs (number, id, slug, udf_body, udf_type, allow_public_read, allow_public_list)
          SELECT number, id, slug, udf_body, udf_type, allow_public_read, allow_public_list FROM udfs_before;
          DROP TABLE udfs_before;
          ALTER TABLE tokens ADD COLUMN public_read INTEGER;
          ALTER TABLE tokens ADD COLUMN access_scope TEXT;""",
}
"""What brings a file from the version before to this one; schema.sql is that of the newest."""


def open_database(path: Path) -> sqlite3.Connection:
    """The connection, in autocommit mode; every statement is a transaction of its own.

    Raises `FusedSpecError` for a file that is damaged, not ours, or of a later version; it is left as it is.
    """
    try:
        create_private(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise FusedSpecError(f"{path} cannot be used: {_reason(error)}", hint=_HINT) from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = _checked_version(connection, path)  # before anything is written
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered survives a power cut
    if version == 0:
        changes = files("fused_spec.service.state").joinpath("schema.sql").read_text(encoding="utf-8")
    else:
        changes = " ".join(_CHANGES[number] for number in range(version + 1, _VERSION + 1))
    if version < _VERSION:
        connection.executescript(f"BEGIN; {changes} PRAGMA user_version = {_VERSION}; COMMIT;")


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file that is whole and ours, 0 for a new one."""
    if path.stat().st_size <= _CHECKED_SIZE:
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise FusedSpecError(f"{path} is damaged: {problem}", hint=_HINT)
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise FusedSpecError(
            f"{path} was written by a later version of the service (its format is {version}, ours {_VERSION})",
            hint="use the fused-spec that wrote it, or give another --state",
        )
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if version < 0 or (version == 0) is not is_empty:
        raise FusedSpecError(f"{path} is the database of another program", hint="give another --state")
    return version


def _reason(error: OSError | sqlite3.Error) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
