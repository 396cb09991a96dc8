"""Saved UDFs and the access tokens that run them, kept in SQLite."""

import json
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.jobs.folder import now_ms
from fused_spec.service.state.times import at
from fused_spec.service.udfs.collections import DEFAULT
from fused_spec.wire import TokenCreate, TokenUpdate, UdfSave
from fused_spec.wire import Udf as UdfBody

EMAIL = "local@fused-spec.invalid"
"""Whose everything is: the service has one user. The domain is one that can never exist (RFC 2606)."""
OWN_NAMES = (EMAIL, "local", "self", "team")
"""What that user and their team may be called."""


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
    collection_id: str
    collection_name: str

    def as_answer(self) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in Udf.__dataclass_fields__}, "is_visible": True}

    def with_parameters(self, parameters: Mapping[str, Any]) -> UdfBody:
        """What runs, with values of the call's own over the stored ones."""
        udf = UdfBody.model_validate_json(self.udf_body)
        where = {"collection_id": self.collection_id, "collection_name": self.collection_name}
        return udf.model_copy(update={**where, "parameters": {**udf.parameters, **parameters}})


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
    public_read: bool | None
    access_scope: str | None

    def as_answer(self, user_id: str, environment_id: str) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in Token.__dataclass_fields__},
            "last_updated": at(self.last_updated),
            "udf_email": EMAIL,
            "owning_user_id": user_id,
            "owning_execution_environment_id": environment_id,
        }


class Udfs:
    """`changes` counts what this process changed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.changes = 0

    def bodies(self) -> dict[str, dict[str, str]]:
        """The JSON of each UDF by the name of its collection and its own."""
        bodies: dict[str, dict[str, str]] = {}
        for row in self._database.execute(_UDFS):
            bodies.setdefault(row["collection_name"], {})[row["slug"]] = row["udf_body"]
        return bodies

    def save(self, slug: str, body: UdfSave, before: Udf | None = None) -> Udf:
        """Keep a new UDF, or a new content of one that was there before; raises `SlugTaken`."""
        given = body.model_dump(exclude={"slug"}, exclude_none=True)
        kept = _NEW if before is None else {name: getattr(before, name) for name in _COLUMNS}
        values = {**kept, **given, "slug": slug, "id": before.id if before else str(uuid.uuid4())}
        names = _COLUMNS
        statement = (
            f"INSERT INTO udfs ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608
            f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in names[1:])}"
        )
        try:
            self._database.execute(statement, values)
            self.changes += 1
        except sqlite3.IntegrityError:
            raise SlugTaken(f"there is a UDF named {slug} already") from None
        saved = self.get(values["id"])
        assert saved is not None
        return saved

    def get(self, udf_id: str) -> Udf | None:
        return self._one(f"{_UDFS} WHERE udfs.id = ?", udf_id)

    def named(self, slug: str, collection: str = DEFAULT) -> Udf | None:
        return self._one(f"{_UDFS} WHERE slug = ? AND collections.name = ?", slug, collection)

    def list(self, skip: int, limit: int, *, apps: bool | None = None, public: bool = False) -> "list[Udf]":
        """UDFs, newest first: all, or those that are apps, or those that are not; or of these the public ones."""
        query = (
            f"{_UDFS} WHERE (:apps IS NULL OR (udf_type = 'app') = :apps) AND (NOT :public OR allow_public_list) "
            "ORDER BY udfs.number DESC LIMIT :limit OFFSET :skip"
        )
        values = {"apps": apps, "public": public, "limit": limit, "skip": skip}
        return [_udf(row) for row in self._database.execute(query, values)]

    def remove(self, udf: Udf) -> None:
        self._database.execute("DELETE FROM udfs WHERE id = ?", (udf.id,))
        self.changes += 1

    def _one(self, query: str, *values: str) -> Udf | None:
        row = self._database.execute(query, values).fetchone()
        return _udf(row) if row else None


class Tokens:
    """`changes` counts what this process changed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self.changes = 0

    def names(self) -> dict[str, list[str]]:
        """The names of its UDF's collection and of the UDF, by each token that is enabled."""
        query = (
            "SELECT token, collections.name AS collection_name, slug FROM tokens JOIN udfs ON udfs.id = tokens.udf_id "
            "JOIN collections ON collections.id = udfs.collection_id WHERE enabled"
        )
        return {row["token"]: [row["collection_name"], row["slug"]] for row in self._database.execute(query)}

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
            public_read=body.public_read,
            access_scope=body.access_scope,
        )
        return self._keep(token)

    def change(self, token: Token, body: TokenUpdate) -> Token:
        """Set what the body names; null leaves a field as it is."""
        return self._keep(replace(token, **body.model_dump(exclude_none=True), last_updated=now_ms()))

    def get(self, token: str) -> Token | None:
        row = self._database.execute(f"{_TOKENS} WHERE token = ?", (token,)).fetchone()
        return _token(row) if row else None

    def list(self, skip: int, limit: int) -> "list[Token]":
        query = f"{_TOKENS} ORDER BY tokens.number DESC LIMIT ? OFFSET ?"
        return [_token(row) for row in self._database.execute(query, (limit, skip))]

    def remove(self, token: Token) -> None:
        self._database.execute("DELETE FROM tokens WHERE token = ?", (token.token,))
        self.changes += 1

    def remove_all_of(self, udf: Udf) -> None:
        """Those that ran a UDF which is gone."""
        self._database.execute("DELETE FROM tokens WHERE udf_id = ?", (udf.id,))
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


_COLUMNS = tuple(name for name in Udf.__dataclass_fields__ if name != "collection_name")
_NEW = {"allow_public_read": False, "allow_public_list": False, "collection_id": DEFAULT}
_UDFS = (
    "SELECT udfs.*, collections.name AS collection_name FROM udfs JOIN collections ON collections.id = collection_id"
)
_TOKENS = "SELECT tokens.*, coalesce(slug, udf_slug) AS current_slug FROM tokens LEFT JOIN udfs ON udfs.id = udf_id"


def _udf(row: sqlite3.Row) -> Udf:
    fields = {name: row[name] for name in Udf.__dataclass_fields__}
    flags = {name: bool(row[name]) for name in ("allow_public_read", "allow_public_list")}
    return Udf(**{**fields, **flags})


def _token(row: sqlite3.Row) -> Token:
    fields = {name: row[name] for name in Token.__dataclass_fields__}
    flags: dict[str, Any] = {name: bool(row[name]) for name in ("cache", "enabled")}
    flags["public_read"] = None if row["public_read"] is None else bool(row["public_read"])
    told = {"udf_slug": row["current_slug"], "metadata_json": json.loads(row["metadata_json"])}
    return Token(**{**fields, **flags, **told})
