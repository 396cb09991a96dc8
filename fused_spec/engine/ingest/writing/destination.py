"""Put a whole table in its place, or nothing: it is written beside the place and then renamed into it.

An object store renames nothing. There the table is made here and then sent, and what makes a folder a table, its
`_sample`, is the last to come and the first to go.
"""

import fcntl
import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.inputs.table_files import SENDING, foreign_to_table
from fused_spec.engine.storage import Remote, Root, lies_in, place_of, resolved


def free_place(url: str, storage: Root, inputs: Sequence[Input], *, overwrite: bool) -> Root:
    """The folder that an output URL names, once it is sure that writing there harms nothing.

    An earlier ingestion may be replaced. Raises `StepFailed` for a folder that holds anything else, unless `overwrite`,
    and always for a file, the storage itself, or a folder that holds what is read.
    """
    place, root = resolved(place_of(url, storage)), resolved(storage)
    if lies_in(root, place):
        raise StepFailed(f"output {url} is the whole storage or holds it; name a folder in it, such as fd://tables/x")
    if place == Path("/"):
        raise StepFailed(f"output {url} is all that this machine has; name a folder in it")
    if _is_file(place):
        raise StepFailed(f"output {url} is a file; a table is a folder, so name another place")
    if any(lies_in(resolved(one.place), place) for one in inputs):
        raise StepFailed(f"output {url} holds the input, which writing would remove; name another folder")
    if not overwrite and (foreign := foreign_to_table(place)) is not None:
        raise StepFailed(
            f"output {url} holds {foreign}, which is no part of a table ingested there; "
            "name another folder, or set overwrite: true to lose all that is there"
        )
    return place


def _is_file(place: Root) -> bool:
    if isinstance(place, Path):
        return place.exists() and not place.is_dir()
    filesystem, name = place.open()
    return bool(filesystem.isfile(name))


@contextmanager
def new_table(place: Root, job_id: str) -> Iterator[Path]:
    """A folder to write into: it takes the place when the block ends well, and vanishes when it does not."""
    if isinstance(place, Remote):
        with TemporaryDirectory(prefix="fused-spec-") as folder:
            yield Path(folder)
            _put(Path(folder), place)
        return
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
        remove_folder(stage, aside=stage.with_suffix(".dropped.retired"))
        os.close(lock)


def remove_folder(folder: Path, *, aside: Path) -> None:
    """Remove a folder, if it is there; what still writes there finds it gone at once, since it is put aside first."""
    with suppress(OSError):
        folder = folder.rename(aside)
    shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, place: Remote) -> None:
    """Send a table that lies in a folder."""
    filesystem, _ = place.open()
    files = {path.relative_to(folder).as_posix(): str(path) for path in folder.rglob("*") if path.is_file()}

    def send(paths: list[str], targets: list[str]) -> None:
        for path, target in zip(paths, targets, strict=True):  # all at once would have all of them in memory
            filesystem.put_file(path, target)

    replace_remote(place, files, send=send)


def replace_remote(place: Remote, files: Mapping[str, str], *, send: Callable[[list[str], list[str]], None]) -> None:
    """Replace what is there by a table: its names, and of each the file that `send` takes there.

    A mark tells the next ingestion that this one did not come to its end.
    """
    filesystem, name = place.open()
    filesystem.pipe_file(f"{name}/{SENDING}", b"")
    if filesystem.exists(f"{name}/_sample"):
        filesystem.rm_file(f"{name}/_sample")
    before = set(filesystem.find(name)) - {f"{name}/{SENDING}"}
    if left := sorted(before - {f"{name}/{one}" for one in files}):
        filesystem.rm(left)
    for names in ([one for one in files if one != "_sample"], ["_sample"]):
        send([files[one] for one in names], [f"{name}/{one}" for one in names])
    filesystem.rm_file(f"{name}/{SENDING}")


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
