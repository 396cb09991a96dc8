"""Run a UDF and answer with its result: by its code, by its saved name, or behind an access token.

A token in the path is the right to run its UDF, and the query holds the parameters.
"""

import asyncio
import uuid
from functools import partial

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fused_spec.service.http.answers import not_found, problem, read_model
from fused_spec.service.routes import calls as realtime
from fused_spec.service.routes.context import Service, service_of
from fused_spec.service.udfs.registry import OWN_NAMES
from fused_spec.service.udfs.registry import Udf as SavedUdf
from fused_spec.wire import RealtimeRequest, Udf, UdfStep

_AT_ONCE_SECONDS = 2.0  # so long a start waits for its result before it answers 202
_KEPT_CALLS = 1000
_FETCHED_WITHIN_SECONDS = 150.0  # these clients ask for 130 seconds


async def by_code(request: Request) -> Response:
    """A 1.x client sends the code and waits."""
    body = await read_model(request, RealtimeRequest)
    return await _run(request, _step(body).udf, realtime.formats(body.model_dump()))


async def by_name(request: Request) -> Response:
    saved = service_of(request).udfs.named(request.path_params["slug"])
    if saved is None or request.path_params["user"] not in OWN_NAMES:
        raise not_found("UDF")
    return await _run(request, _with_parameters(saved, request), realtime.formats(request.query_params))


async def by_token(request: Request) -> Response:
    service = service_of(request)
    token = service.tokens.get(request.path_params["token"])
    saved = service.udfs.get(token.udf_id) if token is not None and token.enabled else None
    if saved is None:
        raise not_found("token")
    return await _run(request, _with_parameters(saved, request), realtime.formats(request.query_params))


async def start(request: Request) -> Response:
    """A 2.x client sends the code under an id of its own: the result if it comes soon, else 202."""
    body = await read_model(request, RealtimeRequest)
    service = service_of(request)
    call_id = request.headers.get("fused-run-id") or str(uuid.uuid4())
    if call_id not in service.calls:  # these clients repeat a start whose answer they missed
        asked, tile = realtime.formats(body.model_dump()), realtime.tile_of(request)
        run = realtime.begin(service, _step(body).udf, asked=asked, tile=tile)
        while len(service.calls) >= _KEPT_CALLS:
            service.calls.pop(next(iter(service.calls))).cancel()
        call = service.calls[call_id] = asyncio.ensure_future(realtime.answer(service, run))
        call.add_done_callback(partial(_forget_later, service, call_id))
    return await _outcome(request, call_id)


def _forget_later(service: Service, call_id: str, _: "asyncio.Future[Response]") -> None:
    """A caller that was interrupted never fetches its answer, which may be large."""
    asyncio.get_running_loop().call_later(_FETCHED_WITHIN_SECONDS, service.calls.pop, call_id, None)


async def get(request: Request) -> Response:
    """Ask again for a call that took longer."""
    call_id = request.path_params["call_id"]
    if call_id not in service_of(request).calls:
        raise not_found("run")
    return await _outcome(request, call_id)


async def _outcome(request: Request, call_id: str) -> Response:
    calls = service_of(request).calls
    call = calls[call_id]
    done, _ = await asyncio.wait([call], timeout=_AT_ONCE_SECONDS)
    if not done:
        return Response(status_code=202)
    calls.pop(call_id, None)
    return call.result()


async def _run(request: Request, udf: Udf, asked: str) -> Response:
    service = service_of(request)
    run = realtime.begin(service, udf, asked=asked, tile=realtime.tile_of(request))
    return await realtime.answer(service, run, request)


def _step(body: RealtimeRequest) -> UdfStep:
    try:
        return UdfStep.model_validate_json(body.step_config)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise problem(f"{place}: {first['msg']}", "body", "step_config") from None


def _with_parameters(saved: SavedUdf, request: Request) -> Udf:
    return saved.with_parameters(realtime.parameters(request.query_params))


_UDF = "/realtime/{client_id}/api/v1/run/udf"
_TILE = "/tiles/{z}/{x}/{y}"
_TOKEN = "/realtime-shared/{token}/run"  # noqa: S105  # a path, not a secret

routes = [
    *(Route(f"{_UDF}{rest}", by_code, methods=["POST"]) for rest in ("", _TILE)),
    *(Route(f"{_UDF}/start{rest}", start, methods=["POST"]) for rest in ("", _TILE)),
    Route(f"{_UDF}/get/{{call_id}}", get),
    *(Route(f"{_UDF}/saved/{{user}}/{{slug}}{rest}", by_name) for rest in ("", _TILE)),
    *(Route(f"{_TOKEN}{rest}", by_token) for rest in ("", "/file", _TILE)),
]
