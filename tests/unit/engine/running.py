"""Write a job's folder, and read what its worker leaves there."""

import json
import os
from pathlib import Path
from typing import Any

import fused_spec.engine.jobs.steps  # noqa: F401  # once, as the forkserver does: each job is forked
from fused_spec.engine.jobs.worker import run_and_exit
from fused_spec.engine.processes.forking import fork
from fused_spec.jobs.folder import (
    JobDir,
    Result,
    find_result,
    read_lines,
    read_results,
    result_content,
    result_metadata,
)
from fused_spec.jobs.log_origins import covering


def udf_step(code: str, **fields: Any) -> dict[str, Any]:
    return {"type": "udf", "udf": {"name": "areas", "entrypoint": "udf", "code": code}, **fields}


def job_folder(tmp_path: Path, *steps: dict[str, Any], **request: Any) -> JobDir:
    """A folder as the service makes it before it asks for a worker."""
    job = JobDir(tmp_path / "job")
    for folder in (job.path, job.results, tmp_path / "storage"):
        folder.mkdir(parents=True, exist_ok=True)
    defaults = {
        "job_id": "job-1",
        "config": {"steps": list(steps)},
        "env": {},
        "storage": str(tmp_path / "storage"),
        "scratch": str(tmp_path / "scratch"),
        "cpus": 2,
        "processors": [],
        "memory_limit": 4 * 2**30,
        "memory_share": 2**30,
        "disk_limit": None,
        "process_limit": 100,
        "machine": "m5.test",
        "instance": None,
        "output_format": None,
    }
    job.request.write_text(json.dumps({**defaults, **request}))
    return job


def run(job: JobDir) -> bool:
    """Run the job in a process of its own, as the forkserver does; whether it was done."""
    return ended(started(job)) == 0


def started(job: JobDir) -> int:
    """The process of the job, as the forkserver makes it."""
    pid = fork()
    if pid == 0:
        run_and_exit(job)
    return pid


def ended(pid: int) -> int:
    """Wait for the process of a job; its exit code, negative when a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def events(job: JobDir) -> list[dict[str, Any]]:
    return [event for event, _ in read_lines(job.events)]


def end(job: JobDir) -> tuple[str, str | None]:
    """The job's status and message."""
    last = events(job)[-1]
    assert last["event"] == "end"
    return last["job_status"], last["message"]


def told(job: JobDir) -> list[tuple[str, int | None, int | None, str | None]]:
    """The lines of the log, each with its step, its task and its stream."""
    content = job.log.read_bytes()
    return [
        (json.loads(line)["message"], span.step, span.task, span.stream)
        for span in covering(job.log_origins, 0, len(content))
        for line in content[span.at : span.end].splitlines()
    ]


def log(job: JobDir) -> list[str]:
    return [line["message"] for line, _ in read_lines(job.log)]


def results(job: JobDir) -> list[Result]:
    """The index of results, by number."""
    return sorted(read_results(job), key=lambda result: result.index)


def content(job: JobDir, name: str) -> bytes:
    """What a task returned, as it is kept."""
    return result_content(job, _named(job, name))


def metadata(job: JobDir, name: str) -> Any:
    """What is known beside a result."""
    return json.loads(result_metadata(job, _named(job, name)))


def _named(job: JobDir, name: str) -> Result:
    result = find_result(job, name)
    assert result is not None, f"no result is named {name}"
    return result
