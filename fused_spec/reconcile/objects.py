"""Read the saved UDFs and tokens of this project, and how the declared ones differ from them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fused_spec.plan.model import FieldChange, RemoteObject
from fused_spec.reconcile.marker import is_marked, is_of_project, is_protected
from fused_spec.reconcile.payload import token_differences, udf_differences
from fused_spec.spec.model import DesiredToken, DesiredUdf, Key, Kind, Resolution

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.wire import SavedUdf, UdfAccessToken


def read_objects(api: "FusedReader", resolution: Resolution, *, prune: bool) -> dict[Key, RemoteObject]:
    """What exists of the declared UDFs and tokens; with `prune` also tokens of this project in no spec.

    Asks for nothing that is neither declared nor to be pruned.
    """
    scope = resolution.project.scope
    udfs = [one for one in resolution.desired if isinstance(one, DesiredUdf)]
    tokens = [one for one in resolution.desired if isinstance(one, DesiredToken)]
    found: dict[Key, RemoteObject] = {}
    if udfs:
        saved = list(api.get_udfs(n=None))
        found.update(_udf_objects(udfs, saved, scope))
    if tokens or prune:
        existing = sorted(api.get_udf_access_tokens(n=None), key=lambda token: (not token.enabled, token.token))
        udf_ids = {key: one.reference for key, one in found.items()}
        for declared in tokens:
            token = next((one for one in existing if is_marked(one.metadata_json, scope, declared.key)), None)
            if token is not None:
                found[declared.key] = _token_object(declared.key, token, token_differences(declared, token, udf_ids))
        if prune:
            found.update(_undeclared(existing, found, scope))
    return found


def saved_udf_ids(api: "FusedReader", scope: str, keys: list[Key]) -> dict[Key, str]:
    """The ids of this project's saved UDFs, as far as they exist."""
    saved = list(api.get_udfs(n=None))
    matches = {key: _marked_udf(saved, scope, key) for key in keys}
    return {key: one.id for key, one in matches.items() if one is not None}


def _udf_objects(udfs: list[DesiredUdf], saved: list["SavedUdf"], scope: str) -> dict[Key, RemoteObject]:
    found = {}
    for declared in udfs:
        if (one := _marked_udf(saved, scope, declared.key)) is not None:
            found[declared.key] = RemoteObject(
                key=declared.key, reference=one.id, differences=udf_differences(declared, one)
            )
    return found


def _marked_udf(saved: list["SavedUdf"], scope: str, key: Key) -> "SavedUdf | None":
    return next((one for one in saved if is_marked(one.metadata, scope, key)), None)


def _token_object(key: Key, token: "UdfAccessToken", differences: tuple[FieldChange, ...]) -> RemoteObject:
    return RemoteObject(
        key=key,
        reference=token.token,
        enabled=token.enabled,
        protect=is_protected(token.metadata_json),
        differences=differences,
    )


def _undeclared(
    existing: list["UdfAccessToken"], found: Mapping[Key, RemoteObject], scope: str
) -> dict[Key, RemoteObject]:
    """Tokens of this project that belong to nothing declared; their names are not known, so their UDF stands for it."""
    known = {one.reference for one in found.values()}
    others = [token for token in existing if token.token not in known and is_of_project(token.metadata_json, scope)]
    return {
        Key(kind=Kind.TOKEN, name=f"(token {number} of {token.udf_slug or token.udf_id})"): _token_object(
            Key(kind=Kind.TOKEN, name=f"(token {number} of {token.udf_slug or token.udf_id})"), token, ()
        )
        for number, token in enumerate(others, start=1)
    }
