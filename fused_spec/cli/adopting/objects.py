"""Saved UDFs and tokens that are there, as specs; the value of a token goes to its sink and nowhere else."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from fused_spec.api.errors import ApiError
from fused_spec.api.reading import FusedReader
from fused_spec.cli.adopting.new_files import NewFiles
from fused_spec.cli.specs.templates import with_ignored
from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.adopting.code_files import CodeFiles
from fused_spec.reconcile.adopting.drafts import as_name, spec_values, udf_document
from fused_spec.reconcile.marking.marker import FIELD, object_field
from fused_spec.reconcile.saved.sinks import sink_trouble, write_sink
from fused_spec.views.documents.spec_yaml import spec_text
from fused_spec.wire import SavedUdf, UdfAccessToken

if TYPE_CHECKING:
    from fused_spec.cli.adopting.specs import Written

_TOKEN = re.compile(r"(fsh|fc)_[A-Za-z0-9_-]+")
_SINKS = ".secrets"

Kept = TypeVar("Kept", SavedUdf, UdfAccessToken)


@dataclass(slots=True)
class Saved:
    """What is to be taken over besides runs."""

    udfs: list[SavedUdf] = field(default_factory=list)
    tokens: list[UdfAccessToken] = field(default_factory=list)


def sorted_out(api: FusedReader, names: Sequence[str]) -> tuple[list[str], Saved]:
    """Which of the names are runs, and the saved UDFs and tokens that the others are.

    Raises `FusedSpecError` for what the service does not know; the value of a token is in no message.
    """
    runs, saved = [], Saved()
    for name in names:
        if _TOKEN.fullmatch(name):
            saved.tokens.append(_asked(lambda one: api.get_udf_access_token(one), name, "a token of this value"))
        elif (udf := _udf(api, name)) is not None:
            saved.udfs.append(udf)
        else:
            runs.append(name)
    return runs, saved


def _udf(api: FusedReader, name: str) -> SavedUdf | None:
    """The saved UDF of this id or name; None where it can only be a run."""
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", name):
        return _asked(lambda one: api.load_udf(one), name, f'a run or a saved UDF "{name}"')
    try:
        return api.get_udf(name)
    except ApiError as error:
        if not error.is_gone:
            raise
        return None


def _asked(ask: Callable[[str], Kept], name: str, what: str) -> Kept:
    try:
        return ask(name)
    except ApiError as error:
        if not error.is_gone:
            raise
        hint = "`fused-spec jobs` lists runs; a UDF is known by its id, its name, or `email/name`"
        raise FusedSpecError(f"the service knows no {what.removeprefix('a ')}", hint=hint) from None


def write_saved(
    saved: Saved, files: NewFiles, code: CodeFiles, taken: set[str], root: Path, written: "Written"
) -> None:
    """Write a spec of each; a token refers to its UDF where that is among them."""
    by_id: dict[str, str] = {}
    for udf in saved.udfs:
        try:
            name, document = _udf_spec(udf, code, taken)
        except FusedSpecError as error:
            written.unwritten.append((f"UDF {udf.slug or udf.id}", str(error)))
            continue
        by_id[udf.id] = name
        written.notes += _of_another(name, udf.metadata)
        _write(files, code, name, document, written)
    for token in saved.tokens:
        name = _free(as_name(token.udf_slug or "") or by_id.get(token.udf_id or "") or "token", taken, "-token")
        sink = _sink(root, name, token.token)
        _write(files, code, name, _token_spec(token, name, by_id, sink.relative_to(root).as_posix()), written)
        written.notes += _of_another(name, token.metadata_json)
        _ignore_sinks(root)
        write_sink(sink, token.token.encode())


def _of_another(name: str, metadata: Mapping[str, Any] | None) -> list[str]:
    """What there is to say of one that specs declare already, of whatever project."""
    if object_field(metadata, "project") is None:
        return []
    return [f"{name}: specs declare it already; where those are of another project, a change here takes it from there"]


def _write(files: NewFiles, code: CodeFiles, name: str, document: dict[str, Any], written: "Written") -> None:
    path = f"specs/{name}.yaml"
    files.write({**code.files, path: spec_text(document).encode()})
    written.files.append(path)
    written.saved += 1


def _udf_spec(saved: SavedUdf, code: CodeFiles, taken: set[str]) -> tuple[str, dict[str, Any]]:
    try:
        udf = saved.udf
    except ValidationError:
        raise FusedSpecError("the service does not tell it in a form that can be read") from None
    slug = saved.slug or udf.name or udf.entrypoint
    name = _free(as_name(slug) or "udf", taken, "-udf")
    spec: dict[str, Any] = {"udf": udf_document(udf, slug, code)}
    if spec["udf"].get("name") == slug:
        del spec["udf"]["name"]
    if slug != name:
        spec["slug"] = slug
    spec |= {right: True for right in ("allow_public_read", "allow_public_list") if getattr(saved, right)}
    return name, _document("Udf", name, {"udf": saved.id}, spec)


def _token_spec(token: UdfAccessToken, name: str, by_id: dict[str, str], sink: str) -> dict[str, Any]:
    if token.udf_id in by_id:
        udf: dict[str, Any] = {"ref": by_id[token.udf_id]}
    elif token.udf_id is not None:
        udf = {"id": token.udf_id}
    else:
        udf = {"name": token.udf_slug, **({"email": token.udf_email} if token.udf_email else {})}
    metadata = {key: value for key, value in (token.metadata_json or {}).items() if key != FIELD}
    said = {
        "client_id": token.client_id,
        "cache": False if token.cache is False else None,
        "enabled": None if token.enabled else False,
        "metadata_json": metadata or None,
    }
    spec = {"udf": udf, **{key: value for key, value in said.items() if value is not None}, "sink": {"file": sink}}
    return _document("UdfAccessToken", name, {"sink": True}, spec)


def _document(kind: str, name: str, adopts: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "adopts": adopts}
    return {"apiVersion": "fused-spec/v1", "kind": kind, "metadata": metadata, "spec": spec_values(spec)}


def _free(name: str, taken: set[str], suffix: str) -> str:
    number = 1
    found = name
    while found in taken:
        end = suffix if number == 1 else f"{suffix}-{number}"
        found, number = name[: 63 - len(end)].rstrip("-") + end, number + 1
    taken.add(found)
    return found


def _sink(root: Path, name: str, value: str) -> Path:
    """A file for the value: one that holds it, or one that is not there."""
    number = 1
    while True:
        sink = root / _SINKS / (name if number == 1 else f"{name}-{number}")
        if not (sink.exists() or sink.is_symlink()) or sink_trouble(sink, value) is None:
            break
        number += 1
    if not sink.parent.resolve().is_relative_to(root.resolve()):
        raise FusedSpecError(f"{_SINKS} leads out of the project, and no value is written there")
    return sink


def _ignore_sinks(root: Path) -> None:
    path = root / ".gitignore"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if (after := with_ignored(before)) != before:
        path.write_text(after, encoding="utf-8")
