"""An exchange for the tasks of one ingestion, and the tables that it becomes; nothing of it is left, however it ends.

In a folder it lies within the unfinished table, beside its place. In an object store it is a prefix of its own, and
says whose it is: what a killed ingestion has left there goes when the next one of the same machine begins.
"""

import json
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import Any

import psutil

from fused_spec.engine.ingest.spreading.exchange import Exchange
from fused_spec.engine.ingest.spreading.stages import table_prefix
from fused_spec.engine.ingest.writing.destination import new_table, remove_folder, replace_remote
from fused_spec.engine.ingest.writing.outputs import Outputs
from fused_spec.engine.storage import Remote

_INGESTIONS = PurePosixPath(".fused-spec/ingestions")
_OWNER = ".owner"


@contextmanager
def shared_tables(outputs: Outputs, job_id: str) -> Iterator[Exchange]:
    """An exchange; when the block ends well, the files of each table that are there come to its place."""
    remote = [place for place in outputs.places if isinstance(place, Remote)]
    with _in_store(remote, job_id) if remote else _in_folder(outputs, job_id) as exchange:
        yield exchange


@contextmanager
def _in_folder(outputs: Outputs, job_id: str) -> Iterator[Exchange]:
    with ExitStack() as tables:
        folders = [tables.enter_context(new_table(place, job_id)) for place in outputs.places]
        place = folders[0] / ".exchange"
        place.mkdir()
        exchange = Exchange(place)
        yield exchange
        for number, folder in enumerate(folders):
            for file, name in _files(exchange, number).items():
                shutil.move(place / file, folder / name)
        remove_folder(place, aside=folders[0].with_suffix(".exchange.retired"))


@contextmanager
def _in_store(places: Sequence[Remote], job_id: str) -> Iterator[Exchange]:
    root = Remote(places[0].root, _INGESTIONS)
    filesystem, name = root.open()
    _clear_abandoned(filesystem, name)
    exchange = Exchange(Remote(root.root, root.path / job_id))
    mine = f"{name}/{job_id}"
    filesystem.pipe_file(f"{mine}/{_OWNER}", json.dumps(_me()).encode())
    try:
        yield exchange
        for number, place in enumerate(places):
            sources = {to: f"{mine}/{file}" for file, to in _files(exchange, number).items()}
            replace_remote(place, sources, send=filesystem.copy)
    finally:
        filesystem.invalidate_cache()
        filesystem.rm(mine, recursive=True)


def _files(exchange: Exchange, number: int) -> dict[str, str]:
    """The files of a table by their names on the exchange, and what they will be called."""
    prefix = table_prefix(number)
    return {name: name.removeprefix(prefix) for name in exchange.names() if name.startswith(prefix)}


def _clear_abandoned(filesystem: Any, name: str) -> None:
    """Remove what killed ingestions of this machine have left."""
    left: dict[str, list[str]] = {}
    for path in filesystem.find(name):
        left.setdefault(path.removeprefix(f"{name}/").partition("/")[0], []).append(path)
    for folder, paths in left.items():
        owner = f"{name}/{folder}/{_OWNER}"
        if owner not in paths or _is_gone(json.loads(filesystem.cat_file(owner))):
            filesystem.rm(paths)


def _me() -> dict[str, Any]:
    process = psutil.Process()
    return {"host": socket.gethostname(), "pid": process.pid, "since": process.create_time()}


def _is_gone(owner: dict[str, Any]) -> bool:
    """Whether the process has ended; of another machine's that cannot be known."""
    if owner["host"] != socket.gethostname():
        return False
    try:
        return bool(psutil.Process(owner["pid"]).create_time() != owner["since"])
    except psutil.NoSuchProcess:
        return True
