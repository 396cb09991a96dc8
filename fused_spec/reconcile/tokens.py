"""Create, change and disable tokens; the value of one goes to its sink and nowhere else."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fused_spec.errors import FusedSpecError
from fused_spec.plan.model import Action, Change, RemoteObject
from fused_spec.reconcile.marker import FIELD, object_marker
from fused_spec.reconcile.objects import saved_udf_ids
from fused_spec.spec.model import DesiredToken

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI


def apply_token(api: "FusedAPI", change: Change, scope: str) -> None:
    """Carry out one change of a token; raises before anything is sent when the sink cannot be written."""
    before = change.before if isinstance(change.before, RemoteObject) else None
    if change.action is Action.DISABLE and before is not None:
        api.update_udf_access_token(before.reference, enabled=False)
        return
    if not isinstance(change.after, DesiredToken):
        raise AssertionError(f"{change.key} is no declared token")  # the planner makes no such change
    _check_sink(change.after.sink)
    if change.action is Action.UPDATE and before is not None:
        _update(api, change.after, before.reference, scope)
        return
    write_sink(change.after.sink, _create(api, change.after, scope))
    if change.action is Action.REPLACE and before is not None:
        api.update_udf_access_token(before.reference, enabled=False)


def restore_sink(change: Change) -> Path | None:
    """Write the value of an existing token into a sink that lacks it; the sink, when that was needed."""
    if not isinstance(change.after, DesiredToken) or not isinstance(change.before, RemoteObject):
        return None
    sink, value = change.after.sink, change.before.reference
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if sink.read_text(encoding="utf-8").strip() == value and sink.stat().st_mode & 0o077 == 0:
            return None
    _check_sink(sink)
    write_sink(sink, value)
    return sink


def write_sink(sink: Path, value: str) -> None:
    """Put the value into the file, readable by its owner alone, whole or not at all."""
    try:
        sink.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=".", dir=sink.parent)  # mkstemp makes it 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(f"{value}\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).replace(sink)
    except OSError as error:
        raise FusedSpecError(
            f"the token's value cannot be written to {sink}: {error.strerror}",
            hint="the token exists; make the file writable and apply again",
        ) from None


def _check_sink(sink: Path) -> None:
    existing = next(folder for folder in sink.parents if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK) or sink.is_dir():
        raise FusedSpecError(
            f"the sink {sink} cannot be written", hint="name a file in a writable folder; no token was made"
        )


def _create(api: "FusedAPI", declared: DesiredToken, scope: str) -> str:
    fields = _fields(declared, scope)
    token = api.create_udf_access_token(**_udf_arguments(api, declared, scope), **fields)
    return token.token


def _update(api: "FusedAPI", declared: DesiredToken, token: str, scope: str) -> None:
    api.update_udf_access_token(token, **_fields(declared, scope))


def _fields(declared: DesiredToken, scope: str) -> dict[str, Any]:
    payload = declared.payload
    marker = object_marker(scope, declared.key, protect=declared.protect)
    fields: dict[str, Any] = {
        "cache": payload.get("cache", True),
        "enabled": payload.get("enabled", True),
        "metadata_json": {**payload.get("metadata_json", {}), FIELD: marker},
    }
    if "client_id" in payload:
        fields["client_id"] = payload["client_id"]
    return fields


def _udf_arguments(api: "FusedAPI", declared: DesiredToken, scope: str) -> Mapping[str, Any]:
    match declared.payload["udf"]:
        case {"ref": _}:
            ids = saved_udf_ids(api, scope, list(declared.needs))
            return {"udf_id": ids[declared.needs[0]]}
        case {"id": str(udf_id)}:
            return {"udf_id": udf_id}
        case {"name": str(name), **rest}:
            return {"udf_email": rest.get("email") or api._whoami()["email"], "udf_name": name}
    raise AssertionError("the schema lets no other reference pass")
