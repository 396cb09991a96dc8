"""The user's secrets, under the realtime instance and under the user as the clients have it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.http.answers import not_found, problem, read_model
from fused_spec.service.routes.context import service_of
from fused_spec.wire.schedules import SecretValue


async def every(request: Request) -> Response:
    return JSONResponse(service_of(request).secrets.all())


async def get(request: Request) -> Response:
    return JSONResponse(_value(request))


async def put(request: Request) -> Response:
    body = await read_model(request, SecretValue)
    if not request.path_params["key"]:
        raise problem("a secret has a name", "path", "key")
    service_of(request).secrets.set(request.path_params["key"], body.value)
    return JSONResponse(body.value)


async def delete(request: Request) -> Response:
    value = _value(request)
    service_of(request).secrets.remove(request.path_params["key"])
    return JSONResponse(value)


async def own_names(request: Request) -> Response:
    return JSONResponse({"secrets": sorted(service_of(request).secrets.all())})


async def own_value(request: Request) -> Response:
    return JSONResponse({"value": _value(request)})


def _value(request: Request) -> str:
    known = service_of(request).secrets.all()
    if request.path_params["key"] not in known:
        raise not_found("secret")
    return known[request.path_params["key"]]


_INSTANCE = "/realtime/{client_id}/api/v1/secrets"

routes = [
    Route(_INSTANCE, every),
    Route(f"{_INSTANCE}/{{key:path}}", get),
    Route(f"{_INSTANCE}/{{key:path}}", put, methods=["PUT"]),
    Route(f"{_INSTANCE}/{{key:path}}", delete, methods=["DELETE"]),
    Route("/secrets/self/user", own_names),
    Route("/secrets/self/user/{key:path}", own_value),
]
