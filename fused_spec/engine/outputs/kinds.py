"""What an output is, by the end of its name or, where that says nothing, by its first bytes."""

from collections.abc import Callable
from pathlib import PurePosixPath

from fused_spec.engine.outputs.model import Kind

_BY_SUFFIX = {
    **dict.fromkeys(("parquet", "pq", "feather", "arrow", "geojson", "csv", "fgb", "gpkg"), Kind.TABLE),
    **dict.fromkeys(("tiff", "tif", "png", "jpg", "jpeg", "webp", "gif", "npy"), Kind.RASTER),
    **dict.fromkeys(("json", "jsonl"), Kind.JSON),
    **dict.fromkeys(("txt", "html", "htm", "xml", "md", "svg", "log"), Kind.TEXT),
    "zip": Kind.ARCHIVE,
    "none": Kind.NOTHING,
}
_BY_BYTES = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"SQLite format 3\0", "gpkg"),
    (b"fgb\x03", "fgb"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "zip"),
)
_HEAD = 16


def suffix_of(name: str) -> str:
    """The end of a name behind its last dot, in small letters."""
    return PurePosixPath(name).suffix.lstrip(".").lower()


def form_of(name: str, first: Callable[[int], bytes] = lambda count: b"") -> str:
    """The form of a content, as the end of a file's name says it: `parquet`, `tiff`, …; empty where nothing tells.

    `first` gives so many of its first bytes; it is asked only where the name says nothing.
    """
    known = suffix_of(name)
    if known in _BY_SUFFIX:
        return {"pq": "parquet", "arrow": "feather", "tif": "tiff", "jpeg": "jpg"}.get(known, known)
    head = first(_HEAD)
    return next((form for start, form in _BY_BYTES if head.startswith(start)), known)


def kind_of(form: str) -> Kind:
    return _BY_SUFFIX.get(form, Kind.BYTES)
