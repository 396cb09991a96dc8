"""Find the UDF that a reference means to the code that asks, and where it stands.

What travels with the job comes first, so that a job means the same wherever it runs.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from msgspec import structs

from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.runner import Scope
from fused_spec.udfs.bundle import Bundle, bundle_of, home_of, neighbour
from fused_spec.udfs.folder import UdfText, find_udf
from fused_spec.udfs.gitrefs import GitReference, parse
from fused_spec.wire import Udf, udf_of

_FILE = "file:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A UDF, and where it stands."""

    udf: Udf
    scope: Scope


def bundle_in(udf: Udf) -> Bundle:
    """What travels with a UDF."""
    return bundle_of((header.source_file, header.source_code) for header in udf.headers or [])


def find(provided: Provided, scope: Scope, text: str, collection: str | None = None) -> Found | None:
    """None when there is no such UDF; raises `GitUnavailable` and `BadUdfFolder`.

    A saved one is looked for in the collection, and without one in that of the UDF that asks.
    """
    if text in provided.tokens:
        return _saved(provided, *provided.tokens[text])
    if (reference := parse(text)) is not None:
        commit = scope.bundle.commit(reference) or _commit(provided, reference)
        return _at(provided, scope, str(structs.replace(reference, ref=commit))) if commit is not None else None
    if text.startswith(("/", "~")):
        path = os.path.realpath(os.path.expanduser(text))  # noqa: PTH111  # pathlib's raises for an unknown user
        return _at(provided, scope, f"{_FILE}{path}")
    if collection is not None:
        return _saved(provided, collection, text)
    return _at(provided, scope, neighbour(scope.home, text)) or _saved(provided, scope.collection, text)


def _at(provided: Provided, scope: Scope, place: str) -> Found | None:
    bundled = scope.bundle.at(place)
    text = bundled.text if bundled is not None else _read(provided, place)
    return Found(udf=udf_of(text), scope=replace(scope, home=home_of(place))) if text is not None else None


def _read(provided: Provided, place: str) -> UdfText | None:
    """The UDF at a place that does not travel along: on this machine, or in git."""
    if place.startswith(_FILE):
        return _on_disk(Path(place.removeprefix(_FILE)))
    reference = parse(place)
    if reference is None or provided.repositories is None:
        return None
    read: Callable[[str], bytes | None] = partial(provided.repositories.read, reference.repository, reference.ref)
    names: Callable[[str], list[str]] = partial(provided.repositories.names, reference.repository, reference.ref)
    return find_udf(reference.path, read, names)


def _on_disk(path: Path) -> UdfText | None:
    def read(name: str) -> bytes | None:
        file = path.parent / name
        return file.read_bytes() if file.is_file() else None

    def names(name: str) -> list[str]:
        folder = path.parent / name
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []

    return find_udf(path.name, read, names)


def _commit(provided: Provided, reference: GitReference) -> str | None:
    if reference.is_pinned:
        return reference.ref
    return provided.repositories.commit(reference) if provided.repositories is not None else None


def _saved(provided: Provided, collection: str, text: str) -> Found | None:
    """By its own name, or behind a team or an e-mail; what travels with it is its own."""
    known = provided.saved.get(collection, {})
    body = known.get(text) or known.get(text.rpartition("/")[2])
    if body is None:
        return None
    udf = Udf.model_validate_json(body)
    bundle = bundle_in(udf)
    return Found(udf=udf, scope=Scope(bundle=bundle, home=bundle.home, collection=collection))
