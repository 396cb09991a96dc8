"""A dict of tables, images and other values as one zip archive, which 2.x clients read back as a dict.

Each value is a file under its key, in its own stored form; `meta.json` says of which type each is.
"""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

from fused_spec.engine.results.stored import JSON, Content, Unstorable

_INDEX = "meta.json"


def write_parts(parts: Mapping[Any, Any], store: Callable[[Any], Content]) -> Content:
    """The archive; raises `Unstorable` for a value that cannot be stored, and for keys that are no names."""
    stored = {str(key): _stored(key, value, store) for key, value in parts.items()}
    if len(stored) < len(parts) or _INDEX in stored:
        raise Unstorable(f"the keys of a returned dict of tables must be different texts, and none may be {_INDEX}")
    index = {"files": {name: {"content_type": part.content_type} for name, part in stored.items()}}
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:  # as they are: most parts are compressed in themselves
        files = {_INDEX: json.dumps(index).encode(), **{name: part.content for name, part in stored.items()}}
        for name, content in files.items():
            archive.writestr(ZipInfo(name), content)  # without a time, so that equal results are equal bytes
    lossy = tuple(f"under {name!r}: {sentence}" for name, part in stored.items() for sentence in part.lossy)
    return Content(suffix="zip", content_type="application/zip", content=buffer.getvalue(), lossy=lossy)


def _stored(key: Any, value: Any, store: Callable[[Any], Content]) -> Content:
    if value is None:
        return Content(suffix="json", content_type=JSON, content=b"null")
    try:
        return store(value)
    except Unstorable as error:
        raise Unstorable(f"under {key!r}: {error}") from error
