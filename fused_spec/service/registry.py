"""Saved UDFs and the access tokens that run them, kept in SQLite."""

import json
import secrets
import sqlite3
import uuid
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.service.times import at, now_ms
from fused_spec.wire import TokenCreate, TokenUpdate, UdfSave

EMAIL = "local@fused-spec.invalid"
"""Whose everything is: the service has one user. The domain is one that can never exist (RFC 2606)."""


class SlugTaken(Exception):
    """Another UDF has this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Udf:
    id: str
    slug: str
    udf_body: str
    udf_type: str
    allow_public_read: bool
    allow_public_list: bool

    def as_answer(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in Udf.__dataclass_fields__},
            "collection_id": None,
            "collection_name": "default",
            "is_visible": True,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    token: str
    udf_id: str
    udf_slug: str
    client_id: str | None
    cache: bool
    metadata_json: dict[str, Any]
    enabled: bool
    last_updated: int

    def as_answer(self, user_id: str, environment_id: str) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in Token.__dataclass_fields__},
            "last_updated": at(self.last_updated),
            "udf_email": EMAIL,
            "owning_user_id": user_id,
            "owning_execution_environment_id": environment_id,
            "public_read": None,
            "access_scope": None,
        }


class Udfs:
    """`changes` counts what this process changed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.changes = 0

    def bodies(self) -> dict[str, str]:
        """The JSON of each UDF by its name."""
        return {row["slug"]: row["udf_body"] for row in self._database.execute("SELECT slug, udf_body FROM udfs")}

    def save(self, body: UdfSave, udf_id: str | None = None) -> Udf:
        """Keep a new UDF, or a new content of an old one; raises `SlugTaken`."""
        udf = Udf(id=udf_id or str(uuid.uuid4()), **body.model_dump())
        names = tuple(Udf.__dataclass_fields__)
        values = {name: getattr(udf, name) for name in names}
        statement = (
            f"INSERT INTO udfs ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608
            f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in names[1:])}"
        )
        try:
            self._database.execute(statement, values)
            self.changes += 1
        except sqlite3.IntegrityError:
            raise SlugTaken(f"there is a UDF named {udf.slug} already") from None
        return udf

    def get(self, udf_id: str) -> Udf | None:
        return self._one("SELECT * FROM udfs WHERE id = ?", udf_id)

    def named(self, slug: str) -> Udf | None:
        return self._one("SELECT * FROM udfs WHERE slug = ?", slug)

    def list(self, skip: int, limit: int, *, apps: bool | None = None) -> "list[Udf]":
        """UDFs, newest first: all, or those that are apps, or those that are not."""
        query = "SELECT * FROM udfs WHERE ? IS NULL OR (udf_type = 'app') = ? ORDER BY number DESC LIMIT ? OFFSET ?"
        return [_udf(row) for row in self._database.execute(query, (apps, apps, limit, skip))]

    def remove(self, udf: Udf) -> None:
        self._database.execute("DELETE FROM udfs WHERE id = ?", (udf.id,))
        self.changes += 1

    def _one(self, query: str, value: str) -> Udf | None:
        row = self._database.execute(query, (value,)).fetchone()
        return _udf(row) if row else None


class Tokens:
    """`changes` counts what this process changed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.changes = 0

    def names(self) -> dict[str, str]:
        """The UDF's name of each token that is enabled."""
        query = "SELECT token, slug FROM tokens JOIN udfs ON udfs.id = tokens.udf_id WHERE enabled"
        return {row["token"]: row["slug"] for row in self._database.execute(query)}

    def create(self, body: TokenCreate, udf: Udf) -> Token:
        token = Token(
            token=f"fsh_{secrets.token_urlsafe(24)}",
            udf_id=udf.id,
            udf_slug=udf.slug,
            client_id=body.client_id,
            cache=body.cache,
            metadata_json=body.metadata_json,
            enabled=body.enabled,
            last_updated=now_ms(),
        )
        return self._keep(token)

    def change(self, token: Token, body: TokenUpdate) -> Token:
        """Set what the body names; null leaves a field as it is."""
        given = body.model_dump(exclude_none=True, include={"client_id", "cache", "metadata_json", "enabled"})
        return self._keep(replace(token, **given, last_updated=now_ms()))

    def get(self, token: str) -> Token | None:
        row = self._database.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone()
        return _token(row) if row else None

    def list(self, skip: int, limit: int) -> "list[Token]":
        query = "SELECT * FROM tokens ORDER BY number DESC LIMIT ? OFFSET ?"
        return [_token(row) for row in self._database.execute(query, (limit, skip))]

    def remove(self, token: Token) -> None:
        self._database.execute("DELETE FROM tokens WHERE token = ?", (token.token,))
        self.changes += 1

    def _keep(self, token: Token) -> Token:
        names = tuple(Token.__dataclass_fields__)
        values = {name: getattr(token, name) for name in names} | {"metadata_json": json.dumps(token.metadata_json)}
        self._database.execute(
            f"INSERT INTO tokens ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608
            f"ON CONFLICT (token) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in names[1:])}",
            values,
        )
        self.changes += 1
        return token


def _udf(row: sqlite3.Row) -> Udf:
    fields = {name: row[name] for name in Udf.__dataclass_fields__}
    flags = {name: bool(row[name]) for name in ("allow_public_read", "allow_public_list")}
    return Udf(**{**fields, **flags})


def _token(row: sqlite3.Row) -> Token:
    fields = {name: row[name] for name in Token.__dataclass_fields__}
    flags = {name: bool(row[name]) for name in ("cache", "enabled")}
    return Token(**{**fields, **flags, "metadata_json": json.loads(row["metadata_json"])})
