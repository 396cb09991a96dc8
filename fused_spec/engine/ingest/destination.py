"""Put a whole table in its place, or nothing: it is written beside the place and then renamed into it."""

import fcntl
import glob
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.storage import local_path


def free_place(url: str, storage: Path, inputs: Sequence[Path], *, overwrite: bool) -> Path:
    """The folder that an output URL names, once it is sure that writing there harms nothing.

    An earlier ingestion, known by its `_sample`, may be replaced. Raises `StepFailed` for a folder of other files,
    unless `overwrite`, and always for a file, the storage itself, or a folder that holds what is read.
    """
    place = local_path(url, storage).resolve()
    if storage.resolve().is_relative_to(place):
        raise StepFailed(f"output {url} is the whole storage or holds it; name a folder in it, such as fd://tables/x")
    if not place.exists():
        return place
    if not place.is_dir():
        raise StepFailed(f"output {url} is a file; a table is a folder, so name another place")
    if (place / "_sample").is_file() or not any(place.iterdir()):
        return place
    if any(path.resolve().is_relative_to(place) for path in inputs):
        raise StepFailed(f"output {url} holds the input, which writing would remove; name another folder")
    if not overwrite:
        raise StepFailed(
            f"output {url} holds files that no ingestion wrote; "
            "name another folder, or set overwrite: true to lose them"
        )
    return place


@contextmanager
def new_table(place: Path, job_id: str) -> Iterator[Path]:
    """A folder to write into: it takes the place when the block ends well, and vanishes when it does not."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(place)
    stage = place.with_name(f".{place.name}.{job_id}.partial")
    stage.mkdir()
    lock = os.open(stage, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # for as long as this process lives, and however it ends
    try:
        yield stage
        _swap(stage, place, retired=place.with_name(f".{place.name}.{job_id}.retired"))
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(lock)


def _swap(stage: Path, place: Path, *, retired: Path) -> None:
    if place.exists():
        place.rename(retired)
    stage.rename(place)
    shutil.rmtree(retired, ignore_errors=True)


def _clear_abandoned(place: Path) -> None:
    """Remove what killed ingestions into this place have left beside it."""
    for pattern in ("partial", "retired"):
        for left in place.parent.glob(f".{glob.escape(place.name)}.*.{pattern}"):
            if _is_abandoned(left):
                shutil.rmtree(left, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False  # its ingestion has just come to its end
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
