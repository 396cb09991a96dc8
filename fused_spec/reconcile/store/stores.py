"""The store that a path or a URL means."""

from pathlib import Path
from typing import Any

from fused_spec.configuration.storage_url import BUCKET, is_meant_as_url
from fused_spec.errors import ArchiveError
from fused_spec.messages.redaction import redact
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.store import Store
from fused_spec.reconcile.store.trouble import TellingStore, Told, keep_quiet

# Kinds of store that can make a file only where none is, and whose listing is all there is or an error. Others, such
# as http, ftp, webhdfs or az, list nothing where nobody answers, and look for a file before they write it.
_BUCKETS = ("s3", "s3a", "gs", "gcs")
_FOLDERS = ("file", "local")

_TRIES_TWICE = ("s3", "s3a")
_PATIENCE: dict[str, dict[str, Any]] = {"gs": {"requests_timeout": 100}, "gcs": {"requests_timeout": 100}}
"""Seconds for one request, of the libraries that would wait much longer for one that hangs."""


def open_store(place: str | Path) -> Store:
    """The store at a local path or a URL; raises `ArchiveError` for a URL that cannot be an archive.

    The store raises `ArchiveError`, too, whatever goes wrong with it.
    """
    text = str(place)
    if not is_meant_as_url(text):
        return TellingStore(LocalStore(Path(text)), text)
    kind, _, rest = text.partition("://")
    if kind in _FOLDERS and rest.startswith("/"):
        return TellingStore(LocalStore(Path(rest)), rest)
    if why := _why_not(kind, rest):
        known = ", ".join(f"{one}://bucket/prefix" for one in ("s3", "gs"))
        raise ArchiveError(f"{redact(text)} cannot be an archive: {why}", hint=f"name a folder, or a bucket: {known}")
    import fsspec

    from fused_spec.reconcile.store.remote import RemoteStore

    keep_quiet()
    with Told(text, "opened"):
        filesystem, root = fsspec.core.url_to_fs(text, **_given(kind))
        if kind in _TRIES_TWICE:
            filesystem.retries = 1  # what is below it tries again as well: minutes for each call that hangs
        return TellingStore(RemoteStore(filesystem, root, redact(text.rstrip("/"))), text)


def _given(kind: str) -> dict[str, Any]:
    """How a library is to work that asks so many things at once."""
    if kind not in _TRIES_TWICE:
        return _PATIENCE.get(kind, {})
    from fused_spec.reconcile.store.s3_session import CONNECTIONS, quick_session

    # A file is read with one request, for what is read whole is small; its library would ask for its size first.
    return {
        "session": quick_session(),
        "config_kwargs": {"max_pool_connections": CONNECTIONS},
        "max_concurrency": 1,
    }


def _why_not(kind: str, rest: str) -> str | None:
    """Why a URL is refused; what a library would say of it may quote a login that stands in it."""
    bucket, *folders = rest.split("/")
    scheme = kind.partition(":")[0].lower()
    if scheme in _FOLDERS:
        return "the path of a folder begins with a slash, and needs nothing before it"
    if scheme in _BUCKETS and scheme != kind:
        return f"its beginning is written {scheme}://"
    if kind not in _BUCKETS:
        return "a store of this kind cannot list its files for certain, or make one only where none is"
    if not BUCKET.fullmatch(bucket):
        return "it names no bucket, and nothing else may stand in its place"
    return "a folder of a bucket has no other above it" if ".." in folders else None
