"""Run one job: its steps in order, in a session of its own, leaving log, events and results in its folder.

The worker itself never runs what a user wrote: that happens in task processes below it (`pool`), so it is still
there to say how the job ended when one of them dies.
"""

import json
import os
import signal
import sys
import tempfile
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from fused_spec.configuration.storage_url import storage_variables
from fused_spec.engine.failures import StepFailed
from fused_spec.engine.jobs.task_log import TaskLog
from fused_spec.engine.processes.family import adopt_orphans, end_children
from fused_spec.engine.processes.guard import Cancelled, Limits, OverLimit, WorkerLimits, guarded
from fused_spec.engine.processes.task_folder import SCRATCH
from fused_spec.engine.reporting.log import EventLog, LogWriter
from fused_spec.engine.reporting.run_facts import RunFacts
from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.parts import number_in
from fused_spec.system.removal import remove_tree


def run_and_exit(job: JobDir) -> NoReturn:
    """Run the job in this process, which was forked for it, and end the process with 0 or 1."""
    os.setsid()
    os.chdir("/")
    adopt_orphans()
    _leave_terminal()
    code = 1
    try:
        code = 0 if run(job) else 1
    except Cancelled:
        end_children()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)  # so that it is seen how the worker ended
    finally:
        os._exit(code)


def run(job: JobDir) -> bool:
    """Run the job; whether it was done, or is another worker's."""
    if not job.claim():
        return True
    request = json.loads(job.request.read_text(encoding="utf-8"))
    _move_in(request)
    events = EventLog(job.events, told=job.ring)
    events.add("running", pid=os.getpid())
    with LogWriter(job.log, origins=job.log_origins) as log:
        problem = _problem(request, job, log, events)
        if problem is not None:
            problem = log.mask(problem) if log.mask else problem
            # Clients stop following a log at this word, so it stands only here.
            log.write(f"ERROR: {problem}")
    events.add("end", job_status="Failed" if problem else "Done", message=problem)
    return problem is None


def _problem(request: dict[str, Any], job: JobDir, log: LogWriter, events: EventLog) -> str | None:
    try:
        with guarded(_limits(request), job.path, Path(request["scratch"])):
            return _run_steps(request, job, log, events)
    except OverLimit as over:
        return "; ".join([str(over), *getattr(over, "__notes__", ())])
    # A fault of ours, or of the machine. Nobody else is there to say why, and the job must have an end.
    except Exception as error:  # noqa: BLE001
        log.write(traceback.format_exc())
        return f"the engine failed: {type(error).__name__}: {error}"
    finally:
        end_children()
        remove_tree(Path(request["scratch"]))


def _run_steps(request: dict[str, Any], job: JobDir, log: LogWriter, events: EventLog) -> str | None:
    """None when every step was done, else why one was not."""
    from fused_spec.engine.jobs.choosing import engine_of
    from fused_spec.engine.jobs.steps import (  # heavy: what users run needs geopandas
        Surroundings,
        is_divisible,
        is_of_tasks,
        run_step,
    )
    from fused_spec.engine.jobs.task_retries import TaskRetries
    from fused_spec.engine.processes.confinement import Confinement
    from fused_spec.engine.processes.quarters import Quarters
    from fused_spec.engine.storage import root_of
    from fused_spec.engine.udfs.provided import read_provided
    from fused_spec.wire import JobConfig

    provided = read_provided(request)
    log.mask = provided.mask()
    config = JobConfig.model_validate(request["config"])
    steps = config.steps
    try:
        # One call is not worth a cluster, and whoever asked for it is waiting.
        place = _cluster(request, log) if any(map(is_divisible, steps)) else None
        root = root_of(request["storage"])
        env = {**request["env"], **storage_variables(request["storage"], os.environ)}
        quarters = Quarters(
            scratch=Path(request["scratch"]),
            own=(root.resolve(),) if isinstance(root, Path) else (),
            confinement=Confinement.of(request),
            given=frozenset(request["env"]),
        )
        engine = engine_of(place, cpus=int(request["cpus"]), env=env, elsewhere=_elsewhere(request), quarters=quarters)
    except StepFailed as failure:
        return str(failure)
    number = number_in(config.metadata)
    tasks = TaskLog(job, events, sum(step.task_count for step in steps), mask=log.mask, number=number)
    surroundings = Surroundings(
        job=job,
        job_id=request["job_id"],
        storage=root,
        engine=engine,
        output_format=request.get("output_format"),
        tile=tuple(request["tile"]) if request.get("tile") else None,
        provided=provided,
        log=log,
        tasks=tasks,
        retries=TaskRetries.of(config.metadata),
        number=number,
    )
    facts = RunFacts(job, log.mask)
    with closing(tasks):
        for at, step in enumerate(steps, start=1):
            log.write(f"step {at} of {len(steps)}: {step.type}{f' {step.name}' if step.name else ''}")
            try:
                with tasks.step(at), log.step(at, only_task=None if is_of_tasks(step) else 0):
                    facts.add(at, step.type, run_step(step, surroundings, last=at == len(steps)))
            except StepFailed as failure:
                return f"step {at} of {len(steps)} ({step.type}) failed: {failure}"
    return None


def _limits(request: dict[str, Any]) -> Limits:
    return Limits(
        memory=int(request["memory_limit"]),
        share=int(request["memory_share"]),
        disk=request["disk_limit"],
        processes=request["process_limit"],
        machine=request["machine"],
    )


def _cluster(request: dict[str, Any], log: LogWriter) -> str | None:
    place: str | None = request.get("engine")
    if place is None or request.get("python") is None:
        return place
    log.write("runs on this machine: the workers of the Dask cluster have an environment of their own, not the image")
    return None


def _elsewhere(request: dict[str, Any]) -> WorkerLimits:
    instance = request.get("instance")
    return WorkerLimits(
        memory=int(instance["memory"]) if instance else None,
        disk=request["disk_limit"],
        processes=request["process_limit"],
        machine=str(instance["name"]) if instance else "",
    )


def _move_in(request: dict[str, Any]) -> None:
    """Take the environment, the processors and the place for temporary files that are meant for the job."""
    Path(request["scratch"]).mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = None  # so that it is looked up anew
    given = {name: str(value) for name, value in request["env"].items()}
    os.environ.update({"TMPDIR": request["scratch"], **given, SCRATCH: request["scratch"]})
    if request["processors"] and hasattr(os, "sched_setaffinity"):  # not everywhere
        os.sched_setaffinity(0, request["processors"])


def _leave_terminal() -> None:
    """Point the three standard streams at nothing: the forkserver's are its line to the service."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


if __name__ == "__main__":
    raise SystemExit(0 if run(JobDir(Path(sys.argv[1]))) else 1)
