"""A process that serves the tasks of one job, started afresh: on a Dask worker, which has threads and cannot be forked.

Standard input brings the pickled job, its length before it, and then batches of tasks; answers leave on the descriptor
named by the first argument. It ends with whoever started it.
"""

import os
import pickle
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from fused_spec.engine.mapping import Task
from fused_spec.engine.packing import Kept, Pack
from fused_spec.engine.task_process import serve

LENGTH = struct.Struct("!Q")
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedJob:
    """What the host of a job needs: its task, and the environment in which that runs."""

    task: Task
    env: dict[str, str] = field(repr=False)


def host(answers: int, folder: Path) -> NoReturn:
    """Serve until the input ends; results are left in `folder`."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with open(0, "rb", buffering=0, closefd=False) as stream:
        (length,) = LENGTH.unpack(_exactly(stream.fileno(), LENGTH.size))
        job: HostedJob = pickle.loads(_exactly(stream.fileno(), length))  # noqa: S301  # the job's sender runs code here
    os.environ.update(job.env)
    orders = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    serve(Kept(task=job.task, pack=Pack(folder)), orders, answers, os.dup(1))


def _exactly(descriptor: int, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = os.read(descriptor, size - len(content))
        if not piece:
            os._exit(0)  # whoever began to write is gone
        content += piece
    return content


def _end_with(parent: int) -> None:
    """A task may run for ever; the worker that wanted it may be killed meanwhile."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.killpg(0, 9)


if __name__ == "__main__":
    host(int(sys.argv[1]), Path(sys.argv[2]))
