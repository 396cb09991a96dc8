"""Run a UDF behind its access token: the token in the path is the right to do it, the query its parameters."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.jobdir import JobDir, read_lines
from fused_spec.service.answers import not_found, refuse
from fused_spec.service.context import service_of
from fused_spec.service.runs import Run
from fused_spec.service.times import now_ms
from fused_spec.wire import JobConfig, Udf, UdfStep

_PATIENCE_SECONDS = 120.0
_LONGEST_OUTPUT = 4096  # of what was printed, in a header

_CONTROL = frozenset(
    {"dtype_out_vector", "dtype_out_raster", "format", "profile", "cache_max_age", "fused_cache_disable_stream"}
)
_TABLE_FORMATS = ("parquet", "geojson", "json", "csv", "html")


async def run_file(request: Request) -> Response:
    service = service_of(request)
    token = service.tokens.get(request.path_params["token"])
    saved = service.udfs.get(token.udf_id) if token is not None and token.enabled else None
    if saved is None:
        raise not_found("token")
    given = {name: text for name, text in request.query_params.items() if not _is_control(name)}
    run = _run(Udf.model_validate_json(saved.udf_body), given, output_format=_output_format(request.query_params))
    service.supervisor.submit(service.runs.add(run))
    try:
        ended = await asyncio.wait_for(service.supervisor.ended(run), _PATIENCE_SECONDS)
    except TimeoutError:
        service.supervisor.cancel(run)
        raise refuse(504, f"the UDF took longer than {_PATIENCE_SECONDS:.0f} seconds") from None
    except asyncio.CancelledError:  # the caller has gone
        service.supervisor.cancel(run)
        raise
    return await _answer(request, service.supervisor.job_dir(ended.job_id), ended)


async def _answer(request: Request, job: JobDir, run: Run) -> Response:
    """The result's content, or a 422 with what went wrong."""
    try:
        entry = next((entry for entry, _ in read_lines(job.result_index)), None)
        if entry is None:
            raise refuse(500, "the run ended without a result")
        metadata = json.loads((job.results / f"{entry['name']}.metadata").read_bytes())
        headers = {"x-fused-metadata": json.dumps(_shortened(metadata))}
        if entry["error"] is not None:
            headers["x-fused-error"] = json.dumps(entry["error"])
            return JSONResponse({"detail": entry["error"]}, status_code=422, headers=headers)
        content = (job.results / entry["name"]).read_bytes()
        return Response(content, headers={**headers, "Content-Type": entry["content_type"]})
    finally:
        service_of(request).supervisor.discard(run)


def _run(udf: Udf, given: Mapping[str, str], *, output_format: str) -> Run:
    udf = udf.model_copy(update={"parameters": {**udf.parameters, **given}})
    now = now_ms()
    return Run(
        job_id=str(uuid.uuid4()),
        job_name=udf.name or udf.entrypoint,
        config=JobConfig(steps=[UdfStep(udf=udf)]).model_dump_json(),
        env={},
        output_format=output_format,
        listed=False,
        created=now,
        changed=now,
        total_tasks=1,
    )


def _is_control(name: str) -> bool:
    return name.startswith("_") or name in _CONTROL


def _output_format(query: Mapping[str, str]) -> str:
    """The first format that tables have of those asked for; a single unknown word is left for the engine to refuse."""
    asked = (query.get("dtype_out_vector") or query.get("format") or "parquet").lower().split(",")
    return next((word for word in asked if word in _TABLE_FORMATS), asked[0])


def _shortened(metadata: dict[str, Any]) -> dict[str, Any]:
    return {name: value[-_LONGEST_OUTPUT:] if isinstance(value, str) else value for name, value in metadata.items()}


routes = [
    Route("/realtime-shared/{token}/run/file", run_file),
    Route("/realtime-shared/{token}/run", run_file),
]
