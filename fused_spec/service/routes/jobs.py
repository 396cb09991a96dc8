"""Start, see and end runs; their history, configs, logs and results."""

import asyncio
import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from fused_spec.configuration.instances import INSTANCE_TYPES
from fused_spec.configuration.service_identity import ATTEMPT_HEADER
from fused_spec.jobs.folder import NO_FACTS
from fused_spec.jobs.log_choice import MEDIA_TYPE, LogChoice
from fused_spec.service.http.answers import existing, not_found, page, problem, read_model, whole_number
from fused_spec.service.jobs.results import result_names
from fused_spec.service.jobs.reuse import reusable
from fused_spec.service.jobs.runs import Run, attempt_of, new_run
from fused_spec.service.routes.context import ENVIRONMENT_ID, USER_ID, is_first_generation, service_of
from fused_spec.service.workers.joblog import log_part, whole_lines
from fused_spec.service.workers.logview import chosen
from fused_spec.wire import ProgressIncrement, RunRequest

_TURNS = 3
_A_NONCE = re.compile(r"[0-9a-f]{8,64}")  # whatever else stands there is not put into a header


async def start(request: Request) -> Response:
    """POST `/run`: record, answer, and only then work; a repeat of an attempt gets the run that it already has."""
    body = await read_model(request, RunRequest)
    await _check_somebody_waits(request)
    instance_type = request.query_params.get("instance_type")
    if instance_type is not None and instance_type not in INSTANCE_TYPES:
        raise problem(f"{instance_type} is no instance type", "query", "instance_type")
    if not body.config.steps:
        raise problem("a job has at least one step", "body", "config", "steps")
    service = service_of(request)
    if body.image_name is not None and (unknown := service.images.why_unknown(body.image_name)) is not None:
        raise problem(unknown, "body", "image_name")
    run = new_run(
        body.config,
        env=_env(body.additional_env),
        image_name=body.image_name,
        instance_type=instance_type,
        region=request.query_params.get("region"),
        disk_size_gb=whole_number(request, "disk_size_gb", None, least=1),
    )
    if (before := await reusable(service.runs, service.supervisor.job_dir, body, run)) is not None:
        return JSONResponse(before.as_run_response(), headers={"x-cache": "hit"})
    kept = service.runs.add(run)
    if kept.job_id == run.job_id:
        service.supervisor.submit(kept)
    # No cache on the way could know the nonce, so who sent it need not look whether the run is the one asked for.
    attempt = attempt_of(body.config)
    headers = {ATTEMPT_HEADER: attempt} if attempt is not None and _A_NONCE.fullmatch(attempt) else None
    return JSONResponse(kept.as_run_response(), headers=headers)


async def status(request: Request) -> Response:
    return JSONResponse(_run(request).as_run_response())


async def cancel(request: Request) -> Response:
    return JSONResponse(service_of(request).supervisor.cancel(_run(request)).as_run_response())


async def increment_progress(request: Request) -> Response:
    """POST `/run/by-id/{id}/increment-progress`: code of a job tells that it has done more of its tasks."""
    body = await read_model(request, ProgressIncrement)
    run = _run(request)
    if not run.finished:
        run = service_of(request).runs.increment(run, body.amount)
    return JSONResponse(run.as_run_response())


async def results(request: Request) -> Response:
    """GET `/run/by-id/{id}/results`: signed URLs; what was printed beside each is for 2.x clients."""
    return await run_in_threadpool(_named_results, request, _run(request))  # there may be very many


async def facts(request: Request) -> Response:
    """GET `/run/by-id/{id}/facts`: what came of the steps that have ended well; only this service has such a call."""
    path = service_of(request).supervisor.job_dir(_run(request).job_id).facts
    if not await run_in_threadpool(path.is_file):
        return JSONResponse(NO_FACTS)
    return Response(await run_in_threadpool(path.read_bytes), media_type="application/json")


async def tasks(request: Request) -> Response:
    """GET `/run/by-id/{id}/tasks`: a JSON object a line for each task that has ended; only this service has it."""
    path = service_of(request).supervisor.job_dir(_run(request).job_id).tasks
    if not path.is_file():
        raise not_found("what is known of the tasks")
    part = await run_in_threadpool(whole_lines, path)
    length = {"Content-Length": str(part.end - part.start)}
    return StreamingResponse(part.as_lines(), media_type="application/x-ndjson", headers=length)


