"""Read the saved UDFs and tokens of this project, and how the declared ones differ from them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from fused_spec.plan.model import FieldChange, RemoteObject
from fused_spec.reconcile.journal.tokens import TokenJournal
from fused_spec.reconcile.marking.marker import is_marked, is_of_project, is_protected, object_field, object_id
from fused_spec.reconcile.marking.payload import token_differences, udf_differences
from fused_spec.reconcile.saved.delivery import delivery_trouble
from fused_spec.reconcile.saved.editions import Edition, Editions, editions_in, editions_of
from fused_spec.reconcile.saved.sinks import adopted_value
from fused_spec.spec.model import DesiredToken, DesiredUdf, Key, Kind, Resolution
from fused_spec.spec.project.elsewhere import Elsewhere
from fused_spec.spec.relations.moves import UNMOVED, Moves

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.wire import SavedUdf, UdfAccessToken


def read_objects(
    api: "FusedReader",
    resolution: Resolution,
    *,
    journal: TokenJournal,
    now: datetime,
    prune: bool,
    elsewhere: Callable[[], Elsewhere] = Elsewhere,
    moves: Moves = UNMOVED,
) -> dict[Key, RemoteObject]:
    """What exists of the declared UDFs and tokens, and which tokens of this project in no spec still work.

    Asks for nothing where nothing is declared, was declared before, or is to be pruned. `elsewhere` reads what specs
    declare that were not given: asked for where a token is found that the given ones do not declare.
    """
    scope = resolution.project.scope
    udfs = [one for one in resolution.desired if isinstance(one, DesiredUdf)]
    tokens = [one for one in resolution.desired if isinstance(one, DesiredToken)]
    found: dict[Key, RemoteObject] = {}
    if udfs:
        saved = list(api.get_udfs(n=None))
        found.update(_udf_objects(udfs, saved, scope, moves))
    if tokens or prune or journal.knows_names():
        existing = api.get_udf_access_tokens(n=None)
        udf_ids = {key: one.reference for key, one in found.items()}
        open_nonces = journal.open_nonces()
        for declared in tokens:
            names = moves.names_of(declared.key)
            editions = editions_of(existing, scope, names, open_nonces, adopted=adopted_value(declared))
            if editions.known or (editions.unfinished and not declared.payload.get("enabled", True)):
                found[declared.key] = _token_object(declared, editions, udf_ids, now, journal)
        found.update(_undeclared(existing, resolution, journal, elsewhere, moves))
    return found


def saved_udf_id(api: "FusedReader", scope: str, *keys: Key) -> str | None:
    """The id of this project's saved UDF with one of these keys, its own and its former ones, if it exists."""
    found = _marked_udf(list(api.get_udfs(n=None)), scope, *keys)
    return found.id if found is not None else None


def _udf_objects(udfs: list[DesiredUdf], saved: list["SavedUdf"], scope: str, moves: Moves) -> dict[Key, RemoteObject]:
    found = {}
    for declared in udfs:
        one = _marked_udf(saved, scope, *moves.names_of(declared.key)) or _adopted_udf(saved, declared)
        if one is not None:
            found[declared.key] = RemoteObject(
                key=declared.key, reference=one.id, differences=udf_differences(declared, one)
            )
    return found


def _marked_udf(saved: list["SavedUdf"], scope: str, *keys: Key) -> "SavedUdf | None":
    """The one with the first of these keys that one has."""
    return next((one for key in keys for one in saved if is_marked(one.metadata, scope, key)), None)


def _adopted_udf(saved: list["SavedUdf"], declared: DesiredUdf) -> "SavedUdf | None":
    """The one from before the spec; saved by the first apply that changes it, it is marked."""
    return next((one for one in saved if declared.adopts is not None and one.id == declared.adopts), None)


def _token_object(
    declared: DesiredToken, editions: Editions, udf_ids: Mapping[Key, str], now: datetime, journal: TokenJournal
) -> RemoteObject:
    """The value that counts, and how it, its sink and the values before it differ from what is declared."""
    current, wanted = editions.current, declared.payload.get("enabled", True)
    differences = () if current is None else token_differences(declared, current.token, udf_ids)
    if wanted and current is not None:
        differences += _sink_differences(declared, current, journal)
    ended = editions.to_disable(now) if wanted else (*editions.enabled[1:], *editions.unfinished)
    former = [edition.value for edition in ended]
    if former:
        many = "enabled" if len(former) == 1 else f"{len(former)} enabled"
        differences += (FieldChange(path="former value", before=many, after="disabled"),)
    return _remote(declared.key, editions, differences, former)


def _sink_differences(declared: DesiredToken, current: Edition, journal: TokenJournal) -> tuple[FieldChange, ...]:
    trouble = delivery_trouble(declared.sink, current, declared.key, journal)
    return () if trouble is None else (FieldChange(path="sink", before=trouble, after="holds its value"),)


def _remote(
    key: Key, editions: Editions, differences: tuple[FieldChange, ...] = (), former: Iterable[str] = ()
) -> RemoteObject:
    shown = next(iter((*editions.enabled, *editions.known, *editions.unfinished)))
    return RemoteObject(
        key=key,
        reference=shown.value,
        enabled=editions.current is not None,
        protect=is_protected(shown.token.metadata_json),
        differences=differences,
        former=tuple(former),
        made=shown.made,
    )


def _undeclared(
    existing: list["UdfAccessToken"],
    resolution: Resolution,
    journal: TokenJournal,
    elsewhere: Callable[[], Elsewhere],
    moves: Moves,
) -> dict[Key, RemoteObject]:
    """What still works of this project's tokens in no spec, by the names that they were declared by."""
    scope = resolution.project.scope
    declared = {object_id(scope, name) for one in resolution.desired for name in moves.names_of(one.key)}
    by_id: dict[str, list[UdfAccessToken]] = {}
    for token in existing:
        token_id = object_field(token.metadata_json, "id")
        if token.enabled and is_of_project(token.metadata_json, scope) and token_id not in declared:
            by_id.setdefault(str(token_id), []).append(token)
    names = dict(_names(by_id, resolution, journal, elsewhere())) if by_id else {}
    numbers = count(1)
    by_key: dict[Key, list[UdfAccessToken]] = {}
    for token_id, tokens in sorted(by_id.items()):
        udf = tokens[0].udf_slug or tokens[0].udf_id
        key = Key(kind=Kind.TOKEN, name=names.get(token_id) or f"(token {next(numbers)} of {udf})")
        by_key.setdefault(moves.key_of(key), []).extend(tokens)
    found = {}
    for key, tokens in by_key.items():
        editions = editions_in(tokens, ())
        found[key] = _remote(key, editions, former=[edition.value for edition in editions.enabled[1:]])
    return found


def _names(
    by_id: Mapping[str, list["UdfAccessToken"]], resolution: Resolution, journal: TokenJournal, elsewhere: Elsewhere
) -> Iterator[tuple[str, str]]:
    """The declared name behind each id: a name that can be thought of is recognised, others were written down."""
    scope = resolution.project.scope
    likely = {token.udf_slug for tokens in by_id.values() for token in tokens}
    likely |= {key.name for key in (*(one.key for one in resolution.desired), *elsewhere.declared)}
    for name in likely:
        if name is not None:
            yield object_id(scope, Key(kind=Kind.TOKEN, name=name)), name
    yield from journal.names(by_id).items()
