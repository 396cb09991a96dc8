"""Call a UDF once and answer with what it returned: by a job that no history lists and nobody finds afterwards."""

import asyncio
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from fused_spec.jobs.folder import JobDir, now_ms, read_results, result_content, result_metadata
from fused_spec.service.http.answers import content_type_of, problem, refuse
from fused_spec.service.jobs.runs import FAILED, Run
from fused_spec.service.routes.context import Service
from fused_spec.service.workers.joblog import last_message
from fused_spec.wire import JobConfig, Udf, UdfStep

_PATIENCE_SECONDS = 120.0
_LONGEST_HEADER = 8000  # the clients' asynchronous calls read no header of more than 8190 bytes
_STATUSES = range(200, 600)
_DEEPEST_ZOOM = 30
_TILE_NUMBER = re.compile(r"[0-9]{1,10}")
_DEFAULT_FORMATS = "parquet,tiff"

Tile = tuple[int, int, int]
"""x, y, z."""

_CONTROL = frozenset(
    {"dtype_out_vector", "dtype_out_raster", "format", "profile", "cache_max_age", "fused_cache_disable_stream"}
)


def parameters(query: Mapping[str, str]) -> dict[str, str]:
    """The UDF's own parameters among those of a URL."""
    return {name: text for name, text in query.items() if not name.startswith("_") and name not in _CONTROL}


def formats(asked: Mapping[str, str | None]) -> str:
    """What the caller reads, in its order: `format`, else the two words of the older clients."""
    words = [asked.get("format"), asked.get("dtype_out_vector"), asked.get("dtype_out_raster")]
    return ",".join(word.lower() for word in words if word) or _DEFAULT_FORMATS


def tile_of(request: Request) -> Tile | None:
    """The tile that the path names; raises `Invalid` for one that no map has."""
    if "z" not in request.path_params:
        return None
    texts = [request.path_params[name] for name in "zxy"]
    if all(_TILE_NUMBER.fullmatch(text) for text in texts):
        z, x, y = map(int, texts)
        if z <= _DEEPEST_ZOOM and max(x, y) < 2**z:
            return x, y, z
    raise problem(f"there is no tile {'/'.join(texts)}", "path", "z")


def begin(service: Service, udf: Udf, *, asked: str, tile: Tile | None) -> Run:
    """Start the call."""
    now = now_ms()
    run = Run(
        job_id=str(uuid.uuid4()),
        job_name=udf.name or udf.entrypoint,
        config=JobConfig(steps=[UdfStep(udf=udf)]).model_dump_json(),
        env={},
        output_format=asked,
        tile="/".join(map(str, tile)) if tile else None,
        listed=False,
        created=now,
        changed=now,
        total_tasks=1,
    )
    service.supervisor.submit(service.runs.add(run))
    return run


async def answer(service: Service, run: Run, caller: Request | None = None) -> Response:
    """Wait for the call's end, and answer with the result or with a 422 that says what went wrong.

    The call is cancelled when it takes too long, and when its `caller`, if one waits, has gone.
    """
    ending = asyncio.ensure_future(service.supervisor.ended(run))
    waiting = {ending} if caller is None else {ending, asyncio.ensure_future(_gone(caller))}
    try:
        done, _ = await asyncio.wait(waiting, timeout=_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if ending in done:
            return _answer(service, service.supervisor.job_dir(run.job_id), ending.result())
        known = service.runs.get(run.job_id)
    finally:
        for task in waiting:
            task.cancel()
        if not ending.done():
            service.supervisor.cancel(run)
    if done:
        raise ClientDisconnect
    raise _too_late(known)


def _too_late(known: Run | None) -> HTTPException:
    """Why there is no answer: the UDF takes too long, or has not begun, which the clients may try again."""
    if known is not None and known.pid is None:
        told = f"the call waited {_PATIENCE_SECONDS:.0f} seconds for room beside others; call again, fewer at once"
        return refuse(503, told, {"Retry-After": "10"})
    told = f"the UDF took longer than {_PATIENCE_SECONDS:.0f} seconds; run it as a job"
    return refuse(504, told, _described({**_error(told), "error_type": "timeout_error"}))


async def _gone(caller: Request) -> None:
    while (await caller.receive())["type"] != "http.disconnect":
        pass


def _answer(service: Service, job: JobDir, run: Run) -> Response:
    try:
        result = next(read_results(job), None)
        if result is None:
            return _failed(_without_result(job, run), {})
        metadata = json.loads(result_metadata(job, result) or b"{}")
        if result.error is not None:
            return _failed(result.error, metadata)
        headers = {**_described(metadata), "Content-Type": content_type_of(result)}
        status = result.status if result.status is not None and result.status in _STATUSES else 200
        return Response(result_content(job, result), status_code=status, headers=headers)
    finally:
        service.supervisor.discard(run)


def _failed(error: str, metadata: dict[str, Any]) -> Response:
    """The clients take the header for the UDF's own failure, and any other error for the service's."""
    error = error.encode("utf-8", "replace").decode()  # the worker ran foreign code, and this must be sent
    return JSONResponse({"detail": error}, status_code=422, headers=_described({**_error(error), **metadata}))


def _error(error: str) -> dict[str, Any]:
    return {"errormsg": error, "has_exception": True, "exception_class": "RuntimeError", "chunkinfo": None}


def _without_result(job: JobDir, run: Run) -> str:
    """Why a call ended without a result: the last word of its log."""
    last = last_message(job.log) or ""
    return last.removeprefix("ERROR: ") if run.job_status == FAILED and last else "the run was ended"


def _described(metadata: dict[str, Any]) -> dict[str, str]:
    """The metadata as a header, its longest texts cut to their ends as far as needed; what cannot be cut goes."""
    cut = dict(metadata)
    while len(text := json.dumps(cut)) > _LONGEST_HEADER:
        longest = max(cut, key=lambda name: len(json.dumps(cut[name])))
        value = cut.pop(longest)
        if isinstance(value, str) and value:
            cut[longest] = value[len(value) // 4 + 1 :]
    return {"x-fused-metadata": text}
