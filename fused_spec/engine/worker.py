"""Run one job: its steps in order, in a session of its own, leaving log, events and results in its folder.

The worker itself never runs what a user wrote: that happens in task processes below it (`pool`), so it is still
there to say how the job ended when one of them dies.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.log import Journal, LogWriter
from fused_spec.jobdir import JobDir
from fused_spec.storage_url import storage_variables

if TYPE_CHECKING:
    from fused_spec.engine.loading import Provided


def run_and_exit(job: JobDir) -> NoReturn:
    """Run the job in this process, which was forked for it, and end the process with 0 or 1."""
    os.setsid()
    _leave_terminal()
    code = 1
    try:
        code = 0 if run(job) else 1
    finally:
        os._exit(code)


def run(job: JobDir) -> bool:
    """Run the job; whether it was done, or is another worker's."""
    if not job.claim():
        return True
    request = json.loads(job.request.read_text(encoding="utf-8"))
    os.environ.update({name: str(value) for name, value in request["env"].items()})
    journal = Journal(job.events)
    journal.add("running", pid=os.getpid())
    with LogWriter(job.log) as log:
        problem = _problem(request, job, log, journal)
        if problem is not None:
            # Clients stop following a log at this word, so it stands only here.
            log.write(f"ERROR: {problem}")
    journal.add("end", job_status="Failed" if problem else "Done", message=problem)
    return problem is None


def _problem(request: dict[str, Any], job: JobDir, log: LogWriter, journal: Journal) -> str | None:
    try:
        return _run_steps(request, job, log, journal)
    # A fault of ours, or of the machine. Nobody else is there to say why, and the job must have an end.
    except Exception as error:  # noqa: BLE001
        log.write(traceback.format_exc())
        return f"the engine failed: {type(error).__name__}: {error}"


def _run_steps(request: dict[str, Any], job: JobDir, log: LogWriter, journal: Journal) -> str | None:
    """None when every step was done, else why one was not."""
    from fused_spec.engine.choosing import engine_of
    from fused_spec.engine.steps import (  # heavy: what users run needs geopandas
        Surroundings,
        is_divisible,
        run_step,
        task_count,
    )
    from fused_spec.engine.storage import root_of
    from fused_spec.wire import JobConfig

    steps = JobConfig.model_validate(request["config"]).steps
    total = sum(map(task_count, steps))
    progress = Progress(journal, total)
    try:
        # One call is not worth a cluster, and whoever asked for it is waiting.
        place = request.get("engine") if any(map(is_divisible, steps)) else None
        root = root_of(request["storage"])
        env = {**request["env"], **storage_variables(request["storage"], os.environ)}
        engine = engine_of(place, cpus=int(request["cpus"]), env=env)
    except StepFailed as failure:
        return str(failure)
    surroundings = Surroundings(
        job=job,
        job_id=request["job_id"],
        storage=root,
        cpus=int(request["cpus"]),
        engine=engine,
        output_format=request.get("output_format"),
        tile=tuple(request["tile"]) if request.get("tile") else None,
        provided=_provided(request),
        log=log,
        tasks_done=progress.tasks_done,
    )
    for number, step in enumerate(steps, start=1):
        log.write(f"step {number} of {len(steps)}: {step.type}{f' {step.name}' if step.name else ''}")
        try:
            run_step(step, surroundings, last=number == len(steps))
        except StepFailed as failure:
            return f"step {number} of {len(steps)} ({step.type}) failed: {failure}"
    progress.tell()
    return None


def _provided(request: dict[str, Any]) -> "Provided":
    """What the job may load, as the service wrote it down."""
    from fused_spec.engine.loading import Provided
    from fused_spec.gitrefs import Repositories
    from fused_spec.wire import Udf

    given = request.get("provided") or {}
    git = given.get("git")
    return Provided(
        saved={name: Udf.model_validate_json(body) for name, body in given.get("saved", {}).items()},
        tokens=given.get("tokens", {}),
        secrets=given.get("secrets", {}),
        locks=given.get("locks", {}),
        repositories=None
        if git is None
        else Repositories(cache=Path(git["cache"]), clones={url: Path(path) for url, path in git["clones"].items()}),
    )


class Progress:
    """Counts finished tasks and tells it now and then."""

    def __init__(self, journal: Journal, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._total = total
        self._finished = 0
        self._clock = clock
        self._told = clock()
        self.tell()

    def tasks_done(self, number: int) -> None:
        self._finished += number
        if self._clock() - self._told > 0.2:
            self.tell()

    def tell(self) -> None:
        self._told = self._clock()
        self._journal.add("progress", finished=self._finished, total=self._total)


def _leave_terminal() -> None:
    """Point the three standard streams at nothing: the forkserver's are its line to the service."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


if __name__ == "__main__":
    raise SystemExit(0 if run(JobDir(Path(sys.argv[1]))) else 1)
