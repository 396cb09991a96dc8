"""Tell the files of an ingested table from all others: they may be replaced, and are not read to make it anew."""

import re
from collections.abc import Iterator
from pathlib import Path

from fused_spec.engine.storage import Remote, Root

SENDING = ".fused-spec-sending"
"""The name of the mark in an object store that a table has not come there whole."""

_ROWS = re.compile(r"\d+\.parquet")


def is_table(place: Root) -> bool:
    """Whether an ingestion wrote there, even one that did not come to its end."""
    if isinstance(place, Path):
        return (place / "_sample").is_file()
    filesystem, name = place.open()
    return any(filesystem.exists(f"{name}/{one}") for one in ("_sample", SENDING))


def holds_rows(name: str) -> bool:
    """Whether a file of this name holds rows of the table in whose folder it lies."""
    return _ROWS.fullmatch(name) is not None


def foreign_to_table(place: Root) -> str | None:
    """The path of something at a place that an ingestion did not write there, if there is anything."""
    ours = is_table(place)
    names = sorted(_files_of(place))
    return next((name for name in names if not (ours and (name in ("_sample", SENDING) or holds_rows(name)))), None)


def _files_of(place: Root) -> Iterator[str]:
    """What lies at a place; a folder there counts as its name with a slash, or as all that is in it."""
    if isinstance(place, Remote):
        filesystem, name = place.open()
        paths = (path.removeprefix(name).lstrip("/") for path in filesystem.find(name))
        yield from filter(None, paths)  # a store may have an empty object as the folder itself
    elif place.exists():
        yield from (one.name if one.is_file() else f"{one.name}/" for one in place.iterdir())