async def progress(request: Request) -> Response:
    """GET `/run/by-id/{id}/progress`: how many tasks ended how, and which run; only this service has such a call."""
    path = service_of(request).supervisor.job_dir(_run(request).job_id).progress
    return Response(await run_in_threadpool(_content, path), media_type="application/json")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise not_found("what is known of the tasks") from None


def _named_results(request: Request, run: Run) -> Response:
    service, first = service_of(request), is_first_generation(request)
    answer = []
    for result in result_names(service.supervisor.job_dir(run.job_id), run, to_last_good=first):
        for name in [result] if first else [result, f"{result}.metadata"]:
            url = service.signed_url(request, "GET", f"results/{run.job_id}/{name}")
            answer.append({"name": name, "url": url})
    return JSONResponse(answer)


async def history(request: Request) -> Response:
    skip, limit = page(request)
    runs = service_of(request).runs.newest(skip, limit)
    return JSONResponse([run.as_job_response(USER_ID, ENVIRONMENT_ID) for run in runs])


async def config(request: Request) -> Response:
    """GET `/job/by-id/{id}/config`: the clients expect a redirect, and follow it without credentials."""
    url = service_of(request).signed_url(request, "GET", f"config/{_run(request).job_id}")
    return RedirectResponse(url, status_code=307)


async def logs(request: Request) -> Response:
    """GET `/logs/{id}`: every line from `since_ms` on, that moment included.

    Whoever accepts lines of JSON gets them with their tasks and streams, and may ask for some of them.
    """
    if MEDIA_TYPE in request.headers.get("accept", ""):
        return await _chosen_logs(request)
    since_ms = whole_number(request, "since_ms", None)
    path = service_of(request).supervisor.job_dir(_run(request).job_id).log
    part = await run_in_threadpool(log_part, path, since_ms)
    length = {"Content-Length": str(part.length)}
    return StreamingResponse(part.as_list(), media_type="application/json", headers=length)


async def _chosen_logs(request: Request) -> Response:
    choice = LogChoice(
        task=whole_number(request, "task", None),
        failed=request.query_params.get("failed") == "true",
        text=request.query_params.get("text"),
        since_ms=whole_number(request, "since_ms", None),
        tail=whole_number(request, "tail", None, least=1),
    )
    run = _run(request)
    job, start = service_of(request).supervisor.job_dir(run.job_id), whole_number(request, "from", None)
    found = await run_in_threadpool(chosen, job, choice, start, is_over=run.finished)
    return StreamingResponse(found.as_lines(), media_type=MEDIA_TYPE)


async def _check_somebody_waits(request: Request) -> None:
    """Start nothing for a caller that has hung up: 2.x clients repeat a start whose answer came too late for them.

    Such a repeat looks like a second start that somebody wants, so only the first request can be told apart: when it
    is read at last, nobody is there any more.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(0)  # the end of a connection is noticed a turn after its last bytes
    if await request.is_disconnected():
        raise ClientDisconnect


def _run(request: Request) -> Run:
    return existing(service_of(request).runs.get(request.path_params["job_id"]), "job")


def _env(additional: list[str] | None) -> dict[str, str]:
    env = {}
    for number, entry in enumerate(additional or []):
        name, equals, value = entry.partition("=")
        if not equals or not name or "\0" in entry:
            raise problem("an entry is NAME=value", "body", "additional_env", number)
        env[name] = value
    return env


routes = [
    Route("/run", start, methods=["POST"]),
    Route("/run/by-id/{job_id}", status),
    Route("/run/by-id/{job_id}/cancel", cancel, methods=["POST"]),
    Route("/run/by-id/{job_id}/increment-progress", increment_progress, methods=["POST"]),
    Route("/run/by-id/{job_id}/results", results),
    Route("/run/by-id/{job_id}/facts", facts),
    Route("/run/by-id/{job_id}/tasks", tasks),
    Route("/run/by-id/{job_id}/progress", progress),
    Route("/job/self", history),
    Route("/job/by-id/{job_id}/config", config),
    Route("/logs/{job_id}", logs),
]
