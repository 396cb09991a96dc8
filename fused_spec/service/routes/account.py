"""Who is asking, and where their runs happen: this machine has one user and one instance."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fused_spec.service.routes.context import CLIENT_ID, ENVIRONMENT_ID, USER_ID, service_of
from fused_spec.service.udfs.registry import EMAIL


async def health(request: Request) -> Response:
    return JSONResponse({"status": "ok", "service": service_of(request).id})


async def user(_: Request) -> Response:
    return JSONResponse(
        {
            "id": USER_ID,
            "email": EMAIL,
            "name": "local",
            "handle": "local",
            "execution_environment_id": ENVIRONMENT_ID,
        }
    )


async def environment(_: Request) -> Response:
    return JSONResponse({"id": ENVIRONMENT_ID, "name": "local", "client_id": CLIENT_ID})


async def environment_token(request: Request) -> Response:
    return JSONResponse(request.headers["authorization"].partition(" ")[2])


async def instances(_: Request) -> Response:
    return JSONResponse([{"client_id": CLIENT_ID, "preference_rank": 1}])


routes = [
    Route("/health", health),
    Route("/user/self", user),
    Route("/execution-env/self", environment),
    Route("/execution-env/token", environment_token),
    Route("/realtime-instance", instances),
    Route("/realtime-instance/available", instances),
]
