"""`fused.file_path` and `fused.download`: files of a job's own, for as long as it runs."""

import os
import shutil
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import fsspec

from fused_spec.engine.processes.task_folder import SCRATCH

_PATIENCE = 60  # seconds


def file_path(file_path: str, mkdir: bool = True, storage: str = "auto") -> str:  # the clients' names
    """A place for a file; its folder is made. A path without a suffix is taken for a folder."""
    place = _place(file_path)
    if mkdir:
        (place.parent if place.suffix else place).mkdir(parents=True, exist_ok=True)
    return str(place)


def download(url: str, file_path: str, storage: str = "auto") -> str:  # the clients' names
    """The local copy of what a URL names, fetched at the first call; raises what fsspec and urllib do."""
    place = _place(file_path)
    if place.is_file():
        return str(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as copy, _opened(url) as source:
        shutil.copyfileobj(source, copy)
    Path(copy.name).replace(place)  # whole, whoever else fetches it at the same time
    return str(place)


def _place(file_path: str) -> Path:
    """Where all tasks of the job see it, outside of one where this process does."""
    return Path(os.environ.get(SCRATCH) or tempfile.gettempdir(), "fused", file_path)


def _opened(url: str) -> Any:
    """Without what fsspec would need for the web."""
    if url.startswith(("http://", "https://")):
        return urllib.request.urlopen(url, timeout=_PATIENCE)  # noqa: S310  # its scheme was just looked at
    return fsspec.open(url, "rb")
