"""The process that a Dask worker, which has threads and cannot be forked, starts for a job: it forks one for the tasks.

The host itself never runs what a user wrote. So it is there to hold the tasks to their limits, to end with them all
that they started, and to say how they ended: as the worker of a job does on the service's machine.

Standard input brings the pickled job, its length before it, and then batches of tasks; answers leave on the descriptor
named by the first argument. The host ends with whoever started it.
"""

import json
import os
import pickle
import resource
import signal
import struct
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from fused_spec.engine.processes.family import adopt_orphans, end_children
from fused_spec.engine.processes.forking import fork
from fused_spec.engine.processes.guard import Cancelled, Limits, OverLimit, guarded
from fused_spec.engine.processes.mapping import Task
from fused_spec.engine.processes.packing import Kept, Pack
from fused_spec.engine.processes.quarters import Quarters
from fused_spec.engine.processes.task_folder import SCRATCH
from fused_spec.engine.processes.task_process import serve
from fused_spec.jobs.folder import JobDir
from fused_spec.system.removal import remove_tree

LENGTH = struct.Struct("!Q")
OVER_LIMIT = "over-limit"
"""The file beside the results in which a host says what its tasks took too much of."""

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedJob:
    """What the host of a job needs: its task, and the environment in which that runs."""

    task: Task
    env: dict[str, str] = field(repr=False)
    quarters: Quarters


def scratch_in(folder: Path) -> Path:
    """Where the temporary files of a job's tasks are, in the folder of its host."""
    return folder / "tmp"


def host(answers: int, folder: Path, limits: Limits) -> NoReturn:
    """Have the tasks served until the input ends, and end as the process that served them.

    Results and temporary files are left in `folder`.
    """
    worker = os.getppid()
    adopt_orphans()
    scratch_in(folder).mkdir(exist_ok=True)
    status = signal.SIGKILL.value
    try:
        with guarded(limits, folder):
            if (tasks := fork()) == 0:
                _serve(answers, folder)
            _let_go(answers)
            threading.Thread(target=_end_with, args=(worker,), daemon=True).start()
            status = _wait_for(tasks)
    except OverLimit as over:
        _write_anew(folder / OVER_LIMIT, str(over))
    except Cancelled:
        pass  # nobody asks how it ended
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_children()
    if status == 0:
        time.sleep(_LOOK_SECONDS / 2)  # a worker that is killed lets go of its pipes a moment before it is gone
    if os.getppid() != worker:  # nobody comes for the results
        remove_tree(folder)
    _end_as(os.waitstatus_to_exitcode(status))


def _serve(answers: int, folder: Path) -> NoReturn:
    try:
        with open(0, "rb", buffering=0, closefd=False) as stream:
            (length,) = LENGTH.unpack(_exactly(stream.fileno(), LENGTH.size))
            job: HostedJob = pickle.loads(_exactly(stream.fileno(), length))  # noqa: S301  # its sender runs code here
        scratch = scratch_in(folder)
        tempfile.tempdir = None  # so that it is looked up anew
        os.environ.update({"TMPDIR": str(scratch), **job.env, SCRATCH: str(scratch)})
        quarters = replace(job.quarters, scratch=scratch)
        orders = os.dup(0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        serve(
            Kept(task=job.task, pack=Pack(JobDir(folder).results), quarters=quarters),
            orders,
            answers,
            (os.dup(1), os.dup(2)),
        )
    except Exception:  # noqa: BLE001  # the log of the job is the only place to tell it; above is the host's stack
        traceback.print_exc()
    os._exit(1)


def _write_anew(path: Path, text: str) -> None:
    """Write a file where tasks, which are held more closely than the host, may have put a link."""
    path.unlink(missing_ok=True)
    with path.open("x", encoding="utf-8") as stream:
        stream.write(text)


def _exactly(descriptor: int, size: int) -> bytes:
    content = b""
    while len(content) < size:
        piece = os.read(descriptor, size - len(content))
        if not piece:
            os._exit(0)  # whoever began to write is gone
        content += piece
    return content


def _let_go(answers: int) -> None:
    """Leave the pipes to the tasks' process alone, so that their other ends see when it is gone."""
    os.close(answers)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _wait_for(tasks: int) -> int:
    """How the tasks' process ended; orphans that end meanwhile are let go."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == tasks:
            return status


def _end_with(worker: int) -> None:
    """A task may run for ever; the worker that wanted it may be killed meanwhile."""
    while os.getppid() == worker:
        time.sleep(_LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _end_as(code: int) -> NoReturn:
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    host(int(sys.argv[1]), Path(sys.argv[2]), Limits(**json.loads(sys.argv[3])))
