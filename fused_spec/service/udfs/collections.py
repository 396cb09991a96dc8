"""Collections: named groups of saved UDFs, within which a name is unique; kept in SQLite."""

import sqlite3
import uuid
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.jobs.folder import now_ms
from fused_spec.service.state.times import at
from fused_spec.wire import CollectionSave

DEFAULT = "default"
"""The id, and the name, of the one that is always there."""


class NameTaken(Exception):
    """Another collection has this name."""


class NotEmpty(Exception):
    """There are UDFs in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    id: str
    name: str
    access_scope: str
    allow_public_read: bool
    dashboard_body: str | None
    last_updated: int

    def as_answer(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in Collection.__dataclass_fields__},
            "last_updated": at(self.last_updated),
            "username": "local",
            "share_token": None,
            "share_client_id": None,
        }


class Collections:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def add(self, body: CollectionSave) -> Collection:
        """Keep a new one; raises `NameTaken`."""
        return self._keep(
            Collection(
                id=str(uuid.uuid4()),
                name=body.name,
                access_scope=body.access_scope,
                allow_public_read=bool(body.allow_public_read),
                dashboard_body=body.dashboard_body,
                last_updated=now_ms(),
            )
        )

    def change(self, collection: Collection, body: CollectionSave) -> Collection:
        """Set what the body names; null leaves a field as it is. Raises `NameTaken`."""
        given = body.model_dump(exclude_unset=True, exclude_none=True, exclude={"udfs"})
        return self._keep(replace(collection, **given, last_updated=now_ms()))

    def get(self, collection_id: str) -> Collection | None:
        return self._one("SELECT * FROM collections WHERE id = ?", collection_id)

    def named(self, name: str) -> Collection | None:
        return self._one("SELECT * FROM collections WHERE name = ?", name)

    def list(self, skip: int, limit: int) -> "list[Collection]":
        """Oldest first, so that the default one leads."""
        query = "SELECT * FROM collections ORDER BY number LIMIT ? OFFSET ?"
        return [_collection(row) for row in self._database.execute(query, (limit, skip))]

    def remove(self, collection: Collection) -> None:
        """Raises `NotEmpty` while there are UDFs in it."""
        query = "DELETE FROM collections WHERE id = ? AND NOT EXISTS (SELECT 1 FROM udfs WHERE collection_id = ?)"
        if self._database.execute(query, (collection.id, collection.id)).rowcount == 0:
            raise NotEmpty(f"there are UDFs in the collection {collection.name}; delete them first")

    def _keep(self, collection: Collection) -> Collection:
        names = tuple(Collection.__dataclass_fields__)
        try:
            self._database.execute(
                f"INSERT INTO collections ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "  # noqa: S608
                f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = :{name}' for name in names[1:])}",
                {name: getattr(collection, name) for name in names},
            )
        except sqlite3.IntegrityError:
            raise NameTaken(f"there is a collection named {collection.name} already") from None
        return collection

    def _one(self, query: str, value: str) -> Collection | None:
        row = self._database.execute(query, (value,)).fetchone()
        return _collection(row) if row else None


def _collection(row: sqlite3.Row) -> Collection:
    fields = {name: row[name] for name in Collection.__dataclass_fields__}
    return Collection(**{**fields, "allow_public_read": bool(row["allow_public_read"])})
