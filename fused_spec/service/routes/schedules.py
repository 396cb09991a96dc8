"""Schedules of saved UDFs."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import existing, not_found, read_model
from fused_spec.service.jobs.runs import Run, new_run
from fused_spec.service.routes.context import ENVIRONMENT_ID, Service, service_of
from fused_spec.wire import JobConfig, UdfStep
from fused_spec.wire.schedules import CronJob

_JOB_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.:\-]*")


async def create(request: Request) -> Response:
    return await _save(request, None)


async def update(request: Request) -> Response:
    return await _save(request, _schedule(request))


async def get(request: Request) -> Response:
    return _answer(_schedule(request))


async def delete(request: Request) -> Response:
    found = _schedule(request)
    service_of(request).schedules.remove(found)
    return _answer(found)


async def own(request: Request) -> Response:
    return JSONResponse([job.model_dump() for job in service_of(request).schedules.list()])


async def of_udf(request: Request) -> Response:
    found = service_of(request).schedules.list(request.path_params["udf_id"])
    return JSONResponse([job.model_dump() for job in found])


async def run_now(request: Request) -> Response:
    found, service = _schedule(request), service_of(request)
    run = existing(record(service, found), "UDF")
    service.supervisor.submit(run)
    return JSONResponse({"run": run.as_run_response(), "cronjob": found.model_dump()})


def record(service: Service, job: CronJob) -> Run | None:
    """Record a run of the schedule's UDF, which is then submitted; None when the UDF is gone."""
    saved = service.udfs.get(job.udf)
    if saved is None:
        return None
    udf = saved.with_parameters(job.udf_args or {})
    name = job.name if _JOB_NAME.fullmatch(job.name) else None  # clients read no config with another
    return service.runs.add(new_run(JobConfig(name=name, steps=[UdfStep(udf=udf)]), name=job.name))


async def _save(request: Request, before: CronJob | None) -> Response:
    body = await read_model(request, CronJob)
    service = service_of(request)
    is_as_before = before is not None and before.udf == body.udf
    if service.udfs.get(body.udf) is None and (body.enabled or not is_as_before):  # without its UDF it can be disabled
        raise not_found("UDF")
    named = body.model_copy(update={"id": before.id if before else None})
    return _answer(service.schedules.save(named, ENVIRONMENT_ID))


def _schedule(request: Request) -> CronJob:
    return existing(service_of(request).schedules.get(request.path_params["schedule_id"]), "cron job")


def _answer(job: CronJob) -> Response:
    return JSONResponse(job.model_dump())


routes = [
    Route("/cronjob/get-self", own),
    Route("/cronjob/create", create, methods=["POST"]),
    Route("/cronjob/by-id/{schedule_id}", get),
    Route("/cronjob/by-id/{schedule_id}", update, methods=["POST"]),
    Route("/cronjob/by-id/{schedule_id}", delete, methods=["DELETE"]),
    Route("/cronjob/by-udf-id/{udf_id}", of_udf),
    Route("/cronjob/user-run/by-id/{schedule_id}", run_now, methods=["POST"]),
]
