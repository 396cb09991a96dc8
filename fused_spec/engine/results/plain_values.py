"""Texts, bytes, and what JSON holds."""

from collections.abc import Sequence
from typing import Any

from fused_spec.engine.results.jsonable import ENCODER, HALF_CHARACTER, jsonable
from fused_spec.engine.results.stored import JSON, Content, Unstorable

_CONTAINERS = (dict, list, tuple)


def write_text(value: str) -> Content:
    try:
        content = value.encode()
    except UnicodeEncodeError:
        raise Unstorable(
            f"the returned text cannot be stored: {HALF_CHARACTER}; "
            "text.encode('utf-8', 'replace').decode() has a question mark in its place"
        ) from None
    return Content(suffix="html", content_type="text/html", content=content)


def write_bytes(content: bytes) -> Content:
    if content.startswith(b"\x89PNG"):
        return Content(suffix="png", content_type="image/png", content=content)
    if content.startswith((b"II*\0", b"MM\0*")):
        return Content(suffix="tiff", content_type="image/tiff", content=content)
    return Content(suffix="bin", content_type="application/x-binary", content=content)


def write_json(value: Any) -> Content:
    """The value as JSON; raises `TypeError`, `ValueError` and `RecursionError`, which say what it has not."""
    if type(value) is int:
        return _json(str(value).encode())  # an encoder is slow to begin
    try:
        if _has_text_keys(value):
            return _json(ENCODER.encode(value).encode())
    except (TypeError, ValueError):  # something in it needs another form first, or has none
        pass
    lossy: dict[str, None] = {}
    return _json(ENCODER.encode(jsonable(value, lossy.setdefault)).encode(), tuple(lossy))


def _json(content: bytes, lossy: Sequence[str] = ()) -> Content:
    return Content(suffix="json", content_type=JSON, content=content, lossy=lossy)


def _has_text_keys(value: Any) -> bool:
    """Whether all keys in it are text: of others two might be the same in JSON, and readers keep one of them."""
    if isinstance(value, dict):
        return all(type(key) is str for key in value) and all(
            _has_text_keys(item) for item in value.values() if isinstance(item, _CONTAINERS)
        )
    if isinstance(value, list | tuple):
        return all(_has_text_keys(item) for item in value if isinstance(item, _CONTAINERS))
    return True
