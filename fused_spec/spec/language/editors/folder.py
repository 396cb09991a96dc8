"""The folder of a project's own schemas, `.fused-spec/schema/`, and whether what is in it still fits the project.

What the schemas were made of is kept beside them, so that a look at two small files tells whether anything changed.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fused_spec.spec.checking.schema import INCLUDED, PROJECT, schema_folder
from fused_spec.spec.documents.document import Document
from fused_spec.spec.language.editors.names import Names
from fused_spec.spec.model import Project

FILES: Mapping[str, str | None] = {
    "specs.schema.json": None,
    "project.schema.json": PROJECT,
    "included.schema.json": INCLUDED,
}
_MADE_OF = "made-of.json"
_SOURCES = ("fused-spec.schema.json", "project.schema.json")


def names_of(project: Project, variables: Mapping[str, Mapping[str, Any]], fragments: Iterable[Document]) -> Names:
    """What a project declares that its specs may name."""
    return Names(
        variables={name: {key: one[key] for key in one if key != "default"} for name, one in variables.items()},
        targets=tuple(project.targets),
        fragments={one.name: _description(one) for one in fragments if one.name is not None},
    )


def refresh(folder: Path, names: Names, *, is_all: bool, version: str) -> bool:
    """Write the schemas again where they are not of these names, and say whether that was so.

    Where not all specs were looked at, fragments that were known stay known. `version` is that of whoever writes them.
    Raises `OSError`.
    """
    known = _read(folder / _MADE_OF)
    if not is_all:
        before = known.get("fragments")
        names = names._replace(fragments={**(before if isinstance(before, dict) else {}), **names.fragments})
    names = names._replace(fragments=dict(sorted(names.fragments.items())))
    made_of = {**names._asdict(), "source": _source(version)}
    if known == json.loads(json.dumps(made_of)) and all((folder / name).is_file() for name in FILES):
        return False
    from fused_spec.spec.language.editors.schemas import (
        editor_schema_text,
    )  # with what makes them, which is seldom needed

    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in FILES.items():
        _write(folder / name, editor_schema_text(kind, names))
    _write(folder / _MADE_OF, json.dumps(made_of, indent=2, ensure_ascii=False) + "\n")  # last: it vouches for them
    return True


def _description(fragment: Document) -> str:
    metadata = fragment.tree.get("metadata", {})
    description = metadata.get("description") if isinstance(metadata, dict) else None
    return description if isinstance(description, str) else ""


def _source(version: str) -> str:
    """What the schemas are derived from, of this version, as a digest."""
    digest = hashlib.sha256(version.encode())
    for name in _SOURCES:
        digest.update((schema_folder() / name).read_bytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}  # it is written anew
    return content if isinstance(content, dict) else {}


def _write(path: Path, text: str) -> None:
    """Whole or not at all: an editor may read it at this moment, another command may write it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
